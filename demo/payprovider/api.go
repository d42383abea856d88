package payprovider

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"causeway/platform/lang"
	"causeway/platform/money"
)

// apiAmount is an amount on the wire.
type apiAmount struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

func amountOf(a money.Amount) apiAmount { return apiAmount(a) }

// apiStart is the body of POST /v1/sessions.
type apiStart struct {
	Reference   string    `json:"reference"`
	Amount      apiAmount `json:"amount"`
	Description lang.Text `json:"description"`
	Payee       lang.Text `json:"payee"`
	Return      string    `json:"return_url"`
	Lang        string    `json:"lang"`
}

// apiSession is what the API says of a session.
type apiSession struct {
	ID     string    `json:"id"`
	URL    string    `json:"url"`
	Status string    `json:"status"`
	Amount apiAmount `json:"amount"`
}

// apiRefund is what the API says of a refund.
type apiRefund struct {
	Status string    `json:"status"` // confirmed
	Amount apiAmount `json:"amount"`
}

const maxBody = 32 << 10

// handler returns everything that the provider serves.
func (p *provider) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.Handle("POST /v1/sessions", p.api(p.startSession))
	mux.Handle("GET /v1/sessions/{id}", p.api(p.showSession))
	mux.Handle("POST /v1/sessions/{id}/refunds", p.api(p.refundSession))
	mux.HandleFunc("GET /control", p.control(p.showModes))
	mux.HandleFunc("PUT /control", p.control(p.setModes))
	mux.HandleFunc("GET /pay.css", p.css)
	mux.Handle("GET /pay/{id}", p.misbehave(http.HandlerFunc(p.page)))
	mux.Handle("POST /pay/{id}", p.misbehave(http.NewCrossOriginProtection().Handler(http.HandlerFunc(p.choose))))
	return mux
}

// misbehave is slow or down as the modes say.
func (p *provider) misbehave(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch m := p.currentModes(); m.Mode {
		case ModeDown:
			http.Error(w, "down for maintenance", http.StatusServiceUnavailable)
			return
		case ModeSlow:
			if !sleep(r.Context(), m.slow()) {
				return
			}
		}
		h.ServeHTTP(w, r)
	})
}

// api guards h with the merchant's key.
func (p *provider) api(h func(r *http.Request) (int, any)) http.Handler {
	return p.misbehave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !bearer(r, p.secrets.API) {
			http.Error(w, "unknown key", http.StatusUnauthorized)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		code, v := h(r)
		writeJSON(w, code, v)
	}))
}

func bearer(r *http.Request, want string) bool {
	got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// problem is the body of a refusal.
type problem struct {
	Title string `json:"title"`
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // a client that left is no failure of ours
}

// idempotencyKey returns the request's, or "" if it has none that will do.
func idempotencyKey(r *http.Request) string {
	k := r.Header.Get("Idempotency-Key")
	if len(k) > 200 || !utf8.ValidString(k) {
		return ""
	}
	return k
}

func (p *provider) startSession(r *http.Request) (int, any) {
	var in apiStart
	key := idempotencyKey(r)
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || key == "" {
		return http.StatusBadRequest, problem{"want a start in JSON and an Idempotency-Key"}
	}
	tag, known := lang.Parse(in.Lang)
	if in.Amount.Minor <= 0 || len(in.Amount.Currency) != 3 || in.Reference == "" || !known ||
		len(in.Description.Missing()) > 0 || len(in.Payee.Missing()) > 0 {
		return http.StatusUnprocessableEntity, problem{"want reference, amount, description, payee and lang"}
	}
	if !p.mayReturn(in.Return) {
		return http.StatusUnprocessableEntity, problem{"return_url is of another origin than the merchant's"}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if id, ok := p.byKey[key]; ok {
		s := p.sessions[id]
		if s.Amount != money.Amount(in.Amount) || s.Reference != in.Reference || s.Return != in.Return {
			return http.StatusConflict, problem{"the key was used for another session"}
		}
		return http.StatusOK, p.answer(*s)
	}
	s := &session{
		ID: "ps_" + rand.Text(), Key: key, Reference: in.Reference, Amount: money.Amount(in.Amount), Description: in.Description,
		Payee: in.Payee, Return: in.Return, Lang: tag, Status: waiting, Created: p.now(),
	}
	if err := p.save(s); err != nil {
		p.cfg.Log.ErrorContext(r.Context(), "start", "err", err)
		return http.StatusInternalServerError, problem{"not kept"}
	}
	p.sessions[s.ID], p.byKey[key] = s, s.ID
	return http.StatusCreated, p.answer(*s)
}

// mayReturn reports whether u is on the merchant's origin.
func (p *provider) mayReturn(u string) bool {
	x, err := url.Parse(u)
	return err == nil && x.User == nil && x.Scheme+"://"+x.Host == p.cfg.Return
}

func (p *provider) answer(s session) apiSession {
	return apiSession{ID: s.ID, URL: p.cfg.Origin + "/pay/" + s.ID, Status: s.Status, Amount: amountOf(s.Amount)}
}

func (p *provider) showSession(r *http.Request) (int, any) {
	s, ok := p.current(r.PathValue("id"))
	if !ok {
		return http.StatusNotFound, problem{"no such session"}
	}
	return http.StatusOK, p.answer(s)
}

// refundSession gives all of a session's amount back, once.
func (p *provider) refundSession(r *http.Request) (int, any) {
	var in struct {
		Amount apiAmount `json:"amount"`
	}
	key := idempotencyKey(r)
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || key == "" {
		return http.StatusBadRequest, problem{"want an amount in JSON and an Idempotency-Key"}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.sessions[r.PathValue("id")]
	switch {
	case !ok:
		return http.StatusNotFound, problem{"no such session"}
	case s.Status != succeeded || money.Amount(in.Amount) != s.Amount:
		return http.StatusUnprocessableEntity, problem{"nothing of that amount was taken"}
	case len(s.Refunds) > 0 && s.Refunds[key] == nil:
		return http.StatusConflict, problem{"refunded under another key"}
	}
	if s.Refunds == nil {
		s.Refunds = map[string]*refund{key: {}}
	}
	f := s.Refunds[key]
	if !f.Confirmed {
		f.Calls++
		f.Confirmed = f.Calls > p.modes.FailRefunds
		if err := p.save(s); err != nil {
			f.Confirmed = false
			p.cfg.Log.ErrorContext(r.Context(), "refund", "err", err)
			return http.StatusInternalServerError, problem{"not kept"}
		}
	}
	if !f.Confirmed {
		return http.StatusServiceUnavailable, problem{"try again"}
	}
	return http.StatusOK, apiRefund{Status: "confirmed", Amount: amountOf(s.Amount)}
}

// control guards h: it answers this machine alone, and the holder of the key.
func (p *provider) control(h func(w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() || !bearer(r, p.secrets.Control) {
			http.NotFound(w, r)
			return
		}
		h(w, r)
	}
}

func (p *provider) currentModes() Modes {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.modes
}

func (p *provider) showModes(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, p.currentModes())
}

func (p *provider) setModes(w http.ResponseWriter, r *http.Request) {
	var m Modes
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&m); err != nil {
		writeJSON(w, http.StatusBadRequest, problem{"want modes in JSON"})
		return
	}
	m = m.filled()
	if err := m.check(); err != nil {
		writeJSON(w, http.StatusUnprocessableEntity, problem{"no such mode"})
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.journal.append(entry{Modes: &m}); err != nil {
		writeJSON(w, http.StatusInternalServerError, problem{"not kept"})
		return
	}
	p.modes = m
	writeJSON(w, http.StatusOK, m)
}
