package exchange

import (
	"time"

	"causeway/modules/consent"
	"causeway/modules/identity"
	"causeway/modules/org"
)

// A Query asks for facts about one person.
type Query struct {
	Person    identity.PersonID
	Grant     consent.GrantID
	Class     string
	Fields    []string
	Recipient org.ID // for whom; the grant must name it
	Case      string // for which case, or ""; a grant for a case serves that one alone
}

// An Outcome is how a fetch ended. Each leads the person somewhere.
type Outcome string

// Outcomes.
const (
	Found   Outcome = "found"
	None    Outcome = "none"    // the registry has no record
	Several Outcome = "several" // more than one record
	Refused Outcome = "refused" // the registry would not say
	Invalid Outcome = "invalid" // it answered, but not as the class says
	Late    Outcome = "late"    // no answer in time
	Down    Outcome = "down"    // not reachable, or known to be failing
)

// Outcomes returns every outcome.
func Outcomes() []Outcome { return []Outcome{Found, None, Several, Refused, Invalid, Late, Down} }

// Text is the key of the sentence that tells a person of o. Its arguments are
// "source", the department's name, and "class", the class's label.
func (o Outcome) Text() string { return "exchange.outcome." + string(o) }

// An Answer is what came of a Query.
type Answer struct {
	Outcome Outcome
	Records []map[string]any // for Found and Several: the fields asked for, as the class's schema has them
	Source  org.ID           // the department that holds the class
	At      time.Time        // when it answered
	Retry   time.Time        // for Late and Down: when to try again
	Reason  string           // for a failure: a slug for officers
}
