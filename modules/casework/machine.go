package casework

import (
	"fmt"
	"time"

	"causeway/modules/identity"
	"causeway/platform/day"
)

// moves is the state machine: what may happen in which state, and where that
// leads. A state that is not named does not change. What leads to more than
// one state is in settle.
func moves(s State) map[What]State {
	switch s {
	case "":
		return map[What]State{WasOpened: Draft}
	case Draft:
		return map[What]State{
			WasConsented: Draft, WasConsentWithdrawn: Draft, WasAsked: Draft, WasFetched: Draft,
			WasChosen: Draft, WasTyped: Draft, WasAnswered: Draft,
			WasIneligible: Ineligible, WasSubmitted: Deciding, WasWithdrawn: Withdrawn, WasExpired: Expired,
		}
	case ToPay:
		return map[What]State{WasPaid: Deciding, WasNotPaid: ToPay, WasWithdrawn: Withdrawn, WasExpired: Withdrawn}
	case Deciding:
		return map[What]State{
			WasAtStep: Deciding, WasStepPassed: Deciding,
			WasClaimed: Deciding, WasReleased: Deciding, WasEscalated: Deciding, WasRenewed: Deciding,
			WasAskedMore: MoreInformation, WasApproved: Approved, WasRefused: Refused, WasWithdrawn: Withdrawn,
		}
	case MoreInformation:
		return map[What]State{
			WasAnswered: MoreInformation, WasClaimed: MoreInformation, WasReleased: MoreInformation,
			WasGivenMore: Deciding, WasWithdrawn: Withdrawn,
		}
	case Approved:
		return map[What]State{
			WasEffectDone: Approved, WasEffectFailed: Approved, WasRetried: Approved,
			WasHandAsked: Approved, WasHandRejected: Approved, WasByHand: Approved, WasDone: Done,
		}
	case Refusing:
		return map[What]State{WasRefunded: Refused}
	case Withdrawing:
		return map[What]State{WasRefunded: Withdrawn}
	case Withdrawn:
		return map[What]State{WasPaid: Withdrawing, WasNotPaid: Withdrawn, WasPurged: Withdrawn}
	case Ineligible, Done, Refused, Expired:
		return map[What]State{WasPurged: s}
	}
	return nil
}

// Can reports whether what may happen to c now.
func (c Case) Can(what What) bool {
	_, ok := moves(c.State)[what]
	return ok && !c.barred(what)
}

// barred reports whether what cannot happen to c, though its state allows it.
func (c Case) barred(what What) bool {
	switch what { //nolint:exhaustive // everything else depends on the state alone
	case WasPurged:
		return c.Purged
	case WasPaid, WasNotPaid:
		return c.Paid || c.Fee.Minor == 0
	case WasApproved:
		return c.Fee.Minor > 0 && !c.Paid
	}
	return false
}

// settle returns the state that e leads to from c.
func (c Case) settle(e Event) (State, bool) {
	next, ok := moves(c.State)[e.What]
	if !ok || c.barred(e.What) {
		return "", false
	}
	switch {
	case e.What == WasSubmitted && e.Detail.Fee.Minor > 0:
		next = ToPay
	case e.What == WasRefused && c.Paid:
		next = Refusing
	case e.What == WasWithdrawn && c.Paid:
		next = Withdrawing
	}
	return next, true
}

// After returns c as it is once e has happened. It is pure, and the row of a
// case is always what its events make of the empty Case. It returns ErrNotNow
// for an event that does not suit the state, or whose number is not the next.
func (c Case) After(e Event) (Case, error) {
	next, ok := c.settle(e)
	if !ok || e.Seq != c.Rev+1 {
		return c, fmt.Errorf("%s of a case that is %q at %d: %w", e.What, c.State, c.Rev, ErrNotNow)
	}
	before := c.State
	if before == "" {
		c.Opened = e.At
	}
	c.State, c.Rev, c.Changed = next, e.Seq, e.At
	c.project(e)
	if !next.WithOfficer() {
		c.Waiting, c.Claimed, c.ClaimedAt, c.Due, c.Left = false, "", time.Time{}, day.Date{}, 0
	}
	if next.Ended() && !before.Ended() {
		c.Ended, c.KeepUntil = e.At, e.Detail.Keep
	}
	return c, nil
}

// project takes from e what c shows of it, beside its state.
func (c *Case) project(e Event) {
	d := e.Detail
	switch e.What {
	case WasOpened:
		c.Reference, c.Service, c.Version, c.Department = d.Reference, d.Service, d.Version, d.Department
	case WasConsented:
		c.Grant = d.Grant
	case WasConsentWithdrawn:
		c.Grant, c.Asking = "", time.Time{}
	case WasAsked:
		c.Asking = e.At
	case WasFetched:
		c.Asking = time.Time{}
	case WasIneligible, WasRefused:
		c.Reason = d.Reason
	case WasSubmitted:
		c.Submitted, c.Today, c.Fee, c.Order = e.At, d.Today, d.Fee, d.Order
		c.Asking = time.Time{}
	case WasPaid:
		c.Paid, c.Order = true, d.Order
	case WasAtStep:
		c.Step, c.StepName, c.Department, c.Role, c.Due = d.Step, d.Name, d.Department, d.Needs, d.Due
		c.Late, c.Waiting, c.Claimed, c.ClaimedAt = false, true, "", time.Time{}
	case WasStepPassed:
		c.Step, c.StepName, c.Department, c.Role = d.Step, d.Name, d.Department, d.Needs
		c.Late, c.Waiting, c.Claimed, c.ClaimedAt, c.Due = false, false, "", time.Time{}, day.Date{}
	case WasClaimed:
		c.Claimed, c.ClaimedAt = identity.PersonID(e.Actor), e.At
	case WasReleased:
		c.Claimed, c.ClaimedAt = "", time.Time{}
	case WasEscalated:
		c.Late, c.Role = true, d.Needs
		c.Claimed, c.ClaimedAt = "", time.Time{}
	case WasAskedMore:
		c.Due, c.Left = day.Date{}, d.Left
	case WasGivenMore:
		c.Due, c.Left = d.Due, 0
	case WasPurged:
		c.Purged = true
	case WasChosen, WasTyped, WasAnswered, WasNotPaid, WasRenewed, WasApproved, WasWithdrawn,
		WasEffectDone, WasEffectFailed, WasRetried, WasHandAsked, WasHandRejected, WasByHand, WasRefunded, WasDone, WasExpired:
	}
}
