package registry

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A Setting is the mode of one source, as the control address takes and tells it.
type Setting struct {
	Source string   `json:"source"`
	Mode   string   `json:"mode"`
	SlowMS int      `json:"slow_ms,omitempty"` // for the mode slow
	Calls  int      `json:"calls,omitempty"`   // how many calls it has had
	Modes  []string `json:"modes,omitempty"`   // those that it can be in
}

// control lets the demo's page slow, break and mend the sources. It is bound to
// this machine and wants a token.
type control struct {
	c        Config
	sources  []source
	listener net.Listener
	server   *http.Server
	base     context.Context //nolint:containedctx // sources that are opened again live as long as the companion
}

func newControl(ctx context.Context, c Config, sources []source) (*control, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", c.loopback("control"))
	if err != nil {
		return nil, err
	}
	k := &control{c: c, sources: sources, listener: l, base: ctx}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control", k.tell)
	mux.HandleFunc("POST /control", k.change)
	k.server = &http.Server{Handler: k.admit(mux), ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second}
	return k, nil
}

func (k *control) addr() string { return k.listener.Addr().String() }
func (k *control) serve()       { _ = k.server.Serve(k.listener) } // ends with close
func (k *control) close()       { _ = k.server.Close() }

func (k *control) admit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if subtle.ConstantTimeCompare([]byte(token), []byte(k.c.Token)) != 1 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
		next.ServeHTTP(w, r)
	})
}

func (k *control) tell(w http.ResponseWriter, _ *http.Request) {
	all := make([]Setting, 0, len(k.sources))
	for _, s := range k.sources {
		mode, slow, calls := s.fault().look()
		all = append(all, Setting{s.name(), mode, int(slow.Milliseconds()), calls, Modes(k.c.Kind)})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(all) // the client has gone
}

func (k *control) change(w http.ResponseWriter, r *http.Request) {
	var set Setting
	if err := json.NewDecoder(r.Body).Decode(&set); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	i := slices.IndexFunc(k.sources, func(s source) bool { return s.name() == set.Source })
	if i < 0 || !slices.Contains(Modes(k.c.Kind), set.Mode) || set.SlowMS < 0 || set.SlowMS > 600_000 {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	s := k.sources[i]
	s.fault().set(set.Mode, time.Duration(set.SlowMS)*time.Millisecond)
	if set.Mode == Down {
		s.shut()
	} else if err := s.open(k.base); err != nil { //nolint:contextcheck // outlives this request
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
