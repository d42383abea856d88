package app

import (
	"context"

	"causeway/modules/payment"
	"causeway/platform/money"
)

// noProvider takes no money: whoever owes a fee is told so.
type noProvider struct{}

var _ payment.Provider = noProvider{}

// Start implements payment.Provider.
func (noProvider) Start(context.Context, payment.Start) (payment.Session, error) {
	return payment.Session{}, payment.ErrNoProvider
}

// Status implements payment.Provider.
func (noProvider) Status(context.Context, string) (payment.Status, money.Amount, error) {
	return "", money.Amount{}, payment.ErrNoProvider
}

// Refund implements payment.Provider.
func (noProvider) Refund(context.Context, string, string, money.Amount) (bool, error) {
	return false, payment.ErrNoProvider
}
