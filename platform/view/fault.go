package view

import (
	"net/http"
	"strconv"
	"strings"
)

// fault is the dot of the page that tells of a failure.
type fault struct {
	Status     int
	Title, Way string // what happened; what to do
	SignIn     bool
	Retry      bool
}

// Fault writes the page that tells of a failure. Code is a fault's code, or "";
// its text is "fault.<code>": the first sentence becomes the heading, the rest
// says what to do. Without such a text the page says what the status means.
func (s *Set) Fault(w http.ResponseWriter, r *http.Request, status int, code string) error {
	i := index(LangOf(r.Context()))
	key := "fault." + code
	if code == "" || !s.Has(key) {
		key = "view.status." + strconv.Itoa(status)
		if !s.Has(key) {
			key = "view.status.500"
		}
	}
	title, way := headline(s.texts.text(i, key, nil))
	return s.Render(w, r, status, "view/fault", fault{
		Status: status, Title: title, Way: way,
		SignIn: status == http.StatusUnauthorized,
		Retry:  status >= 500 || status == http.StatusTooManyRequests,
	})
}

// headline parts a text after its first sentence, whose full stop is dropped.
func headline(s string) (title, rest string) {
	for _, stop := range []string{"\n", "。", ". "} {
		if a, b, ok := strings.Cut(s, stop); ok {
			return strings.TrimSpace(a), strings.TrimSpace(b)
		}
	}
	return strings.TrimSuffix(strings.TrimSpace(s), "."), ""
}
