package tlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"
	merkle "golang.org/x/mod/sumdb/tlog"

	"causeway/platform/db"
)

// errRead reports that the database did not answer, which says nothing of the log.
var errRead = errors.New("tlog: read")

// reader reads the log's tables.
type reader struct{ db *db.DB }

const latestCheckpoint = `
SELECT size, note
FROM tlog_checkpoints
ORDER BY size DESC
LIMIT 1`

// latest returns the newest stored checkpoint, checked against known. It returns
// sql.ErrNoRows for a log that has none.
func (r reader) latest(ctx context.Context, known note.Verifiers) (Checkpoint, error) {
	var size int64
	var text string
	if err := r.db.QueryRow(ctx, latestCheckpoint).Scan(&size, &text); err != nil {
		return Checkpoint{}, fmt.Errorf("latest checkpoint: %w", err)
	}
	c, err := ParseCheckpoint(text, known)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: checkpoint of size %d: %w", ErrCorrupt, size, err)
	}
	if c.Size != size {
		return Checkpoint{}, fmt.Errorf("%w: checkpoint stored for size %d is of size %d", ErrCorrupt, size, c.Size)
	}
	return c, nil
}

const leafRange = `
SELECT idx, leaf
FROM tlog_leaves
WHERE idx >= $1 AND idx < $2
ORDER BY idx`

// leaves returns the leaves of [from, to), or ErrCorrupt if one is missing.
func (r reader) leaves(ctx context.Context, from, to int64) ([][]byte, error) {
	all := make([][]byte, 0, to-from)
	err := r.each(ctx, func(rows *sql.Rows) error {
		var idx int64
		var leaf []byte
		if err := rows.Scan(&idx, &leaf); err != nil {
			return err
		}
		if idx != from+int64(len(all)) {
			return fmt.Errorf("%w: leaf %d is missing", ErrCorrupt, from+int64(len(all)))
		}
		all = append(all, leaf)
		return nil
	}, leafRange, from, to)
	if err == nil && int64(len(all)) != to-from {
		err = fmt.Errorf("%w: leaf %d is missing", ErrCorrupt, from+int64(len(all)))
	}
	return all, err
}

const hashRange = `
SELECT idx, hash
FROM tlog_hashes
WHERE level = $1 AND idx >= $2 AND idx < $3
ORDER BY idx`

// hashes returns the hashes [from, to) of a level of tiles, or ErrCorrupt if one
// is missing.
func (r reader) hashes(ctx context.Context, level int, from, to int64) ([]Hash, error) {
	all := make([]Hash, 0, to-from)
	if level == 0 {
		leaves, err := r.leaves(ctx, from, to)
		for _, leaf := range leaves {
			all = append(all, merkle.RecordHash(leaf))
		}
		return all, err
	}
	err := r.each(ctx, func(rows *sql.Rows) error {
		var idx int64
		var hash []byte
		if err := rows.Scan(&idx, &hash); err != nil {
			return err
		}
		if idx != from+int64(len(all)) || len(hash) != merkle.HashSize {
			return fmt.Errorf("%w: hash %d of level %d is missing", ErrCorrupt, from+int64(len(all)), level)
		}
		all = append(all, Hash(hash))
		return nil
	}, hashRange, level, from, to)
	if err == nil && int64(len(all)) != to-from {
		err = fmt.Errorf("%w: hash %d of level %d is missing", ErrCorrupt, from+int64(len(all)), level)
	}
	return all, err
}

