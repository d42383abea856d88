package view

import (
	"context"
	"net/http"

	"golang.org/x/text/language"

	"causeway/platform/lang"
)

// A Size is one of the three steps of the text's size.
type Size string

// The sizes.
const (
	Normal Size = "normal"
	Large  Size = "large"
	Larger Size = "larger"
)

type prefsKey struct{}

type prefs struct {
	lang lang.Tag
	size Size
}

// LangOf returns the language that ctx's request is answered in; English if
// Preferences saw no request.
func LangOf(ctx context.Context) lang.Tag {
	if p, ok := ctx.Value(prefsKey{}).(prefs); ok {
		return p.lang
	}
	return lang.English
}

// WithLang returns ctx with language t: for tests and background work.
func WithLang(ctx context.Context, t lang.Tag) context.Context {
	p, _ := ctx.Value(prefsKey{}).(prefs)
	p.lang = t
	return context.WithValue(ctx, prefsKey{}, p)
}

func sizeOf(ctx context.Context) Size {
	if p, ok := ctx.Value(prefsKey{}).(prefs); ok && p.size != "" {
		return p.size
	}
	return Normal
}

// Preferences finds the language and text size of each request: from ?lang= and
// ?size=, which are kept in cookies, else from the cookies, else the language
// from Accept-Language. It must stand before everything that draws a page.
func Preferences(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := prefs{size: Normal}
		var asked, found string
		if r.URL.RawQuery != "" {
			q := r.URL.Query()
			asked, found = q.Get("lang"), q.Get("size")
		}
		if t, ok := lang.Parse(asked); ok {
			p.lang = t
			keep(w, languageCookie, asked)
		} else if t, ok := lang.Parse(cookie(r, languageCookie)); ok {
			p.lang = t
		} else {
			p.lang = accepted(r.Header.Get("Accept-Language"))
		}
		if s, ok := parseSize(found); ok {
			p.size = s
			keep(w, sizeCookie, found)
		} else if s, ok := parseSize(cookie(r, sizeCookie)); ok {
			p.size = s
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), prefsKey{}, p)))
	})
}

func parseSize(s string) (Size, bool) {
	switch v := Size(s); v {
	case Normal, Large, Larger:
		return v, true
	}
	return Normal, false
}

func cookie(r *http.Request, name string) string {
	if c, err := r.Cookie(name); err == nil {
		return c.Value
	}
	return ""
}

// Cookies. The prefix __Host- has browsers keep them to this host and to secure
// connections, among which they count localhost.
const (
	languageCookie = "__Host-lang"
	sizeCookie     = "__Host-size"
)

func keep(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 60 * 60,
		HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode,
	})
}

// accepted picks the language that an Accept-Language header likes best.
func accepted(header string) lang.Tag {
	if header == "" || len(header) > 200 {
		return lang.English
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return lang.English
	}
	for _, t := range tags {
		base, _ := t.Base()
		switch base.String() {
		case "en":
			return lang.English
		case "zh", "yue":
			if script, _ := t.Script(); script.String() == "Hant" {
				return lang.Hant
			}
			return lang.Hans
		}
	}
	return lang.English
}
