package payment

import "time"

// change is what a report about an attempt did to an order.
type change uint8

const (
	nothing      change = iota
	becamePaid          // the order is paid, by this attempt
	paidAgain           // it was paid already: the attempt's money is to go back
	becameUnpaid        // the order is now Failed or Abandoned
	attemptOver         // the attempt failed, but another one stands for the order
)

// report applies what the provider says of attempt a to o and a. last is the
// number of o's newest attempt. It is total: any status in any state is either
// applied or changes nothing. Money that was taken always counts, whatever was
// said before it; nothing said after it undoes it.
func report(o *Order, a *Attempt, st Status, last int, at time.Time) change {
	switch st {
	case Waiting:
		return nothing
	case Succeeded:
		return captured(o, a, at)
	case Refused:
		return lost(o, a, Declined, Failed, last)
	case Cancelled:
		return lost(o, a, Left, Abandoned, last)
	}
	return nothing
}

func captured(o *Order, a *Attempt, at time.Time) change {
	switch a.Progress {
	case Captured, GivingBack, GivenBack:
		return nothing
	case Started, Declined, Left:
	}
	a.Due, a.Tries = time.Time{}, 0
	if o.WasPaid() {
		a.Progress = GivingBack
		return paidAgain
	}
	a.Progress = Captured
	o.State, o.PaidBy, o.Settled = Paid, a.N, at
	return becamePaid
}

func lost(o *Order, a *Attempt, p Progress, s State, last int) change {
	if a.Progress != Started {
		return nothing
	}
	a.Progress, a.Due, a.Tries = p, time.Time{}, 0
	if o.State != Pending || a.N != last {
		return attemptOver
	}
	o.State = s
	return becameUnpaid
}

// begin records that attempt a of o was started at the provider.
func begin(o *Order) {
	switch o.State {
	case Open, Failed, Abandoned:
		o.State = Pending
	case Pending, Paid, Refunding, Refunded:
	}
}

// giveBack asks for the money of o's paying attempt back. It reports whether
// that is new.
func giveBack(o *Order, a *Attempt) bool {
	if o.State != Paid || a.Progress != Captured {
		return false
	}
	o.State, a.Progress, a.Tries = Refunding, GivingBack, 0
	return true
}

// gaveBack records that the provider has given a's money back. It reports
// whether that is new.
func gaveBack(o *Order, a *Attempt, at time.Time) bool {
	if a.Progress != GivingBack {
		return false
	}
	a.Progress, a.Due, a.Tries = GivenBack, time.Time{}, 0
	if o.PaidBy == a.N {
		o.State, o.Refunded = Refunded, at
	}
	return true
}
