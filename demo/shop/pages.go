package shop

import (
	"bytes"
	_ "embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"causeway/demo/relying"
	"causeway/platform/lang"
)

//go:embed page.html
var pageHTML string

//go:embed shop.css
var css []byte

const (
	cookie     = "__Host-shop"
	langCookie = "shop-lang"
)

func (s *shop) handler() http.Handler {
	page := template.Must(template.New("page").Parse(pageHTML))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { s.home(w, r, page) })
	mux.HandleFunc("POST /sign-in", s.signIn)
	mux.HandleFunc("GET /callback", s.callback)
	mux.HandleFunc("POST /read", s.read)
	mux.HandleFunc("POST /sign-out", s.signOut)
	mux.HandleFunc("GET /shop.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = w.Write(css) // the browser has gone
	})
	cross := http.NewCrossOriginProtection()
	return cross.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// form-action is not said: a form of the shop's leads to the provider, and
		// on to wherever the person signs in.
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
		mux.ServeHTTP(w, r)
	}))
}

// visitOf returns the browser's visit, or nil; fresh makes one.
func (s *shop) visitOf(w http.ResponseWriter, r *http.Request, fresh bool) *visit {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now()
	if c, err := r.Cookie(cookie); err == nil {
		if v, ok := s.visits[c.Value]; ok && now.Before(v.till) {
			return v
		}
	}
	if !fresh {
		return nil
	}
	if len(s.visits) >= visitsMax {
		for id, v := range s.visits {
			if now.After(v.till) {
				delete(s.visits, id)
			}
		}
	}
	id, v := relying.Secret(), &visit{till: now.Add(visitFor)}
	s.visits[id] = v
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: id, Path: "/", MaxAge: int(visitFor / time.Second), HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
	return v
}

type language struct {
	Tag, Name string
	Current   bool
}

type pageData struct {
	Lang      string
	Langs     []language
	Words     words
	SignedIn  bool
	Subject   string
	ACR       string
	Facts     []fact
	Outcome   string
	Problem   string
	Issuer    string
	CanRead   bool
	Connected string
}

