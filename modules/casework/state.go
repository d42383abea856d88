package casework

// State is where a case stands.
type State string

// The states. Refusing and Withdrawing wait for what must be undone, such as a
// refund; Approved waits for what was granted, such as a licence.
const (
	Draft           State = "draft"
	Ineligible      State = "ineligible"
	ToPay           State = "to-pay"
	Deciding        State = "deciding"
	MoreInformation State = "more-information"
	Approved        State = "approved"
	Done            State = "done"
	Refusing        State = "refusing"
	Refused         State = "refused"
	Withdrawing     State = "withdrawing"
	Withdrawn       State = "withdrawn"
	Expired         State = "expired"
)

// States returns every state, in the order of a case's life.
func States() []State {
	return []State{Draft, Ineligible, ToPay, Deciding, MoreInformation, Approved, Done, Refusing, Refused, Withdrawing, Withdrawn, Expired}
}

// Ended reports whether nothing more happens to a case in s by itself.
func (s State) Ended() bool {
	switch s {
	case Ineligible, Done, Refused, Withdrawn, Expired:
		return true
	case Draft, ToPay, Deciding, MoreInformation, Approved, Refusing, Withdrawing:
	}
	return false
}

// Withdrawable reports whether the applicant can still take a case in s back.
func (s State) Withdrawable() bool {
	switch s {
	case Draft, ToPay, Deciding, MoreInformation:
		return true
	case Ineligible, Approved, Done, Refusing, Refused, Withdrawing, Withdrawn, Expired:
	}
	return false
}

// WithOfficer reports whether a case in s waits at a step of its definition.
func (s State) WithOfficer() bool { return s == Deciding || s == MoreInformation }
