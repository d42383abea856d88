package payment

import (
	"strconv"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/fault"
	"causeway/platform/money"
)

// Account is one account of the ledger. The accounts of a person are told apart
// by the posting's Person, never by the account's name.
type Account string

// receivable is what the person owes; a paid order leaves nothing on it.
const receivable Account = "receivable"

// payee is what was charged in the name of a department.
func payee(d org.ID) Account { return Account("payee/" + string(d)) }

// clearing is what a provider has taken and not given back.
func clearing(provider string) Account { return Account("clearing/" + provider) }

// refunds is what is owed back to people in the name of a department.
func refunds(d org.ID) Account { return Account("refunds/" + string(d)) }

// Posting is one line of a transaction; debits are positive.
type Posting struct {
	Account Account
	Amount  money.Amount
}

// Transaction is a movement of money between accounts. Its postings sum to
// zero, since move alone makes one. Its ID is made of what happened, so that
// the same thing cannot be written twice.
type Transaction struct {
	ID       string // unique within the order
	Order    string
	Person   identity.PersonID
	Postings [2]Posting
	At       time.Time
}

// Kinds of movement.
const (
	charged       = "charged"        // the department is owed
	received      = "received"       // the provider has what was owed
	receivedTwice = "received-twice" // the provider has what nobody owed
	refundOwed    = "refund-owed"    // the department owes it back
	refundPaid    = "refund-paid"    // the provider gave it back
)

// move takes amount of o from one account to another, on behalf of attempt n.
func move(o Order, n int, kind string, from, to Account, at time.Time) Transaction {
	return Transaction{
		ID: strconv.Itoa(n) + "." + kind, Order: o.ID, Person: o.Person, At: at,
		Postings: [2]Posting{{to, o.Amount}, {from, o.Amount.Neg()}},
	}
}

// paidMoves is the money's way when attempt n pays o.
func paidMoves(o Order, n int, provider string, at time.Time) []Transaction {
	return []Transaction{
		move(o, n, charged, payee(o.Payee), receivable, at),
		move(o, n, received, receivable, clearing(provider), at),
	}
}

// AccountBalance is what stands on an account, over all people.
type AccountBalance struct {
	Account Account
	Amount  money.Amount
}

// ErrUnbalanced reports a ledger, or a transaction in it, whose sum is not zero.
var ErrUnbalanced = fault.New(fault.Internal, "payment.unbalanced")
