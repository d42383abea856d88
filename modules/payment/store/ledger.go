package store

import (
	"context"
	"fmt"

	"causeway/modules/payment"
)

const insertPosting = `
INSERT INTO payment_postings (person_id, order_id, transaction_id, account, currency, minor, posted_us)
VALUES ($1, $2, $3, $4, $5, $6, $7), ($1, $2, $3, $8, $5, $9, $7)`

// Post writes ts. The primary key refuses to write one twice.
func (s *Store) Post(ctx context.Context, ts []payment.Transaction) error {
	return s.db.Do(ctx, func(ctx context.Context) error {
		for _, t := range ts {
			to, from := t.Postings[0], t.Postings[1]
			err := s.db.Write(ctx, insertPosting, string(t.Person), t.Order, t.ID, string(to.Account),
				to.Amount.Currency, to.Amount.Minor, micros(t.At), string(from.Account), from.Amount.Minor)
			if err != nil {
				return fmt.Errorf("post %s of %s: %w", t.ID, t.Order, err)
			}
		}
		return nil
	})
}

const accountBalances = `
SELECT account, currency, CAST(SUM(minor) AS BIGINT)
FROM payment_postings
GROUP BY account, currency
ORDER BY account, currency`

const unbalancedTransactions = `
SELECT COUNT(*)
FROM (
	SELECT transaction_id
	FROM payment_postings
	GROUP BY person_id, order_id, transaction_id, currency
	HAVING SUM(minor) <> 0
) AS unbalanced`

// Balances sums each account and counts the transactions that do not sum to
// zero. Each holds for the moment of its own query.
func (s *Store) Balances(ctx context.Context) ([]payment.AccountBalance, int, error) {
	rows, err := s.db.Query(ctx, accountBalances)
	if err != nil {
		return nil, 0, fmt.Errorf("balances: %w", err)
	}
	defer rows.Close()
	var accounts []payment.AccountBalance
	for rows.Next() {
		var a payment.AccountBalance
		if err := rows.Scan(&a.Account, &a.Amount.Currency, &a.Amount.Minor); err != nil {
			return nil, 0, fmt.Errorf("balances: %w", err)
		}
		accounts = append(accounts, a)
	}
	if err := rows.Err(); err != nil {
		return nil, 0, fmt.Errorf("balances: %w", err)
	}
	var unbalanced int
	if err := s.db.QueryRow(ctx, unbalancedTransactions).Scan(&unbalanced); err != nil {
		return nil, 0, fmt.Errorf("balances: %w", err)
	}
	return accounts, unbalanced, nil
}
