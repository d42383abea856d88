package web

import (
	"net/http"
	"net/url"
	"strings"

	"causeway/modules/identity"
	"causeway/platform/lang"
	"causeway/platform/view"
)

// counterPage is the dot of counter.html.
type counterPage struct {
	Number, Name, Email, Lang, Document string
	Documents                           []view.Dict
	Problems                            view.Problems
}

func (p *Pages) showCounter(w http.ResponseWriter, r *http.Request) error {
	if err := p.Service.AtCounter(r.Context()); err != nil {
		return err
	}
	return p.counterForm(w, r, http.StatusOK, counterPage{})
}

func (p *Pages) counterForm(w http.ResponseWriter, r *http.Request, status int, page counterPage) error {
	t := view.LangOf(r.Context())
	for _, d := range identity.Documents() {
		page.Documents = append(page.Documents, view.Dict{
			"value": string(d), "text": p.View.Text(t, "identity.document."+string(d), nil),
		})
	}
	return p.View.Render(w, r, status, "identity/counter", page)
}

// issue makes a code. The identity number is in the form alone, never in an
// address.
func (p *Pages) issue(w http.ResponseWriter, r *http.Request) error {
	page := counterPage{
		Number: r.PostFormValue("number"), Name: strings.TrimSpace(r.PostFormValue("name")), Email: strings.TrimSpace(r.PostFormValue("email")),
		Lang: r.PostFormValue("language"), Document: r.PostFormValue("document"),
	}
	n, err := identity.ParseHKID(page.Number)
	var id string
	if err == nil {
		id, err = p.Service.Issue(r.Context(), identity.Application{
			Number: n, Name: page.Name, Email: page.Email, Lang: lang.Tag(page.Lang), Document: identity.Document(page.Document),
		})
	}
	if err != nil {
		page.Problems, err = fields{
			identity.ErrNumber: "number", identity.ErrName: "name", identity.ErrEmail: "email", identity.ErrLang: "language",
			identity.ErrDocument: "document", identity.ErrOwnCode: "number",
		}.problems(err)
		if err != nil {
			return err
		}
		return p.counterForm(w, r, http.StatusUnprocessableEntity, page)
	}
	return see(w, r, "/work/"+url.PathEscape(r.PathValue("department"))+"/activation/"+id)
}

// letterPage is the dot of letter.html. The letter is in the person's language,
// the page around it in the clerk's.
type letterPage struct {
	Lang       string
	Heading    string
	Dear       string
	Intro      string
	Steps      []string
	Until      string
	Keep       string
	Department lang.Text
	From       string
	CodeLabel  string
	Code       string
	Link       string // what the QR code opens
	Site       string // what is typed instead
	Back       string
	Printed    string
}

func (p *Pages) showLetter(w http.ResponseWriter, r *http.Request) error {
	l, err := p.Service.Letter(r.Context(), r.PathValue("letter"))
	if err != nil {
		return err
	}
	text := func(key string, pairs ...any) string {
		args := map[string]any{}
		for i := 0; i+1 < len(pairs); i += 2 {
			if k, ok := pairs[i].(string); ok {
				args[k] = pairs[i+1]
			}
		}
		return p.View.Text(l.Lang, key, args)
	}
	site := p.Origin + "/activate"
	return p.View.Render(w, r, http.StatusOK, "identity/letter", letterPage{
		Lang: string(l.Lang), Heading: text("identity.letter.heading"), Intro: text("identity.letter.intro"),
		Dear: text("identity.letter.dear", "name", l.Name),
		Steps: []string{
			text("identity.letter.step.open", "site", strings.TrimPrefix(strings.TrimPrefix(site, "https://"), "http://")),
			text("identity.letter.step.number"), text("identity.letter.step.passkey"),
		},
		Until: text("identity.letter.until", "until", l.Until), Keep: text("identity.letter.keep"),
		Department: l.Department, From: l.Department.In(l.Lang), CodeLabel: text("identity.letter.code"), Code: l.Code.Reveal(),
		Link: site + "/" + l.Code.Reveal() + "?lang=" + string(l.Lang), Site: site, Back: "/work/" + url.PathEscape(r.PathValue("department")) + "/activation",
		Printed: text("identity.letter.printed", "printed", p.Now()),
	})
}
