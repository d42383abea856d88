package tlog

import (
	"crypto/sha256"

	merkle "golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// An edge is the right side of a tree: the hashes of the perfect subtrees that
// its leaves fall into. It is all that appending and the root hash need.
type edge struct {
	size   int64
	hashes [64]Hash // by level; in use where size has that bit
}

// A stored is the hash of a full tile: a hash of the level above.
type stored struct {
	level int
	idx   int64
	hash  Hash
}

// add appends the leaf whose hash is h and calls full for each tile that it fills.
func (e *edge) add(h Hash, full func(stored)) {
	level := 0
	for ; e.size>>level&1 == 1; level++ {
		h = merkle.NodeHash(e.hashes[level], h)
		if (level+1)%tileHeight == 0 {
			full(stored{(level + 1) / tileHeight, e.size >> (level + 1), h})
		}
	}
	e.hashes[level] = h
	e.size++
}

// root returns the tree's hash (RFC 6962, section 2.1).
func (e *edge) root() Hash {
	if e.size == 0 {
		return sha256.Sum256(nil)
	}
	var h Hash
	first := true
	for level, left := range e.hashes {
		switch {
		case e.size>>level&1 == 0:
		case first:
			h, first = left, false
		default:
			h = merkle.NodeHash(left, h)
		}
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
