package logcmd_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"causeway/app/logcmd"
)

// TestRemote: a good log is found good from outside, from nothing to many tiles,
// and its checkpoint is kept.
func TestRemote(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.sequence(t)
		seen := filepath.Join(t.TempDir(), "seen")
		o := logcmd.Options{URL: r.serve(t, nil), Key: r.log.VerifierKey(), Since: seen}
		total := 0
		for _, n := range []int{0, 1, 255, 1, 300, 0} {
			r.record(t, n)
			total += n
			r.sequence(t)
			want(t, o, logcmd.Good, "ok")
			b, err := os.ReadFile(seen)
			if err != nil || !strings.Contains(string(b), "log.example\n") {
				t.Fatalf("kept checkpoint: %q, %v", b, err)
			}
		}
		o.URL += "/tlog/"
		want(t, o, logcmd.Good, "557 leaves", "it continues the checkpoint of 557 leaves")
	})
}

// TestRemoteBad: from outside, too, whatever is changed is found, and the kept
// checkpoint stays as it was.
func TestRemoteBad(t *testing.T) {
	answer := func(path, body string, status int) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				if req.URL.Path == path {
					w.WriteHeader(status)
					_, _ = w.Write([]byte(body))
					return
				}
				next.ServeHTTP(w, req)
			})
		}
	}
	for name, test := range map[string]struct {
		change func(http.Handler) http.Handler
		spoil  func(t *testing.T, r *rig)
		code   int
		says   string
	}{
		"leaf changed": {spoil: func(t *testing.T, r *rig) {
			r.exec(t, "UPDATE tlog_leaves SET leaf = $1 WHERE idx = 10", []byte("x"))
		}, code: logcmd.Bad, says: "tile 1/000.p/1 is not that of the entries below it"},
		"leaf of the last tile changed": {spoil: func(t *testing.T, r *rig) {
			r.exec(t, "UPDATE tlog_leaves SET leaf = $1 WHERE idx = 299", []byte("x"))
		}, code: logcmd.Bad, says: "the tiles do not give the root"},
		"entry not in its tile": {change: answer("/tlog/tile/0/000", strings.Repeat("x", 8192), 200), code: logcmd.Bad, says: "the entry at position 0 is not the one in its tile"},
		"hash changed": {spoil: func(t *testing.T, r *rig) {
			r.exec(t, "UPDATE tlog_hashes SET hash = $1 WHERE idx = 0", make([]byte, 32))
		}, code: logcmd.Bad, says: "tile 1/000.p/1 is not"},
		"tile withheld":    {change: answer("/tlog/tile/0/000", "", 404), code: logcmd.Bad, says: "tile 0/000 is missing"},
		"entries withheld": {change: answer("/tlog/tile/entries/001.p/44", "", 404), code: logcmd.Bad, says: "tile entries/001.p/44 is missing"},
		"entries cut off":  {change: answer("/tlog/tile/entries/000", "\x00\x01a\x00", 200), code: logcmd.Bad, says: "ends early"},
		"tile too long":    {change: answer("/tlog/tile/0/000", strings.Repeat("x", 9000), 200), code: logcmd.Bad, says: "more than 8192 bytes"},
		"checkpoint forged": {change: answer("/tlog/checkpoint", "log.example\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— log.example AAAAAAAA\n", 200),
			code: logcmd.Bad, says: "not a checkpoint signed by a known key"},
		"checkpoint of an older log": {spoil: func(t *testing.T, r *rig) {
			r.exec(t, "DELETE FROM tlog_checkpoints WHERE size = 300")
		}, code: logcmd.Bad, says: "it has 0 leaves, and had 300"},
		"server error": {change: answer("/tlog/tile/0/000", "", 503), code: logcmd.Failed, says: "the log did not answer"},
		"no log":       {change: answer("/tlog/checkpoint", "", 404), code: logcmd.Failed, says: "the log did not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, r *rig) {
				r.sequence(t)
				r.record(t, 300)
				r.sequence(t)
				seen := filepath.Join(t.TempDir(), "seen")
				o := logcmd.Options{URL: r.serve(t, nil), Key: r.log.VerifierKey(), Since: seen}
				want(t, o, logcmd.Good)
				kept, err := os.ReadFile(seen)
				if err != nil {
					t.Fatal(err)
				}
				if test.spoil != nil {
					test.spoil(t, r)
				} else {
					o.URL = r.serve(t, test.change)
				}
				want(t, o, test.code, test.says)
				if after, err := os.ReadFile(seen); err != nil || string(after) != string(kept) {
					t.Errorf("the kept checkpoint was changed: %q, %v", after, err)
				}
			})
		})
	}
}

// TestRemoteFork: a log that begins anew under the same key is no continuation,
// long or short.
func TestRemoteFork(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.record(t, 300)
		r.sequence(t)
		seen := filepath.Join(t.TempDir(), "seen")
		o := logcmd.Options{URL: r.serve(t, nil), Key: r.log.VerifierKey(), Since: seen}
		want(t, o, logcmd.Good)
		for _, q := range []string{"DELETE FROM tlog_leaves", "DELETE FROM tlog_hashes", "DELETE FROM tlog_checkpoints"} {
			r.exec(t, q)
		}
		r.restart(t)
		for _, n := range []int{300, 1, 700} {
			r.record(t, n)
			r.sequence(t)
			alone := o
			alone.Since, alone.URL = "", r.serve(t, nil)
			want(t, alone, logcmd.Good)
			o.URL = alone.URL
			want(t, o, logcmd.Bad, "does not continue the one that was seen before")
		}
	})
}

func TestRemoteUsage(t *testing.T) {
	r := newRigSQLite(t)
	r.sequence(t)
	dir := t.TempDir()
	url, key := r.serve(t, nil), r.log.VerifierKey()
	bad := filepath.Join(dir, "bad")
	write(t, bad, "no checkpoint")
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	other := newRigSQLite(t)
	for name, test := range map[string]struct {
		o    logcmd.Options
		code int
	}{
		"unreachable":         {logcmd.Options{URL: gone.URL, Key: key}, logcmd.Failed},
		"no address":          {logcmd.Options{URL: "http://%zz", Key: key}, logcmd.Failed},
		"since is no file":    {logcmd.Options{URL: url, Key: key, Since: dir}, logcmd.Failed},
		"since is damaged":    {logcmd.Options{URL: url, Key: key, Since: bad}, logcmd.Failed},
		"since cannot be put": {logcmd.Options{URL: url, Key: key, Since: filepath.Join(dir, "no", "file")}, logcmd.Failed},
		"another key":         {logcmd.Options{URL: url, Key: other.log.VerifierKey()}, logcmd.Bad},
		"good":                {logcmd.Options{URL: url, Key: key}, logcmd.Good},
	} {
		t.Run(name, func(t *testing.T) { want(t, test.o, test.code) })
	}
}
