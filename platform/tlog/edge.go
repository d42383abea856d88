package tlog

import (
	"crypto/sha256"
	"slices"

	merkle "golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// An edge is the right side of a tree: of each level of tiles the one that is
// not full yet. It is all that appending and the root hash need.
type edge struct {
	size  int64
	tiles [][]Hash // by level, each of fewer than tileWidth hashes
}

// A stored is the hash of a full tile: a hash of the level above.
type stored struct {
	level int
	idx   int64
	hash  Hash
}

// clone returns a copy that shares nothing with e.
func (e *edge) clone() *edge {
	c := &edge{size: e.size, tiles: make([][]Hash, len(e.tiles))}
	for i, t := range e.tiles {
		c.tiles[i] = slices.Clone(t)
	}
	return c
}

// add appends the leaf whose hash is h and calls full for each tile that it fills.
func (e *edge) add(h Hash, full func(stored)) {
	e.size++
	for level := 0; ; level++ {
		if level == len(e.tiles) {
			e.tiles = append(e.tiles, make([]Hash, 0, tileWidth))
		}
		e.tiles[level] = append(e.tiles[level], h)
		if len(e.tiles[level]) < tileWidth {
			return
		}
		h = perfect(e.tiles[level])
		e.tiles[level] = e.tiles[level][:0]
		full(stored{level + 1, e.size>>(tileHeight*(level+1)) - 1, h})
	}
}

// root returns the tree's hash (RFC 6962, section 2.1).
func (e *edge) root() Hash {
	var subtrees []Hash // perfect ones, from left to right
	for _, tile := range slices.Backward(e.tiles) {
		for w := tileWidth / 2; w > 0; w /= 2 {
			if len(tile)&w != 0 {
				subtrees = append(subtrees, perfect(tile[:w]))
				tile = tile[w:]
			}
		}
	}
	if len(subtrees) == 0 {
		return sha256.Sum256(nil)
	}
	h := subtrees[len(subtrees)-1]
	for _, left := range slices.Backward(subtrees[:len(subtrees)-1]) {
		h = merkle.NodeHash(left, h)
	}
	return h
}

// perfect returns the hash of the tree over hashes, a power of two of them.
func perfect(hashes []Hash) Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := len(hashes) / 2
	return merkle.NodeHash(perfect(hashes[:half]), perfect(hashes[half:]))
}
