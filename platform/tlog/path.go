package tlog

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// entriesLevel is the level of a TilePath that names an entry bundle.
const entriesLevel = -1

// A TilePath names a tile or, at level -1, a bundle of entries (C2SP tlog-tiles).
type TilePath struct {
	Level int   // -1 to 63
	Index int64 // within the level
	Width int   // 1 to 256; 256 is a full tile
}

// ParseTilePath reads what follows "tile/" in an address: "<L>/<N>[.p/<W>]" or
// "entries/<N>[.p/<W>]". It takes the one spelling that String writes.
func ParseTilePath(s string) (TilePath, error) {
	bad := fmt.Errorf("tlog: no tile path")
	level, rest, ok := strings.Cut(s, "/")
	if !ok || len(s) > 64 {
		return TilePath{}, bad
	}
	p := TilePath{Level: entriesLevel, Width: tileWidth}
	if level != "entries" {
		n, err := strconv.Atoi(level)
		if err != nil || n < 0 || n > 63 {
			return TilePath{}, bad
		}
		p.Level = n
	}
	if number, width, partial := strings.Cut(rest, ".p/"); partial {
		n, err := strconv.Atoi(width)
		if err != nil || n < 1 || n >= tileWidth {
			return TilePath{}, bad
		}
		p.Width, rest = n, number
	}
	for part := range strings.SplitSeq(rest, "/") {
		n, err := strconv.ParseUint(strings.TrimPrefix(part, "x"), 10, 16)
		if err != nil || n > 999 || p.Index > (math.MaxInt64-999)/1000 {
			return TilePath{}, bad
		}
		p.Index = p.Index*1000 + int64(n)
	}
	if p.String() != s {
		return TilePath{}, bad
	}
	return p, nil
}

// String returns the path below "tile/".
func (p TilePath) String() string {
	n := fmt.Sprintf("%03d", p.Index%1000)
	for i := p.Index / 1000; i > 0; i /= 1000 {
		n = fmt.Sprintf("x%03d/%s", i%1000, n)
	}
	level := "entries"
	if p.Level != entriesLevel {
		level = strconv.Itoa(p.Level)
	}
	if p.Width != tileWidth {
		n += ".p/" + strconv.Itoa(p.Width)
	}
	return level + "/" + n
}

// treeLevel returns the level of tiles that p is about.
func (p TilePath) treeLevel() int { return max(p.Level, 0) }

// within reports whether a tree of size has all hashes of p.
func (p TilePath) within(size int64) bool {
	shift := tileHeight * p.treeLevel()
	if shift >= 63 || p.Index > math.MaxInt64/tileWidth-1 {
		return false
	}
	return p.Index*tileWidth+int64(p.Width) <= size>>shift
}

// size returns the smallest tree that has all hashes of p, which must be within some tree.
func (p TilePath) size() int64 {
	return (p.Index*tileWidth + int64(p.Width)) << (tileHeight * p.treeLevel())
}
