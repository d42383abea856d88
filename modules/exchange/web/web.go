// Package web serves exchange over HTTP: reports of wrong facts for residents
// and for data stewards, the health of a department's sources, and the gateway
// for departments' systems.
package web

import (
	"context"
	"embed"
	"strings"
	"time"

	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/httpx"
	"causeway/platform/lang"
	"causeway/platform/view"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed texts.yaml
var texts []byte

// Source returns the pages and texts of this module.
func Source() view.Source { return view.NewSource("exchange", templates, texts) }

// Exchange is what these pages need of exchange.
type Exchange interface {
	Class(id string) (exchange.Class, bool)
	Classes() []exchange.Class
	Fact(ctx context.Context, by identity.Caller, class, field, caseID string) (exchange.Fact, error)
	Report(ctx context.Context, by identity.Caller, w exchange.WrongFact) (string, error)
	Reports(ctx context.Context, by identity.Caller) ([]exchange.Report, error)
	ReportOf(ctx context.Context, by identity.Caller, id string) (exchange.Report, error)
	Inbox(ctx context.Context, by org.Officer, done bool) ([]exchange.Report, error)
	ReadReport(ctx context.Context, by org.Officer, id string) (exchange.Report, error)
	AnswerReport(ctx context.Context, by org.Officer, id string, state exchange.ReportState, text string) error
	CloseReport(ctx context.Context, by org.Officer, id string) error
	SourcesOf(ctx context.Context, by org.Officer) ([]exchange.SourceStatus, error)
	Ask(ctx context.Context, by org.Client, a exchange.Ask) (exchange.Answer, error)
}

var _ Exchange = (*exchange.Service)(nil)

// Departments says what departments are called.
type Departments interface {
	Department(ctx context.Context, id org.ID) (org.Department, error)
}

// Deps is what the routes need.
type Deps struct {
	Exchange    Exchange
	Departments Departments
	Views       *view.Set
	Now         func() time.Time
}

type handler struct{ Deps }

// Mount registers the routes.
func Mount(m *httpx.Mux, d Deps) {
	h := handler{d}
	m.Page("GET /report/{class}/{field}", httpx.Resident, h.form)
	m.Page("POST /report/{class}/{field}", httpx.Resident, h.report)
	m.Page("GET /reports", httpx.Resident, h.mine)
	m.Page("GET /reports/{report}", httpx.Resident, h.one)

	m.Page("GET /work/{department}/reports", httpx.Officer, h.inbox)
	m.Page("GET /work/{department}/reports/{report}", httpx.Officer, h.read)
	m.Page("POST /work/{department}/reports/{report}/answer", httpx.Officer, h.answer)
	m.Page("POST /work/{department}/reports/{report}/close", httpx.Officer, h.end)
	m.Page("GET /work/{department}/sources", httpx.Officer, h.sources)

	h.mountJSON(m)
}

// department returns a department's name, or its id if it is not known.
func (h handler) department(ctx context.Context, id org.ID) lang.Text {
	d, err := h.Departments.Department(ctx, id)
	if err != nil {
		return lang.Text{En: string(id), Hant: string(id), Hans: string(id)}
	}
	return d.Name
}

// Names says what an entry about a fetch names: a class, its fields, an outcome.
type Names struct {
	Exchange Exchange
	Views    *view.Set
}

// Name returns what people call id, of the kind that a detail's key says:
// "class", "fields" (with the class in detail) or "outcome"; or why an officer
// looked at a report, of the kind "purpose".
func (n Names) Name(_ context.Context, kind, id string, detail map[string]string) (lang.Text, bool) {
	switch kind {
	case "class":
		c, ok := n.Exchange.Class(id)
		return c.Label, ok
	case "fields":
		c, ok := n.Exchange.Class(detail["class"])
		return fieldNames(c, id), ok
	case "outcome":
		return n.text("exchange.said." + id)
	case "purpose":
		return n.text("exchange.why." + id)
	}
	return lang.Text{}, false
}

// text returns the text named key in every language, if there is one.
func (n Names) text(key string) (lang.Text, bool) {
	if !n.Views.Has(key) {
		return lang.Text{}, false
	}
	return lang.Text{
		En: n.Views.Text(lang.English, key, nil), Hant: n.Views.Text(lang.Hant, key, nil), Hans: n.Views.Text(lang.Hans, key, nil),
	}, true
}

// fieldNames returns the labels of a list such as "plate, fuel".
func fieldNames(c exchange.Class, list string) lang.Text {
	var out lang.Text
	for i, name := range strings.Split(list, ", ") {
		label := lang.Text{En: name, Hant: name, Hans: name}
		if f, ok := c.Field(name); ok {
			label = f.Label
		}
		if i > 0 {
			out.En, out.Hant, out.Hans = out.En+", ", out.Hant+"、", out.Hans+"、"
		}
		out.En, out.Hant, out.Hans = out.En+label.En, out.Hant+label.Hant, out.Hans+label.Hans
	}
	return out
}
