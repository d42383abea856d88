package payment

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
)

// receiptAlphabet is Crockford's: nothing in it is taken for something else.
const receiptAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Receipt returns the number of o's receipt, such as PR-7K3M-92QF-4TXN: 60 bits
// of a hash of its id, so that it is the same at every look and says nothing
// about how many there are.
func (o Order) Receipt() string {
	sum := sha256.Sum256([]byte("payment.receipt\x00" + o.ID))
	s := base32.NewEncoding(receiptAlphabet).EncodeToString(sum[:10])
	return "PR-" + s[:4] + "-" + s[4:8] + "-" + s[8:12]
}

// Balance returns the balance of every account over all people. It returns
// ErrUnbalanced with them if they do not sum to zero in each currency, or a
// transaction's postings do not.
func (s *Service) Balance(ctx context.Context) ([]AccountBalance, error) {
	accounts, unbalanced, err := s.d.Store.Balances(ctx)
	if err != nil {
		return nil, fmt.Errorf("balance: %w", err)
	}
	sums := map[string]int64{}
	for _, a := range accounts {
		sums[a.Amount.Currency] += a.Amount.Minor
	}
	for _, sum := range sums {
		if sum != 0 {
			return accounts, fmt.Errorf("balance: sum %d: %w", sum, ErrUnbalanced)
		}
	}
	if unbalanced > 0 {
		return accounts, fmt.Errorf("balance: %d transactions: %w", unbalanced, ErrUnbalanced)
	}
	return accounts, nil
}
