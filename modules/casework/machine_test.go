package casework_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"causeway/modules/casework"
	"causeway/platform/money"
)

// TestMachine lets anything happen to a case, in any order, and checks what must
// hold whatever happened.
func TestMachine(t *testing.T) {
	t.Parallel()
	whats, states := casework.Whats(), casework.States()
	rapid.Check(t, func(t *rapid.T) {
		fee := rapid.SampledFrom([]int64{0, 90000}).Draw(t, "fee")
		var c casework.Case
		count := map[casework.What]int{}
		var first time.Time
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			may := whats
			if rapid.IntRange(0, 9).Draw(t, "sensible") > 0 { // else most cases would get nowhere
				may = slices.DeleteFunc(slices.Clone(whats), func(w casework.What) bool { return !c.Can(w) })
			}
			if len(may) == 0 {
				return
			}
			e := casework.Event{
				Seq: c.Rev + 1, At: time.Unix(int64(1000+i), 0).UTC(), What: rapid.SampledFrom(may).Draw(t, "what"), Actor: "officer",
				Detail: casework.Detail{Fee: money.Amount{Minor: fee, Currency: "HKD"}, Order: "order", Needs: "role", Keep: time.Unix(9000, 0)},
			}
			if rapid.IntRange(0, 9).Draw(t, "stale") == 0 {
				e.Seq = c.Rev + int64(rapid.SampledFrom([]int{-1, 0, 2}).Draw(t, "seq"))
				if _, err := c.After(e); !errors.Is(err, casework.ErrNotNow) {
					t.Fatalf("event %d was taken at %d", e.Seq, c.Rev)
				}
				continue
			}
			before := c
			next, err := c.After(e)
			if err != nil {
				if !errors.Is(err, casework.ErrNotNow) || next != before {
					t.Fatalf("%s in %s: %v", e.What, before.State, err)
				}
				continue
			}
			c = next
			count[e.What]++
			check(t, states, before, c, e, count, fee)
			if c.State.Ended() && first.IsZero() {
				first = c.Ended
			}
		}
	})
}

func check(t *rapid.T, states []casework.State, before, c casework.Case, e casework.Event, count map[casework.What]int, fee int64) {
	known := false
	for _, s := range states {
		known = known || s == c.State
	}
	switch {
	case !known:
		t.Fatalf("unknown state %q", c.State)
	case c.Rev != before.Rev+1 || !c.Changed.Equal(e.At):
		t.Fatal("an event must count")
	case count[casework.WasApproved]+count[casework.WasRefused] > 1:
		t.Fatal("decided twice")
	case count[casework.WasSubmitted] > 1, count[casework.WasPaid] > 1, count[casework.WasRefunded] > 1, count[casework.WasPurged] > 1:
		t.Fatalf("%s twice", e.What)
	case e.What == casework.WasApproved && fee > 0 && !c.Paid:
		t.Fatal("approved without its fee")
	case c.State == casework.Refused && c.Paid && count[casework.WasRefunded] == 0:
		t.Fatal("refused after paying, and not refunded")
	case c.State == casework.Withdrawn && c.Paid && count[casework.WasRefunded] == 0:
		t.Fatal("withdrawn after paying, and not refunded")
	case count[casework.WasRefunded] > count[casework.WasPaid]:
		t.Fatal("refunded what was not paid")
	case count[casework.WasRefunded] > 0 && (c.State == casework.Approved || c.State == casework.Done):
		t.Fatal("approved and refunded")
	case !c.State.WithOfficer() && (c.Claimed != "" || c.Waiting || !c.Due.IsZero()):
		t.Fatalf("an officer holds a case that is %s", c.State)
	case c.State == casework.MoreInformation && !c.Due.IsZero():
		t.Fatal("the clock runs while more is asked for")
	case before.State.Ended() && c.State != before.State && e.What != casework.WasPaid:
		t.Fatalf("%s woke a case that was %s", e.What, before.State)
	case c.State.Ended() != !c.Ended.IsZero() && !c.Paid:
		t.Fatalf("%s, ended at %v", c.State, c.Ended)
	case c.State.Ended() && c.KeepUntil.IsZero():
		t.Fatal("kept for ever")
	}
}

func TestReference(t *testing.T) {
	t.Parallel()
	const alphabet = "123456789ABCDEFGHJKMNPQRSTVWXYZ"
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.SliceOfN(rapid.Byte(), 64, 64).Draw(t, "random")
		ref, err := casework.NewReference(strings.NewReader(string(src)))
		if err != nil {
			return // too many bytes that are passed over
		}
		if got, ok := casework.ParseReference(ref); !ok || got != ref {
			t.Fatalf("%s is read as %s", ref, got)
		}
		if got, ok := casework.ParseReference(strings.ToLower(strings.ReplaceAll(ref, "-", " "))); !ok || got != ref {
			t.Fatalf("%s, written loosely, is read as %s", ref, got)
		}
		at := rapid.SampledFrom([]int{3, 4, 5, 6, 8, 9, 10, 11}).Draw(t, "at")
		to := alphabet[rapid.IntRange(0, len(alphabet)-1).Draw(t, "to")]
		b := []byte(ref)
		if b[at] != to {
			b[at] = to
			if _, ok := casework.ParseReference(string(b)); ok {
				t.Fatalf("%s passes for %s", b, ref)
			}
		}
		b = []byte(ref)
		next := at + 1
		if at == 6 {
			next = 8
		}
		if next < len(b) && b[at] != b[next] {
			b[at], b[next] = b[next], b[at]
			if _, ok := casework.ParseReference(string(b)); ok {
				t.Fatalf("%s passes for %s", b, ref)
			}
		}
	})
}

func FuzzParseReference(f *testing.F) {
	for _, s := range []string{"CW-7K3M-92QF", "cw 7k3m 92qf", "", "CW-", "CW-\xff\xff\xff\xff-0000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if ref, ok := casework.ParseReference(s); ok {
			if again, ok := casework.ParseReference(ref); !ok || again != ref {
				t.Errorf("%q is read as %q, and that as %q", s, ref, again)
			}
		}
	})
}
