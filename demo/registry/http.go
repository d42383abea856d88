package registry

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"causeway/demo/city"
	"causeway/platform/httpsig"
)

// tag is the tag of every signature of the protocol.
const tag = "causeway-exchange"

// httpSource is a registry that speaks signed HTTP and JSON.
type httpSource struct {
	id      string
	serves  []string
	people  shelf
	journal *journal
	key     ed25519.PrivateKey
	forger  ed25519.PrivateKey
	policy  httpsig.Policy
	nonces  *nonces
	now     func() time.Time
	faults  *fault

	mu     sync.Mutex // guards what follows
	addr   string
	server *http.Server // nil while it is shut
}

// httpSources makes the registries of the HTTP kind.
func httpSources(c Config, people *city.City) ([]source, error) {
	if len(c.GatewayKey) != ed25519.PublicKeySize || c.GatewayKeyID == "" {
		return nil, errors.New("the gateway's key is needed")
	}
	gateway, err := httpsig.PublicKey(ed25519.PublicKey(c.GatewayKey))
	if err != nil {
		return nil, err
	}
	known := newShelf(people)
	var out []source
	for _, d := range []struct {
		id     string
		serves []string
	}{
		{"transport", []string{"driving-licences", "vehicles"}},
		{"district", []string{"permits"}},
		{"rating", []string{"tenements"}},
	} {
		s := &httpSource{id: d.id, serves: d.serves, people: known, now: c.Now, faults: newFault(), addr: c.loopback(d.id)}
		s.nonces = newNonces(c.Now)
		s.policy = httpsig.Policy{
			Keys: func(_ context.Context, id string) (httpsig.Key, error) {
				if id != c.GatewayKeyID {
					return httpsig.Key{}, &httpsig.Error{Kind: httpsig.UnknownKey, Detail: "keyid"}
				}
				return gateway, nil
			},
			Now: c.Now, MaxAge: time.Minute, Nonce: true, Tag: tag,
		}
		if s.key, err = signingKey(filepath.Join(c.Dir, d.id+".key")); err != nil {
			return out, err
		}
		if _, s.forger, err = ed25519.GenerateKey(rand.Reader); err != nil {
			return out, err
		}
		if s.journal, err = openJournal(filepath.Join(c.Dir, d.id+".jsonl")); err != nil {
			return out, err
		}
		out = append(out, s)
	}
	return out, nil
}

// signingKey returns the key at path, which is made on first use.
func signingKey(path string) (ed25519.PrivateKey, error) {
	seed, err := os.ReadFile(path) //nolint:gosec // our own folder
	if errors.Is(err, os.ErrNotExist) {
		seed = make([]byte, ed25519.SeedSize)
		if _, err := rand.Read(seed); err != nil {
			return nil, err
		}
		err = writeFile(path, seed)
	}
	if err != nil {
		return nil, err
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%s is no key", path)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func (s *httpSource) name() string  { return s.id }
func (s *httpSource) fault() *fault { return s.faults }
func (s *httpSource) close() error  { return s.journal.close() }

func (s *httpSource) endpoint() Endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	public, _ := s.key.Public().(ed25519.PublicKey)
	return Endpoint{Addr: s.addr, KeyID: s.id, Key: public}
}

func (s *httpSource) open(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		return nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", s.addr)
	if err != nil {
		return err
	}
	s.addr = l.Addr().String()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{at}/lookup", s.signed(s.lookup))
	mux.HandleFunc("POST /{at}/records", s.signed(s.write))
	mux.HandleFunc("POST /{at}/undo", s.signed(s.write))
	server := &http.Server{Handler: mux, ReadTimeout: 10 * time.Second, IdleTimeout: 5 * time.Minute, MaxHeaderBytes: 16 << 10}
	s.server = server
	go func() { _ = server.Serve(l) }() // ends with shut
	return nil
}

func (s *httpSource) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		_ = s.server.Close()
		s.server = nil
	}
}

// answer is the status and JSON body of an answer.
type answer struct {
	status int
	body   any
}

// signed checks a request's signature, behaves as the fault has it, and signs
// what h answers.
func (s *httpSource) signed(h func(r *http.Request, body []byte) answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		v, err := httpsig.Verify(r, body, s.policy)
		if err != nil || !s.nonces.use(v.Nonce, v.Until) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mode, _ := s.faults.call(r.Context(), 0)
		switch mode {
		case Broken:
			w.WriteHeader(http.StatusInternalServerError)
		case Garbage:
			s.reply(w, r, http.StatusOK, []byte(`{"records": [oops`), s.key)
		case Refusing:
			s.send(w, r, answer{http.StatusForbidden, map[string]string{"reason": "refused"}}, s.key)
		case Huge:
			endless(w, r)
		case Dripping:
			drip(w, r)
		case Wrong:
			s.send(w, r, spoil(h(r, body)), s.key)
		case Forged:
			s.send(w, r, h(r, body), s.forger)
		default:
			s.send(w, r, h(r, body), s.key)
		}
	}
}

func (s *httpSource) send(w http.ResponseWriter, r *http.Request, a answer, key crypto.Signer) {
	b, err := json.Marshal(a.body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	s.reply(w, r, a.status, b, key)
}

func (s *httpSource) reply(w http.ResponseWriter, r *http.Request, status int, body []byte, key crypto.Signer) {
	w.Header().Set("Content-Type", "application/json")
	if err := httpsig.SignResponse(w.Header(), status, body, r, httpsig.Params{Key: key, KeyID: s.id, Created: s.now(), Tag: tag}); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the gateway has gone
}
