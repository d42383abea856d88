package web

import (
	"context"
	"strings"
	"time"

	"causeway/modules/activity"
	"causeway/platform/day"
	"causeway/platform/trail"
	"causeway/platform/view"
)

// A line is an entry as a page tells it.
type line struct {
	Href      string // of its evidence
	At        time.Time
	Sentence  string
	Who       string
	Why       string // "" if nothing was said or it cannot be read
	Grant     string // address of the consent it rests on, or ""
	Case      string // address of the case it belongs to, or ""
	Readable  bool
	Sequenced bool
	Position  int64
}

// line tells e in the language of ctx. base is the address of the list.
func (h handler) line(ctx context.Context, base string, e activity.Entry) line {
	l := line{
		Href: base + "/" + e.ID, At: e.At, Readable: e.Readable, Sequenced: e.Sequenced, Position: e.Position,
		Sentence: h.sentence(ctx, e), Who: h.who(ctx, e.Act),
	}
	if e.Act.Why != "" {
		l.Why = h.why(ctx, e.Act)
	}
	if e.Act.Person != "" { // an officer may not open a person's pages
		if e.Act.Grant != "" {
			l.Grant = "/consents/" + e.Act.Grant
		}
		if e.Act.Case != "" {
			l.Case = "/cases/" + e.Act.Case
		}
	}
	return l
}

// sentence tells what was done, by the text of the module that did it. An act
// that no text knows, and one whose details cannot be read any more, is told in
// general.
func (h handler) sentence(ctx context.Context, e activity.Entry) string {
	key := "activity." + e.Act.What
	switch {
	case !e.Readable:
		return h.Views.TextIn(ctx, "activity.unreadable", map[string]any{"what": e.Act.What})
	case !h.Views.Has(key):
		return h.Views.TextIn(ctx, "activity.unknown", map[string]any{"what": e.Act.What})
	}
	args := make(map[string]any, len(e.Act.Detail)+1)
	args["org"] = h.name(ctx, "department", e.Act.Org, nil)
	for k, v := range e.Act.Detail {
		args[k] = h.name(ctx, k, v, e.Act.Detail)
		if d, err := day.Parse(v); err == nil {
			args[k] = d
		}
	}
	return h.Views.TextIn(ctx, key, args)
}

// why tells why it was done: a purpose, a reason of ours, or what somebody wrote.
func (h handler) why(ctx context.Context, a trail.Entry) string {
	if name, ok := h.Names.Name(ctx, "purpose", a.Why, a.Detail); ok {
		return name.In(view.LangOf(ctx))
	}
	if key := "activity.why." + a.Why; h.Views.Has(key) {
		return h.Views.TextIn(ctx, key, nil)
	}
	return a.Why
}

// who tells who did it: never an officer's name, but in which role and for whom.
func (h handler) who(ctx context.Context, a trail.Entry) string {
	text := func(key string, args map[string]any) string { return h.Views.TextIn(ctx, key, args) }
	department := map[string]any{"department": h.name(ctx, "department", a.Org, nil)}
	switch {
	case a.Role == trail.Self && a.Actor == a.Person:
		return text("activity.who.you", nil)
	case a.Role == trail.Self:
		return text("activity.who.another", nil)
	case a.Role == trail.System:
		return text("activity.who.system", nil)
	case a.Role == trail.Client && a.Org == "":
		return text("activity.who.client", nil)
	case a.Role == trail.Client:
		return text("activity.who.client-of", department)
	}
	role := text("activity.role.officer", nil)
	for slug := range strings.FieldsSeq(a.Role) { // the first that has a name
		if name, ok := h.Names.Name(ctx, "role", slug, nil); ok {
			role = name.In(view.LangOf(ctx))
			break
		}
	}
	if a.Org == "" {
		return role
	}
	department["role"] = role
	return text("activity.who.officer-of", department)
}