// each calls f for every row of q.
func (r reader) each(ctx context.Context, f func(*sql.Rows) error, q string, args ...any) error {
	rows, err := r.db.Query(ctx, q, args...)
	if err != nil {
		return fmt.Errorf("%w: %w", errRead, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%w: %w", errRead, err)
	}
	return nil
}

// edge returns the right side of the tree of size, from the tiles that are not full.
func (r reader) edge(ctx context.Context, size int64) (*edge, error) {
	e := &edge{size: size}
	for level := 0; size>>(tileHeight*level) > 0; level++ {
		n := size >> (tileHeight * level)
		tile, err := r.hashes(ctx, level, n&^(tileWidth-1), n)
		if err != nil {
			return nil, err
		}
		for bit := tileHeight - 1; bit >= 0; bit-- {
			if w := 1 << bit; len(tile)&w != 0 {
				e.hashes[tileHeight*level+bit] = perfect(tile[:w])
				tile = tile[w:]
			}
		}
	}
	return e, nil
}

// tiles is a merkle.TileReader for one call: the interface has no context.
type tiles struct {
	reader
	ctx context.Context //nolint:containedctx // lives as long as the call
}

// Height implements merkle.TileReader.
func (t tiles) Height() int { return tileHeight }

// SaveTiles implements merkle.TileReader.
func (t tiles) SaveTiles([]merkle.Tile, [][]byte) {}

// ReadTiles implements merkle.TileReader.
func (t tiles) ReadTiles(want []merkle.Tile) ([][]byte, error) {
	data := make([][]byte, len(want))
	for i, tile := range want {
		from := tile.N * tileWidth
		hashes, err := t.hashes(t.ctx, tile.L, from, from+int64(tile.W))
		if err != nil {
			return nil, err
		}
		data[i] = joinHashes(hashes)
	}
	return data, nil
}

func joinHashes(hashes []Hash) []byte {
	b := make([]byte, 0, len(hashes)*merkle.HashSize)
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}

// proven returns a reader of the hashes of c's tree that hands out none which
// does not follow from c.Root.
func (r reader) proven(ctx context.Context, c Checkpoint) merkle.HashReader {
	return merkle.TileHashReader(merkle.Tree{N: c.Size, Hash: c.Root}, tiles{r, ctx})
}

// Checkpoint returns the newest checkpoint; it has size 0 and no note before the
// sequencer has run.
func (l *Log) Checkpoint(ctx context.Context) (Checkpoint, error) {
	c, err := reader{l.db}.latest(ctx, l.signer.known())
	if errors.Is(err, sql.ErrNoRows) {
		return Checkpoint{Origin: l.signer.origin(), Root: (&edge{}).root()}, nil
	}
	if err == nil {
		l.saw(c.Size)
	}
	return c, err
}

// saw remembers that a checkpoint covers size leaves.
func (l *Log) saw(size int64) {
	for {
		old := l.size.Load()
		if size <= old || l.size.CompareAndSwap(old, size) {
			return
		}
	}
}

// covers reports whether a checkpoint covers size leaves.
func (l *Log) covers(ctx context.Context, size int64) (bool, error) {
	if size <= l.size.Load() {
		return true, nil
	}
	c, err := l.Checkpoint(ctx)
	return size <= c.Size, err
}

const positions = `
SELECT id, idx
FROM tlog_leaves
WHERE id IN `

// Positions returns the index of every leaf among ids that has one; the others
// are pending or unknown.
func (l *Log) Positions(ctx context.Context, ids []string) (map[string]int64, error) {
	found := make(map[string]int64, len(ids))
	for some := range slices.Chunk(ids, chunks()[0]) {
		in, args := padded(some)
		err := reader{l.db}.each(ctx, func(rows *sql.Rows) error {
			var id string
			var idx int64
			if err := rows.Scan(&id, &idx); err != nil {
				return err
			}
			found[id] = idx
			return nil
		}, positions+in, args...)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Stored returns the newest checkpoint in d, checked against known, or
// sql.ErrNoRows.
func Stored(ctx context.Context, d *db.DB, known note.Verifiers) (Checkpoint, error) {
	return reader{d}.latest(ctx, known)
}

// StoredOrigin returns the origin that the newest checkpoint in d claims, signed
// or not; "" if there is none.
func StoredOrigin(ctx context.Context, d *db.DB) (string, error) {
	var size int64
	var text string
	err := d.QueryRow(ctx, latestCheckpoint).Scan(&size, &text)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("%w: %w", errRead, err)
	}
	return OriginOf(text), nil
}
