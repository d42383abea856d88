package payment

import (
	"context"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/lang"
	"causeway/platform/money"
	"causeway/platform/trail"
)

// Units runs f as one transaction: all of it happens, or none.
type Units interface {
	Do(ctx context.Context, f func(ctx context.Context) error) error
}

// Start asks a provider for a session.
type Start struct {
	Key         string // ProviderKey: the same key is the same session
	Reference   string // what the person is shown: Order.Receipt
	Amount      money.Amount
	Description lang.Text
	Payee       lang.Text
	Return      string // the path of ours that the person comes back to
	Lang        lang.Tag
}

// Session is one visit to a provider's page.
type Session struct{ ID, URL string }

// Provider takes and gives back money. Its errors are ErrDown where the
// provider did not answer, or could not; the call may then have happened or not,
// and the same key makes it safe to call again.
type Provider interface {
	Start(ctx context.Context, s Start) (Session, error)
	// Status returns Cancelled for a session that the provider does not know.
	Status(ctx context.Context, session string) (Status, money.Amount, error)
	// Refund reports whether the provider has confirmed; the same key is the
	// same refund.
	Refund(ctx context.Context, session, key string, amount money.Amount) (confirmed bool, err error)
}

// Settled learns what became of an order, in the unit that records it.
type Settled interface {
	// Paid may ask for a Refund within its unit, when the money comes too late.
	Paid(ctx context.Context, o Order) error
	NotPaid(ctx context.Context, o Order) error
	Refunded(ctx context.Context, o Order) error
}

// Departments says what a department is called, and how it knows a person.
type Departments interface {
	Name(ctx context.Context, id org.ID) (lang.Text, error)
	Subject(ctx context.Context, id org.ID, person identity.PersonID) string
}

// Store keeps orders, attempts, events and postings. Everything but Event is
// called within a unit or alone.
type Store interface {
	// Insert adds o unless the person has an order with its key, which it then returns.
	Insert(ctx context.Context, o Order) (Order, error)
	// Order returns ErrNoOrder if there is none.
	Order(ctx context.Context, id string) (Order, error)
	// OrderOf is Order for one person: another's is ErrNoOrder.
	OrderOf(ctx context.Context, person identity.PersonID, id string) (Order, error)
	// Orders lists a person's, newest first, those before the id before ("" for all).
	Orders(ctx context.Context, person identity.PersonID, before string, limit int) ([]Order, error)
	// Unpaid lists what the person may still pay, oldest first.
	Unpaid(ctx context.Context, person identity.PersonID) ([]Order, error)
	Save(ctx context.Context, o Order) error
	// Attempts lists an order's, oldest first.
	Attempts(ctx context.Context, o Order) ([]Attempt, error)
	// SaveAttempt adds a, or replaces the one with its number.
	SaveAttempt(ctx context.Context, o Order, a Attempt) error
	// Claim lists attempts that are due at at, longest due first, and has each
	// due again at till, so that nobody else asks about it meanwhile.
	Claim(ctx context.Context, at, till time.Time, limit int) ([]Due, error)
	// Release has every attempt that is due after at and until till due at at.
	Release(ctx context.Context, at, till time.Time) error
	// Seen reports whether the event was kept before.
	Seen(ctx context.Context, person identity.PersonID, provider, event string) (bool, error)
	// Keep keeps an event; fresh is false if it was kept before.
	Keep(ctx context.Context, o Order, e Event, at time.Time) (fresh bool, err error)
	// Post writes transactions; writing one twice is an error.
	Post(ctx context.Context, ts []Transaction) error
	// Balances returns the sum of each account, and the number of transactions
	// whose own sum is not zero.
	Balances(ctx context.Context) (accounts []AccountBalance, unbalanced int, err error)
}

// Due names an attempt that is to be asked about.
type Due struct {
	Order string
	N     int
}

// Deps is what the use cases of payment need; app fills it.
type Deps struct {
	Units        Units
	Store        Store
	Provider     Provider
	ProviderName string // as in the callback's path, such as "sandbox"
	Departments  Departments
	Settled      Settled
	Trail        trail.Recorder
	Now          func() time.Time
	NewID        func() string
	// Patience is how long an attempt may stay without news before the provider
	// is asked. Zero means 15 seconds.
	Patience time.Duration
}

// Service is the use cases of payment.
type Service struct{ d Deps }

// New returns the use cases over d.
func New(d Deps) *Service {
	if d.Patience <= 0 {
		d.Patience = 15 * time.Second
	}
	return &Service{d}
}

// now returns the instant as it is stored.
func (s *Service) now() time.Time { return s.d.Now().UTC().Truncate(time.Microsecond) }
