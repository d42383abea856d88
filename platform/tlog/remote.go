package tlog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"golang.org/x/mod/sumdb/note"
	merkle "golang.org/x/mod/sumdb/tlog"
)

// Errors of a check from outside, beside ErrCheckpoint and ErrCorrupt.
var (
	// ErrForked reports a log that does not continue the one seen before.
	ErrForked = errors.New("tlog: the log does not continue the one that was seen before")
	// ErrUnreachable reports a log that did not answer, which says nothing of it.
	ErrUnreachable = errors.New("tlog: the log did not answer")
)

// errAbsent reports a resource that the log says it does not have.
var errAbsent = errors.New("tlog: not found")

// A Remote is a log somewhere else.
type Remote struct {
	Client *http.Client
	Prefix string // the address before "/checkpoint"
}

// get returns at most limit bytes at path.
func (r Remote) get(ctx context.Context, path string, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(r.Prefix, "/")+"/"+path, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	res, err := r.Client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusNotFound, res.StatusCode == http.StatusGone:
		return nil, fmt.Errorf("%s: %w", path, errAbsent)
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%w: %s: %s", ErrUnreachable, path, res.Status)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrUnreachable, path, err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%w: %s is of more than %d bytes", ErrCorrupt, path, limit)
	}
	return b, nil
}

