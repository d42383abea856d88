package tlog_test

import (
	"errors"
	"strings"
	"testing"

	"causeway/platform/testkit"
	"causeway/platform/tlog"
)

// The example of C2SP tlog-checkpoint, whose origin's key is not published.
const example = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"

func TestParseCheckpoint(t *testing.T) {
	d := testkit.SQLite(t, migrations())
	l := newLog(t, d, newKey(t), newClock().now)
	vs := known(t, l.VerifierKey())
	drain(t, l)
	c, err := l.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if tlog.OriginOf(example) != "example.com/behind-the-sofa" || tlog.OriginOf("x") != "" {
		t.Error("wrong origins")
	}
	for _, text := range []string{
		"", "\n", example, strings.Replace(c.Note, "\n0\n", "\n1\n", 1), strings.Replace(c.Note, origin, "log.example/other", 1),
		c.Note[:len(c.Note)-5], "x" + c.Note, c.Note + "x", strings.ReplaceAll(c.Note, "—", "-"), c.Note + strings.Repeat("— a AAAAAAAA\n", 200), "\xff" + c.Note,
	} {
		if _, err := tlog.ParseCheckpoint(text, vs); !errors.Is(err, tlog.ErrCheckpoint) {
			t.Errorf("ParseCheckpoint(%.60q…) = %v", text, err)
		}
	}
	if got, err := tlog.ParseCheckpoint(c.Note+"— witness.example AAAAAAAAAAAA\n", vs); err != nil || got.Size != 0 {
		t.Errorf("with an unknown signature beside: %v", err)
	}
}

// FuzzCheckpoint: a text that was not signed is never taken, and a body that is
// taken means what it says.
func FuzzCheckpoint(f *testing.F) {
	f.Add(example)
	f.Add("a\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
	f.Add("a\n01\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nmore\n")
	l := newLog(f, testkit.SQLite(f, migrations()), newKey(f), newClock().now)
	vs := known(f, l.VerifierKey())
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := tlog.ParseCheckpoint(text, vs); err == nil {
			t.Errorf("taken: %+v", c)
		}
		body, _, _ := strings.Cut(text, "\n\n")
		c, err := tlog.ParseBody(body + "\n")
		if err != nil {
			return
		}
		if again := c.Text(); !strings.HasPrefix(body+"\n", again) {
			t.Errorf("%q is written back as %q", body, again)
		}
	})
}
