// Package site is the demo's own pages: who lives in the fictional city, with
// one-click sign-in, the mails that were sent, and the switches that slow, break
// and mend what stands beside the program. The real program does not contain it.
package site

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"causeway/demo/city"
	"causeway/demo/mailbox"
	"causeway/demo/payprovider"
	"causeway/demo/registry"
	"causeway/modules/identity"
	"causeway/platform/fault"
	"causeway/platform/httpx"
	"causeway/platform/lang"
	"causeway/platform/view"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed texts.yaml
var texts []byte

// Source returns the demo's pages and texts.
func Source() view.Source { return view.NewSource("demo", templates, texts) }

// Failures.
var (
	ErrNobody = fault.New(fault.NotFound, "demo.nobody")
	ErrSwitch = fault.New(fault.Invalid, "demo.switch")
)

// Sessions signs people in without a passkey.
type Sessions interface {
	Find(ctx context.Context, n identity.HKID) (identity.PersonID, error)
	NewSession(ctx context.Context, p identity.PersonID, level identity.Assurance, channel, device string) (string, error)
}

// Neighbours are the switches and the post.
type Neighbours interface {
	Sources(ctx context.Context) ([]registry.Setting, error)
	SetSource(ctx context.Context, s registry.Setting) error
	Payments(ctx context.Context) (payprovider.Modes, error)
	SetPayments(ctx context.Context, m payprovider.Modes) error
	Mails(ctx context.Context) ([]mailbox.Mail, error)
}

// Deps is what the pages need.
type Deps struct {
	City       func() *city.City
	Sessions   Sessions
	Neighbours Neighbours
	View       *view.Set
	Start      func(w http.ResponseWriter, token string) // hands the browser a session
	Renewable  func() []city.Resident                    // residents who can renew a licence at once
	Shop       func() string                             // where the shop is
}

type handler struct{ Deps }

// Mount registers the pages.
func Mount(m *httpx.Mux, d Deps) {
	h := handler{d}
	m.Page("GET /demo", httpx.Demo, h.people)
	m.Page("POST /demo/sign-in/{persona}", httpx.Demo, h.signIn)
	m.Page("GET /demo/mails", httpx.Demo, h.mails)
	m.Page("GET /demo/switches", httpx.Demo, h.switches)
	m.Page("POST /demo/switches/sources/{source}", httpx.Demo, h.setSource)
	m.Page("POST /demo/switches/payments", httpx.Demo, h.setPayments)
	m.Page("GET /demo/medical-report.pdf", httpx.Demo, h.report)
}

// A card is somebody with a story.
type card struct {
	ID       string
	Name     string
	NameZh   string
	Label    lang.Text
	Story    lang.Text
	Number   string // of a newcomer, to be typed at the counter
	Newcomer bool
	Report   bool
}

type peoplePage struct {
	Next      string // where to go after signing in
	Shop      string
	Residents []card
	Officers  []card
}

func (h handler) people(w http.ResponseWriter, r *http.Request) error {
	p := peoplePage{Next: local(r.FormValue("next")), Shop: h.Shop()}
	for _, x := range h.City().Personas() {
		c := card{ID: x.ID, Name: x.Resident.Name, NameZh: x.Resident.NameZh, Label: x.Label, Story: x.Story, Report: x.Report, Newcomer: !x.Resident.Registered}
		if c.Newcomer {
			c.Number = x.Resident.Number.Reveal()
		}
		p.Residents = append(p.Residents, c)
	}
	departments := map[string]lang.Text{}
	for _, d := range city.Departments() {
		departments[d.ID] = d.Name
	}
	for _, x := range h.City().Officers() {
		p.Officers = append(p.Officers, card{ID: x.ID, Name: x.Name, NameZh: x.NameZh, Label: x.Label, Story: departments[x.Department]})
	}
	return h.View.Render(w, r, http.StatusOK, "demo/people", p)
}

// number returns the identity number of the persona, the officer, or the n-th
// resident who can renew a licence ("resident-N").
func (h handler) number(id string) (identity.HKID, bool) {
	if p, ok := h.City().Persona(id); ok {
		return p.Resident.Number, p.Resident.Registered
	}
	officers := h.City().Officers()
	if i := slices.IndexFunc(officers, func(o city.Officer) bool { return o.ID == id }); i >= 0 {
		return officers[i].Number, true
	}
	if text, ok := strings.CutPrefix(id, "resident-"); ok {
		all := h.Renewable()
		if n, err := strconv.Atoi(text); err == nil && n >= 0 && n < len(all) {
			return all[n].Number, true
		}
	}
	return identity.HKID{}, false
}

func (h handler) signIn(w http.ResponseWriter, r *http.Request) error {
	n, ok := h.number(r.PathValue("persona"))
	if !ok {
		return ErrNobody
	}
	p, err := h.Sessions.Find(r.Context(), n)
	if err != nil {
		return err
	}
	token, err := h.Sessions.NewSession(r.Context(), p, identity.Substantial, "online", "demo")
	if err != nil {
		return err
	}
	h.Start(w, token)
	next := "/"
	if r.PostFormValue("office") != "" {
		next = "/work"
	}
	if to := local(r.PostFormValue("next")); to != "" {
		next = to
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// local returns next if it is a page of this program, else "".
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || len(next) > 1024 || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\x00\r\n\t") {
		return ""
	}
	return next
}

type mailsPage struct{ Mails []mailbox.Mail }

func (h handler) mails(w http.ResponseWriter, r *http.Request) error {
	mails, err := h.Neighbours.Mails(r.Context())
	if err != nil {
		return err
	}
	return h.View.Render(w, r, http.StatusOK, "demo/mails", mailsPage{mails[:min(len(mails), 50)]})
}

func (h handler) report(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="medical-report.pdf"`)
	_, err := w.Write(city.MedicalReport())
	return err
}
