package registry

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// question is a lookup, a write or its undoing.
type question struct {
	Number    string         `json:"number"`
	Fields    []string       `json:"fields"`
	Purpose   string         `json:"purpose"`
	Recipient string         `json:"recipient"`
	Reference string         `json:"reference"`
	Record    map[string]any `json:"record"`
}

func (s *httpSource) lookup(r *http.Request, body []byte) answer {
	q, at, ok := s.read(r, body)
	if !ok {
		return answer{http.StatusNotFound, nil}
	}
	records, known := s.people.records(at, q.Number, s.journal.written(q.Number, at))
	if !known {
		return answer{http.StatusNotFound, nil}
	}
	return answer{http.StatusOK, map[string]any{"reference": q.Reference, "records": only(records, q.Fields)}}
}

func (s *httpSource) write(r *http.Request, body []byte) answer {
	q, at, ok := s.read(r, body)
	key := r.Header.Get("Idempotency-Key")
	if !ok || key == "" || len(key) > 200 {
		return answer{http.StatusUnprocessableEntity, nil}
	}
	undo := r.PathValue("at") != "" && r.URL.Path == "/"+at+"/undo"
	if !undo && (q.Record == nil || !s.people.takes(at, q.Number)) {
		return answer{http.StatusUnprocessableEntity, nil}
	}
	err := s.journal.add(entry{Key: key, Undo: undo, At: at, Number: q.Number, Record: q.Record})
	if errors.Is(err, errOther) {
		return answer{http.StatusConflict, nil}
	}
	if err != nil {
		return answer{http.StatusInternalServerError, nil}
	}
	return answer{http.StatusOK, map[string]any{"reference": q.Reference, "state": "done"}}
}

// read decodes a question about what is served here.
func (s *httpSource) read(r *http.Request, body []byte) (q question, at string, ok bool) {
	at = r.PathValue("at")
	err := json.Unmarshal(body, &q)
	return q, at, err == nil && slices.Contains(s.serves, at) && q.Reference != ""
}

// spoil makes every record one that is not as its class says.
func spoil(a answer) answer {
	m, _ := a.body.(map[string]any)
	records, _ := m["records"].([]map[string]any)
	for _, r := range records {
		for k := range r {
			r[k] = map[string]any{"unexpected": true}
		}
	}
	return a
}

// endless answers more than anybody wants to read.
func endless(w http.ResponseWriter, r *http.Request) {
	chunk := make([]byte, 32<<10)
	for range 256 {
		if _, err := w.Write(chunk); err != nil || r.Context().Err() != nil {
			return
		}
	}
}

// drip answers a byte at a time.
func drip(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	for range 600 {
		if _, err := w.Write([]byte(" ")); err != nil || out.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// nonces remembers the nonces that were used, for as long as they could be
// used again.
type nonces struct {
	now  func() time.Time
	mu   sync.Mutex // guards what follows
	seen map[string]time.Time
	next time.Time // when to forget old ones
}

func newNonces(now func() time.Time) *nonces {
	return &nonces{now: now, seen: map[string]time.Time{}}
}

// use reports whether nonce is new, and remembers it.
func (n *nonces) use(nonce string, until time.Time) bool {
	now := n.now()
	n.mu.Lock()
	defer n.mu.Unlock()
	if now.After(n.next) {
		for k, end := range n.seen {
			if now.After(end) {
				delete(n.seen, k)
			}
		}
		n.next = now.Add(10 * time.Second)
	}
	if _, used := n.seen[nonce]; used {
		return false
	}
	n.seen[nonce] = until
	return true
}
