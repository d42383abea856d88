package tlog_test

import (
	"strings"
	"testing"

	merkle "golang.org/x/mod/sumdb/tlog"

	"causeway/platform/tlog"
)

func TestTilePath(t *testing.T) {
	for s, want := range map[string]tlog.TilePath{
		"0/000":                              {Level: 0, Index: 0, Width: 256},
		"0/x001/x234/067":                    {Level: 0, Index: 1234067, Width: 256},
		"3/x001/x234/067.p/8":                {Level: 3, Index: 1234067, Width: 8},
		"entries/x001/000.p/255":             {Level: -1, Index: 1000, Width: 255},
		"63/999":                             {Level: 63, Index: 999, Width: 256},
		"0/x123/x456/x789/x012/345":          {Level: 0, Index: 123456789012345, Width: 256},
		"0/x009/x223/x372/x036/x854/775.p/1": {Level: 0, Index: 9223372036854775, Width: 1},
	} {
		got, err := tlog.ParseTilePath(s)
		if err != nil || got != want || got.String() != s {
			t.Errorf("ParseTilePath(%q) = %+v, %v; want %+v", s, got, err, want)
		}
	}
	for _, s := range []string{
		"", "/", "0", "0/", "0/0", "0/00", "0/0000", "0/x000/001", "0/001/002", "0/x001/x002", "0/x001", "00/000", "+0/000", "-1/000", "64/000",
		"0/000.p/", "0/000.p/0", "0/000.p/256", "0/000.p/08", "0/000.p/+8", "0/000.p/8/9", "0/000.p", "0/ 00", "0/0x0", "data/000", "Entries/000",
		"0/000/", "0//000", "0/x-01/000", "0/１２３", "0/x999/x999/x999/x999/x999/x999/x999/999",
	} {
		if p, err := tlog.ParseTilePath(s); err == nil {
			t.Errorf("ParseTilePath(%q) = %+v, want an error", s, p)
		}
	}
}

// FuzzTilePath: what is accepted is written back identically, and means what
// golang.org/x/mod says of the same path with its height.
func FuzzTilePath(f *testing.F) {
	for _, s := range []string{"0/000", "3/x001/x234/067.p/8", "entries/x001/000", "63/999.p/255", "0/x999/x999/x999/x999/x999/x999/999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := tlog.ParseTilePath(s)
		ref, refErr := merkle.ParseTilePath("tile/8/" + strings.Replace(s, "entries/", "data/", 1))
		if err != nil {
			return
		}
		if p.String() != s {
			t.Errorf("%q is written back as %q", s, p)
		}
		if refErr != nil || ref.L != p.Level || ref.N != p.Index || ref.W != p.Width {
			t.Errorf("%q: %+v, golang.org/x/mod has %+v, %v", s, p, ref, refErr)
		}
	})
}
