package web

import (
	"fmt"
	"net/http"
	"strings"

	"causeway/modules/credential"
	"causeway/platform/day"
	"causeway/platform/lang"
)

// A claim is one line of a licence as a page shows it.
type claim struct {
	Name  string // the form field's value
	Label string
	Value string
}

// claims returns cs, of a licence of the type kind, in the language of r.
func (h handler) claims(r *http.Request, kind string, cs []credential.Claim, names map[string]lang.Text) []claim {
	out := make([]claim, 0, len(cs))
	for _, c := range cs {
		out = append(out, claim{c.Name, h.label(r, c.Name, names), h.said(r, kind, c)})
	}
	return out
}

// label is the claim's name in words: the service's, a text of ours, or the name
// made readable.
func (h handler) label(r *http.Request, name string, names map[string]lang.Text) string {
	if x, ok := names[name]; ok && len(x.Missing()) == 0 {
		return x.In(h.tag(r))
	}
	key := "credential.claim." + name
	if h.View.Has(key) {
		return h.View.Text(h.tag(r), key, nil)
	}
	return strings.ToUpper(name[:1]) + strings.ReplaceAll(name[1:], "_", " ")
}

// said is the value of c in words: a code as its registry says it.
func (h handler) said(r *http.Request, kind string, c credential.Claim) string {
	if code, ok := c.Value.(string); ok && h.Say != nil {
		if words, ok := h.Say(r.Context(), kind, c.Name, code); ok {
			return words.In(h.tag(r))
		}
	}
	return h.value(r, c.Value)
}

func (h handler) value(r *http.Request, v any) string {
	switch v := v.(type) {
	case string:
		if d, err := day.Parse(v); err == nil {
			return h.View.Text(h.tag(r), "credential.day", map[string]any{"day": d})
		}
		return v
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = h.value(r, x)
		}
		return strings.Join(parts, ", ")
	case bool:
		if v {
			return h.View.Text(h.tag(r), "credential.yes", nil)
		}
		return h.View.Text(h.tag(r), "credential.no", nil)
	}
	return fmt.Sprint(v)
}

// form parses the form of r; what cannot be parsed is an empty form.
func form(r *http.Request, name string) string {
	return strings.ToValidUTF8(r.PostFormValue(name), "\ufffd")
}