func (s *shop) home(w http.ResponseWriter, r *http.Request, page *template.Template) {
	tag := chosen(w, r)
	d := pageData{Lang: string(tag), Words: wordsIn(tag), Issuer: s.cfg.Issuer, Connected: s.cfg.Issuer + "/connections"}
	for _, l := range []language{{Tag: "en", Name: "English"}, {Tag: "zh-Hant", Name: "繁體中文"}, {Tag: "zh-Hans", Name: "简体中文"}} {
		l.Current = l.Tag == string(tag)
		d.Langs = append(d.Langs, l)
	}
	if v := s.visitOf(w, r, false); v != nil {
		s.mu.Lock()
		d.SignedIn, d.Subject, d.ACR, d.Facts, d.Outcome, d.Problem, d.CanRead = v.subject != "", v.subject, v.acr, v.facts, v.outcome, v.problem, v.access != ""
		v.problem = ""
		s.mu.Unlock()
	}
	var b bytes.Buffer
	if err := page.Execute(&b, d); err != nil {
		slog.ErrorContext(r.Context(), "shop page", "err", err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // the browser has gone
}

// chosen returns the language that the visitor chose, or that the browser asks for.
func chosen(w http.ResponseWriter, r *http.Request) lang.Tag {
	if tag, ok := lang.Parse(r.FormValue("lang")); ok {
		http.SetCookie(w, &http.Cookie{Name: langCookie, Value: string(tag), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
		return tag
	}
	if c, err := r.Cookie(langCookie); err == nil {
		if tag, ok := lang.Parse(c.Value); ok {
			return tag
		}
	}
	accept := strings.ToLower(r.Header.Get("Accept-Language"))
	switch {
	case strings.HasPrefix(accept, "zh-hk"), strings.HasPrefix(accept, "zh-tw"), strings.HasPrefix(accept, "zh-hant"):
		return lang.Hant
	case strings.HasPrefix(accept, "zh"):
		return lang.Hans
	}
	return lang.English
}

// wanted is what the shop asks to read: what car hire needs, and nothing else.
const wanted = `[{"type":"causeway_data","class":"td.driving-licence","fields":["licence_number","classes","expires_on"],"purpose":"verify-identity","duration":"P1D"}]`

// signIn pushes an authorization request and sends the browser to the provider.
func (s *shop) signIn(w http.ResponseWriter, r *http.Request) {
	v := s.visitOf(w, r, true)
	key, err := relying.NewKey()
	if err != nil {
		s.broken(w, r, err)
		return
	}
	state, nonce, verifier := relying.Secret(), relying.Secret(), relying.Secret()
	params := url.Values{"state": {state}, "nonce": {nonce}}
	if r.PostFormValue("licence") != "" {
		params.Set("authorization_details", wanted)
	}
	at, err := s.client.Push(r.Context(), verifier, params)
	if err != nil {
		s.broken(w, r, err)
		return
	}
	s.mu.Lock()
	v.state, v.nonce, v.verifier, v.dpop, v.problem = state, nonce, verifier, key, ""
	s.mu.Unlock()
	http.Redirect(w, r, at, http.StatusSeeOther)
}

// callback takes the answer: only for the sign-in that this browser began, and
// only from the provider that it began with (RFC 9207).
func (s *shop) callback(w http.ResponseWriter, r *http.Request) {
	v, q := s.visitOf(w, r, false), r.URL.Query()
	if v == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.mu.Lock()
	state, nonce, verifier, key := v.state, v.nonce, v.verifier, v.dpop
	v.state = ""
	s.mu.Unlock()
	if state == "" || q.Get("state") != state || q.Get("iss") != s.cfg.Issuer {
		s.problem(w, r, v, "state")
		return
	}
	if code := q.Get("error"); code != "" {
		s.problem(w, r, v, code)
		return
	}
	tokens, err := s.client.Exchange(r.Context(), q.Get("code"), verifier, key)
	if err != nil {
		s.broken(w, r, err)
		return
	}
	provider, err := s.discovered(r.Context())
	if err != nil {
		s.broken(w, r, err)
		return
	}
	id, err := provider.Verifier(&oidc.Config{ClientID: ClientID, Now: s.cfg.Now}).Verify(r.Context(), tokens.IDToken)
	if err != nil || id.Nonce != nonce {
		s.broken(w, r, errors.Join(errors.New("id token"), err))
		return
	}
	var claims struct {
		ACR string `json:"acr"`
	}
	if err := id.Claims(&claims); err != nil {
		s.broken(w, r, err)
		return
	}
	s.mu.Lock()
	v.subject, v.acr, v.idHint, v.access, v.facts, v.outcome = id.Subject, claims.ACR, tokens.IDToken, "", nil, ""
	if len(tokens.Details) > 0 {
		v.access = tokens.AccessToken
	}
	s.mu.Unlock()
	if len(tokens.Details) > 0 {
		if err := s.fetch(r, v); err != nil {
			s.broken(w, r, err)
			return
		}
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// fetch reads the facts that the person agreed to.
func (s *shop) fetch(r *http.Request, v *visit) error {
	s.mu.Lock()
	access, key := v.access, v.dpop
	s.mu.Unlock()
	var info struct {
		Data []struct {
			Outcome string           `json:"outcome"`
			Records []map[string]any `json:"records"`
		} `json:"causeway_data"`
	}
	if err := s.client.UserInfo(r.Context(), access, key, &info); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v.facts, v.outcome = nil, "none"
	for _, d := range info.Data {
		v.outcome = d.Outcome
		for _, record := range d.Records {
			for name, value := range record {
				if text, ok := value.(string); ok {
					v.facts = append(v.facts, fact{name, text})
				}
			}
		}
	}
	slices.SortFunc(v.facts, func(a, b fact) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// read reads the facts again: they come from the register each time.
func (s *shop) read(w http.ResponseWriter, r *http.Request) {
	v := s.visitOf(w, r, false)
	if v == nil || v.access == "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	if err := s.fetch(r, v); err != nil {
		if e, ok := errors.AsType[*relying.Error](err); ok {
			s.problem(w, r, v, e.Code)
			return
		}
		s.broken(w, r, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// signOut forgets the visit and offers to sign out of Causeway too.
func (s *shop) signOut(w http.ResponseWriter, r *http.Request) {
	v := s.visitOf(w, r, false)
	to := "/"
	s.mu.Lock()
	if v != nil && v.idHint != "" && r.PostFormValue("everywhere") != "" {
		to = s.cfg.Issuer + "/openid/logout?" + url.Values{"id_token_hint": {v.idHint}, "post_logout_redirect_uri": {Bye(s.origin)}}.Encode()
	}
	if c, err := r.Cookie(cookie); err == nil {
		delete(s.visits, c.Value)
	}
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (s *shop) problem(w http.ResponseWriter, r *http.Request, v *visit, code string) {
	s.mu.Lock()
	v.problem = code
	s.mu.Unlock()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *shop) broken(w http.ResponseWriter, r *http.Request, err error) {
	slog.WarnContext(r.Context(), "shop: the provider did not do what was asked", "err", err)
	http.Error(w, "The shop cannot sign you in just now. Go back and try again.", http.StatusBadGateway)
}
