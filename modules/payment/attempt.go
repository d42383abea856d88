package payment

import (
	"strconv"
	"strings"
	"time"

	"causeway/platform/money"
)

// Progress is where one attempt stands.
type Progress string

// Progress of an attempt.
const (
	Started      Progress = "started"
	Captured     Progress = "captured" // the provider took the money
	Declined     Progress = "declined"
	Left         Progress = "left"
	GivingBack   Progress = "giving-back"
	GivenBack    Progress = "given-back"
	maxAttempts           = 999
	keySeparator          = "/"
)

// Attempt is one visit to the provider's page. A person can have several, in
// two windows or after a decline; the first that is captured pays the order,
// and what a further one captures goes back by itself.
type Attempt struct {
	N         int // from 1
	Session   string
	URL       string
	Progress  Progress
	Started   time.Time
	Due       time.Time // when the provider is to be asked next; zero if never
	Tries     int       // how often it was asked since Progress last changed
	RefundKey string    // what the refund was asked with
	RefundWhy string
}

// ProviderKey names attempt n of an order to the provider. It is the idempotency key of
// its start, and the reference in what the provider says of it.
func ProviderKey(order string, n int) string { return order + keySeparator + strconv.Itoa(n) }

// parseKey reads what ProviderKey wrote.
func parseKey(key string) (order string, n int, ok bool) {
	order, num, found := strings.Cut(key, keySeparator)
	if !found || order == "" || len(num) > 3 {
		return "", 0, false
	}
	n, err := strconv.Atoi(num)
	if err != nil || n < 1 || n > maxAttempts || strconv.Itoa(n) != num {
		return "", 0, false
	}
	return order, n, true
}

// Status is what the provider says of a session.
type Status string

// Statuses of a session.
const (
	Waiting   Status = "waiting"   // the person has not decided yet
	Succeeded Status = "succeeded" // the money was taken
	Refused   Status = "declined"
	Cancelled Status = "cancelled" // left, expired, or never heard of
)

// Event is what a provider's callback says, its signature checked.
type Event struct {
	Provider string
	ID       string // the same event has the same id, however often it comes
	Key      string // ProviderKey
	Session  string
	Status   Status
	Amount   money.Amount
}