// Checkpoint returns the log's newest checkpoint. It returns ErrCheckpoint if
// none of known has signed it, ErrUnreachable if there is none to be had.
func (r Remote) Checkpoint(ctx context.Context, known note.Verifiers) (Checkpoint, error) {
	b, err := r.get(ctx, "checkpoint", 1<<16)
	if errors.Is(err, errAbsent) {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if err != nil {
		return Checkpoint{}, err
	}
	return ParseCheckpoint(string(b), known)
}

// Verify fetches every entry and every tile of c's tree and computes its root
// anew. since, unless it is the zero Checkpoint, is one that was seen before: the
// tree must begin with its tree. It returns ErrCorrupt or ErrForked, naming
// where, or ErrUnreachable.
func (r Remote) Verify(ctx context.Context, c, since Checkpoint) error {
	switch {
	case since.Size > c.Size:
		return fmt.Errorf("%w: it has %d leaves, and had %d", ErrForked, c.Size, since.Size)
	case since.Size == c.Size && since.Note != "" && since.Root != c.Root:
		return fmt.Errorf("%w: it has another root of the same size %d", ErrForked, c.Size)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	v := verification{r: r}
	forked := false
	for b := range r.bundles(ctx, c.Size) {
		got := <-b
		if got.err != nil {
			return got.err
		}
		for _, h := range got.hashes {
			v.tree.add(h, v.full)
			if v.tree.size == since.Size {
				forked = v.tree.root() != since.Root
			}
		}
		if err := v.upper(ctx, false); err != nil {
			return err
		}
	}
	if err := v.upper(ctx, true); err != nil {
		return err
	}
	if v.tree.size != c.Size {
		return errors.Join(ctx.Err(), fmt.Errorf("%w: the check was stopped", ErrUnreachable))
	}
	if v.tree.root() != c.Root {
		return fmt.Errorf("%w: the tiles do not give the root of the checkpoint of size %d", ErrCorrupt, c.Size)
	}
	if forked {
		return fmt.Errorf("%w: its first %d leaves are not those of then", ErrForked, since.Size)
	}
	return nil
}

// verification is the tree that is being computed, and the tiles above its leaves.
type verification struct {
	r      Remote
	tree   edge
	levels [][]Hash // from level 1: the hashes of the tile that is being filled
	first  []int64  // from level 1: the index of that tile
	filled []TilePath
	data   [][]byte
}

func (v *verification) full(s stored) {
	for len(v.levels) < s.level {
		v.levels = append(v.levels, nil)
		v.first = append(v.first, 0)
	}
	i := s.level - 1
	v.levels[i] = append(v.levels[i], s.hash)
	if len(v.levels[i]) == tileWidth {
		v.take(i)
		v.first[i]++
	}
}

// take has the tile that is being filled at level i+1 compared.
func (v *verification) take(i int) {
	v.filled = append(v.filled, TilePath{Level: i + 1, Index: v.first[i], Width: len(v.levels[i])})
	v.data = append(v.data, joinHashes(v.levels[i]))
	v.levels[i] = v.levels[i][:0]
}

// upper compares the tiles above the leaves that are full, and at the end those
// that are not.
func (v *verification) upper(ctx context.Context, end bool) error {
	if end {
		for i := range v.levels {
			if len(v.levels[i]) > 0 {
				v.take(i)
			}
		}
	}
	for i, p := range v.filled {
		got, err := v.r.tile(ctx, p)
		if err != nil {
			return err
		}
		if !bytes.Equal(got, v.data[i]) {
			return fmt.Errorf("%w: tile %s is not that of the entries below it", ErrCorrupt, p)
		}
	}
	v.filled, v.data = v.filled[:0], v.data[:0]
	return nil
}

// tile returns the bytes of a tile of hashes. A partial tile may have given way
// to the full one.
func (r Remote) tile(ctx context.Context, p TilePath) ([]byte, error) {
	b, err := r.resource(ctx, p, tileWidth*merkle.HashSize)
	if err != nil {
		return nil, err
	}
	if want := p.Width * merkle.HashSize; len(b) >= want && len(b)%merkle.HashSize == 0 {
		return b[:want], nil
	}
	return nil, fmt.Errorf("%w: tile %s is of %d bytes", ErrCorrupt, p, len(b))
}

func (r Remote) resource(ctx context.Context, p TilePath, limit int64) ([]byte, error) {
	b, err := r.get(ctx, "tile/"+p.String(), limit)
	if errors.Is(err, errAbsent) && p.Width < tileWidth {
		full := p
		full.Width = tileWidth
		b, err = r.get(ctx, "tile/"+full.String(), limit)
	}
	if errors.Is(err, errAbsent) {
		return nil, fmt.Errorf("%w: tile %s is missing", ErrCorrupt, p)
	}
	return b, err
}

// fetched is one bundle's leaf hashes.
type fetched struct {
	hashes []Hash
	err    error
}

// fetchers is how many bundles are fetched at the same time.
const fetchers = 8

// bundles fetches the entries and tiles of level 0 of a tree of size, and returns
// them in order. It ends early with ctx.
func (r Remote) bundles(ctx context.Context, size int64) <-chan chan fetched {
	out := make(chan chan fetched, fetchers)
	go func() {
		defer close(out)
		for from := int64(0); from < size; from += tileWidth {
			one := make(chan fetched, 1)
			select {
			case out <- one:
			case <-ctx.Done():
				return
			}
			p := TilePath{Index: from / tileWidth, Width: int(min(size-from, tileWidth))}
			go func() {
				hashes, err := r.bundle(ctx, p)
				one <- fetched{hashes, err}
			}()
		}
	}()
	return out
}

// bundle fetches the entries that p, a tile of level 0, covers, and that tile.
func (r Remote) bundle(ctx context.Context, p TilePath) ([]Hash, error) {
	entries := p
	entries.Level = entriesLevel
	b, err := r.resource(ctx, entries, tileWidth*(2+MaxLeaf))
	if err != nil {
		return nil, err
	}
	hashes := make([]Hash, 0, p.Width)
	for len(hashes) < p.Width {
		if len(b) < 2 || len(b) < 2+int(binary.BigEndian.Uint16(b)) {
			return nil, fmt.Errorf("%w: tile %s ends early", ErrCorrupt, entries)
		}
		n := 2 + int(binary.BigEndian.Uint16(b))
		hashes = append(hashes, merkle.RecordHash(b[2:n]))
		b = b[n:]
	}
	tile, err := r.tile(ctx, p)
	if err != nil {
		return nil, err
	}
	for i, h := range hashes {
		if !bytes.Equal(h[:], tile[i*merkle.HashSize:(i+1)*merkle.HashSize]) {
			return nil, fmt.Errorf("%w: the entry at position %d is not the one in its tile", ErrCorrupt, p.Index*tileWidth+int64(i))
		}
	}
	return hashes, nil
}
