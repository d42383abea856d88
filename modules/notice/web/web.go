// Package web serves notice over HTTP: a person's inbox and how that person
// wants to be told.
package web

import (
	"embed"
	"net/http"
	"strings"
	"time"

	"causeway/modules/identity"
	"causeway/modules/notice"
	"causeway/platform/httpx"
	"causeway/platform/view"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed texts.yaml
var texts []byte

// Source returns the pages and texts of this module.
func Source() view.Source { return view.NewSource("notice", templates, texts) }

// Deps is what the pages need.
type Deps struct {
	Service *notice.Service
	Views   *view.Set
}

type handler struct{ Deps }

// Mount registers the routes.
func Mount(m *httpx.Mux, d Deps) {
	h := handler{d}
	m.Page("GET /messages", httpx.Resident, h.inbox)
	m.Page("GET /messages/{message}", httpx.Resident, h.message)
	m.Page("GET /messages/preferences", httpx.Resident, h.preferences)
	m.Page("POST /messages/preferences", httpx.Resident, h.setPreferences)
}

// inboxPage is the dot of inbox.html.
type inboxPage struct {
	Messages []row
	Next     string // the address of the next page, or ""
	Older    bool   // not the first page
	Saved    bool
}

type row struct {
	ID, Subject string
	Sent        time.Time
	New         bool
}

func (h handler) inbox(w http.ResponseWriter, r *http.Request) error {
	before := r.URL.Query().Get("before")
	list, err := h.Service.List(r.Context(), identity.CallerOf(r.Context()), before)
	if err != nil {
		return err
	}
	page := inboxPage{Older: before != "", Saved: r.URL.Query().Has("saved")}
	tag := view.LangOf(r.Context())
	for _, m := range list.Messages {
		page.Messages = append(page.Messages, row{m.ID, h.Service.Subject(tag, m), m.Sent, m.Unread()})
	}
	if list.Next != "" {
		page.Next = "/messages?before=" + list.Next
	}
	return h.Views.Render(w, r, http.StatusOK, "notice/inbox", page)
}

// messagePage is the dot of message.html.
type messagePage struct {
	Subject    string
	Paragraphs []string
	Sent       time.Time
	Link       string
}

func (h handler) message(w http.ResponseWriter, r *http.Request) error {
	m, err := h.Service.Open(r.Context(), identity.CallerOf(r.Context()), r.PathValue("message"))
	if err != nil {
		return err
	}
	tag := view.LangOf(r.Context())
	page := messagePage{Subject: h.Service.Subject(tag, m), Sent: m.Sent, Link: m.Link}
	for p := range strings.SplitSeq(h.Service.Body(tag, m), "\n") {
		if p = strings.TrimSpace(p); p != "" {
			page.Paragraphs = append(page.Paragraphs, p)
		}
	}
	return h.Views.Render(w, r, http.StatusOK, "notice/message", page)
}

// preferencesPage is the dot of preferences.html.
type preferencesPage struct {
	Mail     string // "yes", "no", or "" when nothing was chosen
	Problems view.Problems
}

func (h handler) preferences(w http.ResponseWriter, r *http.Request) error {
	p, err := h.Service.Preferences(r.Context(), identity.CallerOf(r.Context()))
	if err != nil {
		return err
	}
	page := preferencesPage{Mail: "no"}
	if p.Mail {
		page.Mail = "yes"
	}
	return h.Views.Render(w, r, http.StatusOK, "notice/preferences", page)
}

func (h handler) setPreferences(w http.ResponseWriter, r *http.Request) error {
	page := preferencesPage{Mail: r.PostFormValue("mail")}
	if page.Mail != "yes" && page.Mail != "no" {
		page.Problems.Add("mail", "notice.preferences.mail.missing", nil)
	}
	if len(page.Problems) > 0 {
		return h.Views.Render(w, r, http.StatusUnprocessableEntity, "notice/preferences", page)
	}
	err := h.Service.SetPreferences(r.Context(), identity.CallerOf(r.Context()), notice.Preferences{Mail: page.Mail == "yes"})
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/messages?saved", http.StatusSeeOther)
	return nil
}
