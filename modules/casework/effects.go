package casework

import (
	"context"
	"fmt"

	"causeway/modules/credential"
	"causeway/modules/exchange"
	"causeway/modules/payment"
)

// Payments takes money for a case, and gives it back.
type Payments interface {
	Open(ctx context.Context, r payment.Request) (payment.Order, error)
	Close(ctx context.Context, order string) error
	Refund(ctx context.Context, order, key, why string) error
}

// paying is the effect of a fee.
type paying struct{ p Payments }

// Start opens the order. Paid tells when it is done.
func (e paying) Start(ctx context.Context, r EffectRequest) (EffectState, string, error) {
	o, err := e.p.Open(ctx, payment.Request{
		Person: r.Person, Payee: r.Department, Reference: string(r.Case), Description: r.Title,
		Amount: r.Amount, Key: r.Key, Return: r.Return,
	})
	if err != nil {
		return "", "", fmt.Errorf("open order: %w", err)
	}
	return EffectRunning, o.ID, nil
}

// Compensate refunds a paid order and closes one that is not.
func (e paying) Compensate(ctx context.Context, r EffectRequest, order, why string) (EffectState, error) {
	if why == unpaid {
		return EffectUndone, e.p.Close(ctx, order)
	}
	return EffectUndoing, e.p.Refund(ctx, order, r.Key, why)
}

// unpaid is why an order is closed that nobody paid.
const unpaid = "unpaid"

// Credentials issues licences and certificates, and takes them back, in the unit of ctx.
type Credentials interface {
	Issue(ctx context.Context, i credential.Issue) (credential.Licence, error)
	Compensate(ctx context.Context, key string) error
}

// issuing is the effect of a credential.
type issuing struct{ c Credentials }

// Start issues the licence at once.
func (e issuing) Start(ctx context.Context, r EffectRequest) (EffectState, string, error) {
	l, err := e.c.Issue(ctx, credential.Issue{
		Person: r.Person, Type: r.Type, Department: r.Department, Case: string(r.Case), Key: r.Key,
		From: r.From, Until: r.Until, Claims: r.Claims, Names: r.Names, Label: r.Title,
	})
	if err != nil {
		return "", "", fmt.Errorf("issue %s: %w", r.Type, err)
	}
	return EffectDone, l.ID, nil
}

// Compensate takes the licence back.
func (e issuing) Compensate(ctx context.Context, r EffectRequest, _, _ string) (EffectState, error) {
	if err := e.c.Compensate(ctx, r.Key); err != nil {
		return "", fmt.Errorf("take back %s: %w", r.Type, err)
	}
	return EffectUndone, nil
}

// writing is the effect of a record in a registry.
type writing struct{ g Gateway }

// Start takes the write on. Written tells when it is done.
func (e writing) Start(ctx context.Context, r EffectRequest) (EffectState, string, error) {
	st, err := e.g.Write(ctx, exchange.Write{
		Key: r.Key, Class: r.Class, Person: r.Person, Case: string(r.Case), Record: r.Record, Recipient: r.Department,
	})
	if err != nil {
		return "", "", fmt.Errorf("write %s: %w", r.Class, err)
	}
	return written(st), "", nil
}

// Compensate takes back what was written.
func (e writing) Compensate(ctx context.Context, r EffectRequest, _, _ string) (EffectState, error) {
	if _, err := e.g.Undo(ctx, r.Person, r.Key); err != nil {
		return "", fmt.Errorf("undo write: %w", err)
	}
	return EffectUndoing, nil
}

// written is what a write's state means for the effect.
func written(st exchange.WriteState) EffectState {
	switch st {
	case exchange.Done:
		return EffectDone
	case exchange.Failed:
		return EffectFailed
	case exchange.Pending:
	}
	return EffectRunning
}
