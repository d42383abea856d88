package payprovider

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strings"

	"causeway/platform/lang"
)

//go:embed page.html
var pageHTML string

//go:embed pay.css
var pageCSS []byte

var pageTemplate = template.Must(template.New("page").Parse(pageHTML)) //nolint:gochecknoglobals // parsed once, never changed

// pageData is what page.html shows.
type pageData struct {
	Lang        lang.Tag
	Langs       []langLink
	Words       words
	Amount      string
	Payee       string
	Description string
	Reference   string
	Status      string
	Back        string
	Found       bool
}

type langLink struct {
	Tag, Name, Href string
	Current         bool
}

const langCookie = "pay_lang"

// pageLang takes the language from the address, the cookie, or the session.
func pageLang(r *http.Request, s session) lang.Tag {
	if t, ok := lang.Parse(r.URL.Query().Get("lang")); ok {
		return t
	}
	if c, err := r.Cookie(langCookie); err == nil {
		if t, ok := lang.Parse(c.Value); ok {
			return t
		}
	}
	if s.Lang != "" {
		return s.Lang
	}
	return lang.English
}

// page is where a person decides.
func (p *provider) page(w http.ResponseWriter, r *http.Request) {
	s, ok := p.current(r.PathValue("id"))
	if t, chosen := lang.Parse(r.URL.Query().Get("lang")); chosen {
		http.SetCookie(w, &http.Cookie{ //nolint:gosec // no secret: a language, over plain HTTP in the demo
			Name: langCookie, Value: string(t), Path: "/pay/", MaxAge: 86400, HttpOnly: true, SameSite: http.SameSiteLaxMode,
			Secure: strings.HasPrefix(p.cfg.Origin, "https:"),
		})
	}
	code := http.StatusOK
	if !ok {
		code = http.StatusNotFound
	}
	p.render(w, r, code, s, ok)
}

func (p *provider) render(w http.ResponseWriter, r *http.Request, code int, s session, found bool) {
	tag := pageLang(r, s)
	d := pageData{
		Lang: tag, Words: wordsIn(tag), Amount: s.Amount.String(), Payee: s.Payee.In(tag), Description: s.Description.In(tag),
		Reference: s.Reference, Status: s.Status, Back: s.Return, Found: found,
	}
	for _, t := range lang.All() {
		name := map[lang.Tag]string{lang.English: "English", lang.Hant: "繁體中文", lang.Hans: "简体中文"}[t]
		d.Langs = append(d.Langs, langLink{Tag: string(t), Name: name, Href: "?lang=" + string(t), Current: t == tag})
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, d); err != nil {
		p.cfg.Log.ErrorContext(r.Context(), "page", "err", err)
		http.Error(w, "out of order", http.StatusInternalServerError)
		return
	}
	p.headers(w.Header())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write(b.Bytes()) // a person who left is no failure of ours
}

// headers allow a page its own style sheet, and its form the way back.
func (p *provider) headers(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' "+p.cfg.Return)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // no-referrer would make the form's Origin null
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

func (p *provider) css(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(pageCSS) // as above
}

// choose takes what the person decided, and sends them back.
func (p *provider) choose(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s, ok := p.current(id)
	if !ok {
		p.render(w, r, http.StatusNotFound, s, false)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	status, ok := map[string]string{"succeed": succeeded, "decline": declined, "abandon": cancelled}[r.PostFormValue("choice")]
	if !ok {
		p.render(w, r, http.StatusUnprocessableEntity, s, true)
		return
	}
	e, err := p.decide(id, status)
	if err != nil {
		p.cfg.Log.ErrorContext(r.Context(), "choose", "err", err)
		http.Error(w, "out of order", http.StatusInternalServerError)
		return
	}
	if e.ID != "" {
		p.notify(s, e)
	}
	http.Redirect(w, r, s.Return, http.StatusSeeOther)
}
