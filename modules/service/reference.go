package service

import (
	"slices"
	"strings"
)

// A reference is a fact as an expression names it: home.district.
type reference struct{ evidence, field string }

// fieldOf returns the fact that src names and nothing else.
func (p *parser) fieldOf(src string) (reference, bool) {
	evidence, field, ok := strings.Cut(strings.TrimSpace(src), ".")
	if !ok {
		return reference{}, false
	}
	_, ok = p.factNamed(evidence, field)
	if !ok {
		return reference{}, false
	}
	return reference{evidence, field}, true
}

func (p *parser) factNamed(evidence, field string) (Field, bool) {
	ev, ok := p.def.EvidenceNamed(evidence)
	i := slices.IndexFunc(ev.Fields, func(f Field) bool { return f.Name == field })
	if !ok || i < 0 {
		return Field{}, false
	}
	return ev.Fields[i], true
}

// wordsOf returns what people read for the values of what src names: a choice,
// or a fact with values. It notes a fact that a sentence shows as it is.
func (p *parser) wordsOf(src string) []Word {
	src = strings.TrimSpace(src)
	if q, ok := p.def.Question(src); ok && q.Type == ChoiceQuestion {
		var ws []Word
		for _, o := range q.Options {
			ws = append(ws, Word{o.value.String(), o.Label})
		}
		return ws
	}
	ref, ok := p.fieldOf(src)
	if !ok {
		return nil
	}
	f, _ := p.factNamed(ref.evidence, ref.field)
	if len(f.Values) == 0 && !slices.Contains(p.plain, ref) {
		p.plain = append(p.plain, ref)
	}
	return f.Values
}

// A Shown is a fact that a sentence of the definition shows as the registry has it.
type Shown struct{ Evidence, Class, Field string }

// shown keeps which facts sentences show as they are.
func (p *parser) shown() {
	for _, r := range p.plain {
		ev, _ := p.def.EvidenceNamed(r.evidence)
		p.def.Shown = append(p.def.Shown, Shown{r.evidence, ev.Class, r.field})
	}
}
