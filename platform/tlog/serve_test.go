package tlog_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	merkle "golang.org/x/mod/sumdb/tlog"

	"causeway/platform/db"
	"causeway/platform/testkit"
	"causeway/platform/tlog"
)

func mux(l *tlog.Log) *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("GET /tlog/checkpoint", l.ServeCheckpoint)
	m.HandleFunc("GET /tlog/key", l.ServeKey)
	m.HandleFunc("GET /tlog/tile/{tile...}", l.ServeTile)
	m.HandleFunc("GET /tlog/proof/inclusion/{index}", l.ServeInclusion)
	m.HandleFunc("GET /tlog/proof/consistency/{size}", l.ServeConsistency)
	return m
}

// get returns the answer to path.
func get(t testing.TB, m http.Handler, path string) (*http.Response, []byte) {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result(), b
}

func TestServe(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		const n = 600
		l := newLog(t, d, newKey(t), newClock().now)
		m := mux(l)
		if res, _ := get(t, m, "/tlog/checkpoint"); res.StatusCode != http.StatusNotFound {
			t.Errorf("checkpoint before the first: %d", res.StatusCode)
		}
		appendN(t, d, l, 0, n)
		drain(t, l)
		var keyed string
		res, b := get(t, m, "/tlog/key")
		if keyed = strings.TrimSpace(string(b)); res.StatusCode != http.StatusOK || keyed != l.VerifierKey() {
			t.Errorf("key: %d %q", res.StatusCode, b)
		}
		res, b = get(t, m, "/tlog/checkpoint")
		c, err := tlog.ParseCheckpoint(string(b), known(t, keyed))
		if err != nil || c.Size != n || res.Header.Get("Content-Type") != "text/plain; charset=utf-8" || strings.Contains(res.Header.Get("Cache-Control"), "max-age") {
			t.Errorf("checkpoint: %q %v %v", b, res.Header, err)
		}
		for path, want := range map[string]int{
			"0/000": 8192, "0/001": 8192, "0/002.p/88": 88 * 32, "0/002.p/1": 32, "0/001.p/5": 5 * 32, "1/000.p/2": 64, "1/000.p/1": 32,
			"entries/000": 256 * 34, "entries/002.p/88": 88 * 34,
			"0/002": 0, "0/002.p/89": 0, "0/003": 0, "1/000": 0, "1/000.p/3": 0, "2/000.p/1": 0, "63/000.p/1": 0, "0/x001/000": 0,
			"entries/002": 0, "0/000.p/0": 0, "0/000.p/256": 0, "00/000": 0, "0/0": 0, "0/x000/001": 0, "-1/000": 0, "64/000": 0, "data/000": 0,
			"0/x999/x999/x999/x999/x999/x999/999": 0, "": 0, "0": 0, "0/": 0,
		} {
			res, b := get(t, m, "/tlog/tile/"+path)
			if want == 0 {
				if res.StatusCode != http.StatusNotFound {
					t.Errorf("%s: %d, want 404", path, res.StatusCode)
				}
				continue
			}
			if res.StatusCode != http.StatusOK || len(b) != want || res.Header.Get("Content-Type") != "application/octet-stream" || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %d, %d bytes, %v; want %d bytes", path, res.StatusCode, len(b), res.Header, want)
			}
		}
		_, tile := get(t, m, "/tlog/tile/0/001")
		_, bundle := get(t, m, "/tlog/tile/entries/001")
		for i := range 256 {
			k := int(binary.BigEndian.Uint16(bundle))
			leaf := bundle[2 : 2+k]
			bundle = bundle[2+k:]
			h := merkle.RecordHash(leaf)
			if string(leaf) != string(leafOf(256+i)) || string(h[:]) != string(tile[32*i:32*i+32]) {
				t.Fatalf("entry %d is not in its place", 256+i)
			}
		}
	}, migrations())
}

func TestServeProofs(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d, newKey(t), newClock().now)
		m := mux(l)
		appendN(t, d, l, 0, 300)
		drain(t, l)
		hashes := func(from []string) []merkle.Hash {
			out := make([]merkle.Hash, len(from))
			for i, s := range from {
				h, err := merkle.ParseHash(s)
				if err != nil {
					t.Fatal(err)
				}
				out[i] = h
			}
			return out
		}
		var p struct {
			Index               int64
			From, Size          int64
			Leaf, Checkpoint    string
			LeafHash, Root, Key string
			Proof               []string
		}
		_, b := get(t, m, "/tlog/proof/inclusion/257")
		if err := json.Unmarshal(b, &p); err != nil {
			t.Fatal(err)
		}
		c, err := tlog.ParseCheckpoint(p.Checkpoint, known(t, p.Key))
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := base64.StdEncoding.DecodeString(p.Leaf)
		if err != nil || p.LeafHash != merkle.RecordHash(leaf).String() || p.Root != c.Root.String() {
			t.Errorf("%s", b)
		}
		if err := merkle.CheckRecord(hashes(p.Proof), c.Size, c.Root, p.Index, merkle.RecordHash(leafOf(257))); err != nil {
			t.Error(err)
		}
		_, b = get(t, m, "/tlog/proof/consistency/100")
		if err := json.Unmarshal(b, &p); err != nil {
			t.Fatal(err)
		}
		if err := merkle.CheckTree(hashes(p.Proof), p.Size, c.Root, p.From, reference(t, 100)); err != nil {
			t.Error(err)
		}
		for _, path := range []string{"inclusion/300", "inclusion/-1", "inclusion/x", "consistency/0", "consistency/301", "consistency/9999999999999999999999"} {
			if res, _ := get(t, m, "/tlog/proof/"+path); res.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %d, want 404", path, res.StatusCode)
			}
		}
		exec(t, d, "UPDATE tlog_leaves SET leaf = $1 WHERE idx = 3", []byte("x"))
		if res, _ := get(t, m, "/tlog/proof/inclusion/4"); res.StatusCode != http.StatusInternalServerError {
			t.Errorf("a proof from changed leaves: %d, want 500", res.StatusCode)
		}
	}, migrations())
}
