package consent

import (
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
)

// A Kind is what a record says happened.
type Kind string

// The kinds of record.
const (
	Given     Kind = "given"     // a grant
	TakenBack Kind = "withdrawn" // the end of the grant Previous, by the person
	UsedUp    Kind = "used"      // the end of the grant Previous, which has served its purpose
)

// A Record is one line of what was agreed. It is written once and never changed.
type Record struct {
	Kind      Kind
	ID        string // a grant's id if Kind is Given
	Person    identity.PersonID
	Recipient org.ID
	Service   string
	Case      string
	Items     []Item    // of a grant
	Keep      string    // of a grant
	At        time.Time // when it was said
	Until     time.Time // of a grant
	Previous  GrantID   // the grant that this record ends, or ""
	Subject   string    // how Recipient knows the person
	Actor     string
	Channel   string
	JWS       string // the record, signed: a grant's receipt
}
