package web

import (
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"causeway/modules/openid"
)

// ask reads a request of software: its form comes in the body alone (RFC 6749,
// section 3.2), so that no secret is in an address.
func (h handler) ask(r *http.Request, path string) (openid.Ask, error) {
	a := openid.Ask{Method: r.Method, URL: h.Provider.Issuer() + path, Proofs: r.Header.Values("DPoP"), Form: url.Values{}}
	if h.Certificate != nil {
		x5t, base := h.Certificate(r)
		if a.X5T = x5t; base != "" {
			a.URL = base + path
		}
	}
	if r.Method == http.MethodPost {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err == nil && kind == "application/x-www-form-urlencoded" {
			if err := r.ParseForm(); err != nil {
				return a, &openid.Error{Code: openid.CodeRequest, Description: "the body cannot be read as a form"}
			}
			a.Form = r.PostForm
		} else if path != openid.PathUserInfo {
			return a, &openid.Error{Code: openid.CodeRequest, Description: "send the parameters as application/x-www-form-urlencoded"}
		}
	}
	if id, secret, ok := r.BasicAuth(); ok {
		id, err := url.QueryUnescape(id)
		if err != nil {
			return a, &openid.Error{Code: openid.CodeRequest, Description: "the client id in the Authorization header is not form-encoded"}
		}
		secret, err := url.QueryUnescape(secret)
		if err != nil {
			return a, &openid.Error{Code: openid.CodeRequest, Description: "the client secret in the Authorization header is not form-encoded"}
		}
		a.Basic = &openid.Basic{ID: id, Secret: secret}
	}
	return a, nil
}

func (h handler) push(w http.ResponseWriter, r *http.Request) {
	a, err := h.ask(r, openid.PathPush)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	p, err := h.Provider.Push(r.Context(), a)
	h.send(w, r, http.StatusCreated, p, err)
}

func (h handler) token(w http.ResponseWriter, r *http.Request) {
	a, err := h.ask(r, openid.PathToken)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	t, err := h.Provider.Token(r.Context(), a)
	h.send(w, r, http.StatusOK, t, err)
}

func (h handler) introspect(w http.ResponseWriter, r *http.Request) {
	a, err := h.ask(r, openid.PathIntrospect)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	i, err := h.Provider.Introspect(r.Context(), a)
	h.send(w, r, http.StatusOK, i, err)
}

func (h handler) revoke(w http.ResponseWriter, r *http.Request) {
	a, err := h.ask(r, openid.PathRevoke)
	if err == nil {
		err = h.Provider.Revoke(r.Context(), a)
	}
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	h.nonce(w, r)
	w.WriteHeader(http.StatusOK)
}

// userInfo takes its token from the Authorization header alone: not from the
// address, where logs would keep it.
func (h handler) userInfo(w http.ResponseWriter, r *http.Request) {
	a, err := h.ask(r, openid.PathUserInfo)
	if err != nil {
		h.challenge(w, r, err)
		return
	}
	u, err := h.Provider.UserInfo(r.Context(), a, shown(r))
	if err != nil {
		h.challenge(w, r, err)
		return
	}
	h.send(w, r, http.StatusOK, u, nil)
}

func shown(r *http.Request) openid.Shown {
	all := r.Header.Values("Authorization")
	if len(all) != 1 {
		return openid.Shown{}
	}
	scheme, token, _ := strings.Cut(all[0], " ")
	return openid.Shown{Scheme: scheme, Token: strings.TrimSpace(token)}
}

// nonce gives who uses DPoP the nonce for the next proof (RFC 9449, section 8.2).
func (h handler) nonce(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("DPoP") != "" {
		w.Header().Set("DPoP-Nonce", h.Provider.Nonce())
	}
}

func (h handler) send(w http.ResponseWriter, r *http.Request, status int, v any, err error) {
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	h.nonce(w, r)
	h.write(w, r, status, v)
}

func (h handler) write(w http.ResponseWriter, r *http.Request, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		slog.ErrorContext(r.Context(), "answer not written", "route", r.Pattern, "err", err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client has gone
}

// refusal is the body of an error (RFC 6749, section 5.2).
type refusal struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// refuse answers with err. What is nobody's fault is logged and not told.
func (h handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e, ok := errors.AsType[*openid.Error](err)
	if !ok {
		h.broken(w, r, err)
		return
	}
	h.nonce(w, r)
	status := http.StatusBadRequest
	if e.Code == openid.CodeClient {
		status = http.StatusUnauthorized
		if r.Header.Get("Authorization") != "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="openid"`)
		}
	}
	h.write(w, r, status, refusal{e.Code, e.Description})
}

func (h handler) broken(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		slog.ErrorContext(r.Context(), "request failed", "route", r.Pattern, "err", err)
	}
	h.write(w, r, http.StatusInternalServerError, refusal{Error: openid.CodeServer})
}

// challenge answers a request to a resource with err (RFC 6750, section 3; RFC
// 9449, section 7.1).
func (h handler) challenge(w http.ResponseWriter, r *http.Request, err error) {
	e, ok := errors.AsType[*openid.Error](err)
	if !ok {
		h.broken(w, r, err)
		return
	}
	h.nonce(w, r)
	status := http.StatusUnauthorized
	switch e.Code {
	case openid.CodeScopeShort:
		status = http.StatusForbidden
	case openid.CodeRequest:
		status = http.StatusBadRequest
	}
	scheme := "Bearer"
	if !strings.EqualFold(shown(r).Scheme, "Bearer") || r.Header.Get("DPoP") != "" {
		scheme = `DPoP algs="ES256 PS256 EdDSA",`
	}
	if shown(r).Token == "" {
		w.Header().Set("WWW-Authenticate", `DPoP algs="ES256 PS256 EdDSA"`)
	} else {
		w.Header().Set("WWW-Authenticate", scheme+` error="`+e.Code+`", error_description="`+strings.ReplaceAll(e.Description, `"`, "'")+`"`)
	}
	h.write(w, r, status, refusal{e.Code, e.Description})
}
