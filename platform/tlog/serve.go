package tlog

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// ServeCheckpoint answers with the newest checkpoint (C2SP tlog-tiles).
func (l *Log) ServeCheckpoint(w http.ResponseWriter, r *http.Request) {
	c, err := l.Checkpoint(r.Context())
	if err == nil && c.Note == "" {
		err = ErrOutside
	}
	if err != nil {
		l.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write([]byte(c.Note))
}

// ServeKey answers with the verifier key, and below it those of the keys that
// signed earlier or will sign soon. Whoever wants to be sure of them takes them
// from somewhere else than the log.
func (l *Log) ServeKey(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	for _, key := range l.signer.now.Load().keys {
		_, _ = w.Write([]byte(key + "\n"))
	}
}

// ServeTile answers with a tile or an entry bundle, which the end of the path
// names: "…/tile/<L>/<N>[.p/<W>]" or "…/tile/entries/<N>[.p/<W>]".
func (l *Log) ServeTile(w http.ResponseWriter, r *http.Request) {
	_, rest, _ := strings.Cut(r.URL.Path, "/tile/")
	p, err := ParseTilePath(rest)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	data, err := l.Tile(r.Context(), p)
	if err != nil {
		l.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data)
}

// Tile returns the bytes of p, or ErrOutside if no checkpoint covers all of it.
func (l *Log) Tile(ctx context.Context, p TilePath) ([]byte, error) {
	if !p.within(1<<62) || p.Width < 1 {
		return nil, ErrOutside
	}
	if ok, err := l.covers(ctx, p.size()); err != nil || !ok {
		return nil, errors.Join(err, ErrOutside)
	}
	from := p.Index * tileWidth
	to := from + int64(p.Width)
	if p.Level != entriesLevel {
		hashes, err := reader{l.db}.hashes(ctx, p.Level, from, to)
		return joinHashes(hashes), err
	}
	leaves, err := reader{l.db}.leaves(ctx, from, to)
	if err != nil {
		return nil, err
	}
	var b []byte
	for _, leaf := range leaves {
		b = binary.BigEndian.AppendUint16(b, uint16(len(leaf))) //nolint:gosec // at most MaxLeaf
		b = append(b, leaf...)
	}
	return b, nil
}

// proofJSON is a proof as /tlog/proof/ serves it. Hashes are base64.
type proofJSON struct {
	Index      *int64   `json:"index,omitempty"`    // inclusion: of the leaf
	Leaf       string   `json:"leaf,omitempty"`     // inclusion: the entry as it is in the log
	LeafHash   string   `json:"leafHash,omitempty"` // inclusion: SHA-256 of a zero byte and the leaf
	From       *int64   `json:"from,omitempty"`     // consistency: the earlier size
	Size       int64    `json:"size"`
	Root       string   `json:"root"`
	Proof      []string `json:"proof"`
	Checkpoint string   `json:"checkpoint"`
	Key        string   `json:"key"`
}

func (l *Log) proofJSON(path []Hash, c Checkpoint) proofJSON {
	j := proofJSON{Size: c.Size, Root: c.Root.String(), Proof: make([]string, len(path)), Checkpoint: c.Note, Key: l.KeyOf(c)}
	for i, h := range path {
		j.Proof[i] = h.String()
	}
	return j
}

// ServeInclusion answers with the inclusion proof of the leaf whose index is the
// path value "index", in the newest checkpoint's tree.
func (l *Log) ServeInclusion(w http.ResponseWriter, r *http.Request) {
	index, err := strconv.ParseInt(r.PathValue("index"), 10, 64)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	p, err := l.Inclusion(r.Context(), index)
	if err != nil {
		l.fail(w, r, err)
		return
	}
	j := l.proofJSON(p.Path, p.Checkpoint)
	j.Index, j.Leaf, j.LeafHash = &p.Index, base64.StdEncoding.EncodeToString(p.Leaf), p.LeafHash().String()
	l.writeJSON(w, j)
}

// ServeConsistency answers with the proof that the newest checkpoint's tree begins
// with the tree whose size is the path value "size".
func (l *Log) ServeConsistency(w http.ResponseWriter, r *http.Request) {
	from, err := strconv.ParseInt(r.PathValue("size"), 10, 64)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	path, c, err := l.Consistency(r.Context(), from)
	if err != nil {
		l.fail(w, r, err)
		return
	}
	j := l.proofJSON(path, c)
	j.From = &from
	l.writeJSON(w, j)
}

func (l *Log) writeJSON(w http.ResponseWriter, j proofJSON) {
	b, err := json.Marshal(j)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(b)
}

// fail answers 404 for what is outside of the log, and otherwise logs err.
func (l *Log) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, ErrOutside) && !errors.Is(err, ErrCorrupt) && !errors.Is(err, errRead) {
		http.NotFound(w, r)
		return
	}
	l.logger.ErrorContext(r.Context(), "the log cannot be read", "err", err)
	http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
}
