package expr

import (
	"maps"
	"slices"
	"strings"
)

// MaxSources bounds the sources of facts in one scope.
const MaxSources = 128

// Set is a set of sources of facts.
type Set [2]uint64

// Source returns the set of source i alone, which is less than MaxSources.
func Source(i int) Set {
	var s Set
	s[i/64] |= 1 << (i % 64)
	return s
}

// Or returns the union of s and t.
func (s Set) Or(t Set) Set { return Set{s[0] | t[0], s[1] | t[1]} }

// Has reports whether source i is in s.
func (s Set) Has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

// Empty reports whether nothing is in s.
func (s Set) Empty() bool { return s == Set{} }

// Var is what a name stands for.
type Var struct {
	Type   Type           // Unknown for a name that has an error of its own
	Slot   int            // where a Frame holds the value
	Deps   Set            // the sources that it rests on
	Fields map[string]Var // of a record, which itself is no value
	Guard  string         // the question that may be left out, so that given must be asked first
	Rows   [][]Value      // of a table, each as long as its columns
	No     string         // why the name is no value: a sentence, or ""
}

// Mark is what by_hand("x") or given("x") stands for.
type Mark struct {
	Slot int
	Deps Set
}

// Scope holds the names that an expression may use.
type Scope struct {
	Vars     map[string]Var
	Given    map[string]Mark // questions
	ByHand   map[string]Mark // evidence
	Calendar bool            // whether working days are known
}

func names[V any](m map[string]V) string {
	if len(m) == 0 {
		return "nothing is known here"
	}
	return "known are " + strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}

// Frame holds the facts of one evaluation. It is used by one goroutine.
type Frame struct {
	Slots []Value
	Lets  []*Expr // the values of the slots from LetSlot on, computed when first asked for
	Days  Days    // nil if there is no calendar

	LetSlot int
	memo    []memo
	Needs   Set // the sources for which unknown results wait; the caller resets it
}

type memo struct {
	done  bool
	needs Set
}

// load returns the value of a slot.
func (f *Frame) load(slot int, deps Set) Value {
	if slot < f.LetSlot || f.Lets == nil {
		v := f.Slots[slot]
		if v.kind == Unknown {
			f.Needs = f.Needs.Or(deps)
		}
		return v
	}
	i := slot - f.LetSlot
	if f.memo == nil {
		f.memo = make([]memo, len(f.Lets))
	}
	if !f.memo[i].done {
		outer := f.Needs
		f.Needs = Set{}
		f.Slots[slot] = f.Lets[i].run(f)
		f.memo[i] = memo{true, f.Needs}
		f.Needs = outer
	}
	v := f.Slots[slot]
	if v.kind == Unknown {
		f.Needs = f.Needs.Or(f.memo[i].needs)
	}
	return v
}

// Let returns the value of the i-th let, as an expression would see it.
func (f *Frame) Let(i int) Value { return f.load(f.LetSlot+i, Set{}) }
