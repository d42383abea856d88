package service

import (
	"causeway/modules/service/expr"
	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/money"
)

// Status is what the rules say.
type Status string

// Statuses.
const (
	Waiting    Status = "waiting"    // a rule's facts are not there yet
	Eligible   Status = "eligible"   // every rule passed
	Ineligible Status = "ineligible" // a rule failed: see Reason
)

// Outcome is the result of an evaluation.
type Outcome struct {
	Status  Status
	Rules   []RuleResult // those that were looked at, in their order
	Reason  string       // of an Ineligible case: the rule that failed
	Say     lang.Text    // its sentence
	Instead string       // the service that helps, or ""

	Waits   []string // of a Waiting case: the evidence and questions that the rule waits for
	Missing []string // evidence that is not there, in the definition's order
	Asked   []string // questions that were shown: answered or declined
	Next    []string // questions to show now, in the definition's order

	Lets map[string]expr.Value // those whose facts are there

	// What follows is of an Eligible case alone.

	Ready     bool     // nothing is missing: the case can be submitted
	Fee       *FeeDue  // nil if the service is free, or the fee is not known yet
	Automatic bool     // it may be decided without an officer
	ByHand    []string // evidence with facts that the applicant typed
	Files     []string // questions that were answered by a file
	Steps     []string // the steps to be taken, in their order
	Effects   []EffectDue
	Reminder  *ReminderDue // nil if there is none, or its day is not known yet
}

// RuleResult is what one rule says.
type RuleResult struct {
	Reason string
	Label  lang.Text // what it is about, or, if the definition does not say, empty
	Say    lang.Text // without a Label, what the applicant reads if it fails
	State  RuleState
}

// RuleState is the state of a rule.
type RuleState string

// States of a rule.
const (
	RulePassed  RuleState = "passed"
	RuleFailed  RuleState = "failed"
	RuleWaiting RuleState = "waiting"
)

// FeeDue is what the applicant pays.
type FeeDue struct {
	Payee  string
	Amount money.Amount
	Lines  []FeeLine // they add up to Amount, unless it is waived
	Waived bool
}

// FeeLine is one part of a fee.
type FeeLine struct {
	Label  lang.Text
	Amount money.Amount
}

// EffectDue is an effect with its values.
type EffectDue struct {
	Kind        EffectKind
	Type        string
	Title       lang.Text
	From, Until day.Date // of a credential
	Values      []NamedValue
	Missing     []string // names of values whose facts are not there
}

// NamedValue is one claim of a credential, or one field of a record.
type NamedValue struct {
	Name  string
	Label lang.Text // may be empty for a fact as it was fetched
	Class string    // of a fact as it was fetched: its data class, else ""
	Field string    // and its field there
	Value any       // as JSON holds it: bool, json.Number or string
}

// Names returns what the values of e are called, by name, where the file says so.
func (e EffectDue) Names() map[string]lang.Text {
	names := map[string]lang.Text{}
	for _, v := range e.Values {
		if v.Label != (lang.Text{}) {
			names[v.Name] = v.Label
		}
	}
	return names
}

// Record returns the values of e by name.
func (e EffectDue) Record() map[string]any {
	m := make(map[string]any, len(e.Values))
	for _, v := range e.Values {
		m[v.Name] = v.Value
	}
	return m
}

// ReminderDue is a message to send.
type ReminderDue struct {
	On  day.Date
	Say lang.Text
}
