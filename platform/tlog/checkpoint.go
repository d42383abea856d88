package tlog

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/mod/sumdb/note"
	merkle "golang.org/x/mod/sumdb/tlog"
)

// ErrCheckpoint reports a checkpoint that is malformed or not signed by a known key.
var ErrCheckpoint = errors.New("tlog: not a checkpoint signed by a known key")

// A Checkpoint is what the log signed at one size (C2SP tlog-checkpoint).
type Checkpoint struct {
	Origin string
	Size   int64
	Root   Hash
	Note   string // the signed note; "" if this was never signed
}

// text returns the signed part.
func (c Checkpoint) text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + c.Root.String() + "\n"
}

// ParseCheckpoint returns the checkpoint of a note that one of known has signed
// under its own origin. It returns ErrCheckpoint for anything else.
func ParseCheckpoint(text string, known note.Verifiers) (Checkpoint, error) {
	n, err := note.Open([]byte(text), known)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	c, err := parseBody(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if n.Sigs[0].Name != c.Origin {
		return Checkpoint{}, fmt.Errorf("%w: the key is not of this origin", ErrCheckpoint)
	}
	c.Note = text
	return c, nil
}

// parseBody reads the text of a checkpoint's note, which ends in a newline. It
// takes and drops extension lines.
func parseBody(text string) (Checkpoint, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 || len(text) > 1<<16 {
		return Checkpoint{}, fmt.Errorf("%w: too few lines", ErrCheckpoint)
	}
	for _, line := range lines {
		if line == "" {
			return Checkpoint{}, fmt.Errorf("%w: an empty line", ErrCheckpoint)
		}
	}
	c := Checkpoint{Origin: lines[0]}
	var err error
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 || strconv.FormatInt(c.Size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("%w: no tree size", ErrCheckpoint)
	}
	if c.Root, err = merkle.ParseHash(lines[2]); err != nil || c.Root.String() != lines[2] {
		return Checkpoint{}, fmt.Errorf("%w: no root hash", ErrCheckpoint)
	}
	return c, nil
}

// OriginOf returns the origin that a note claims, signed or not; "" if none.
func OriginOf(text string) string {
	origin, _, ok := strings.Cut(text, "\n")
	if !ok {
		return ""
	}
	return origin
}

// Verifier returns the verifier and the verifier key of a log's public key.
func Verifier(origin string, public ed25519.PublicKey) (note.Verifier, string, error) {
	key, err := note.NewEd25519VerifierKey(origin, public)
	if err != nil {
		return nil, "", fmt.Errorf("verifier key: %w", err)
	}
	v, err := note.NewVerifier(key)
	if err != nil {
		return nil, "", fmt.Errorf("verifier key: %w", err)
	}
	return v, key, nil
}

// signer signs for a log, with a key that can be replaced while it runs.
type signer struct{ now atomic.Pointer[signing] }

// key returns the verifier key, and known the verifiers of it and its
// predecessors.
func (s *signer) key() string           { return s.now.Load().keys[0] }
func (s *signer) known() note.Verifiers { return s.now.Load().known }
func (s *signer) origin() string        { return s.now.Load().origin }

// checkpoint signs the tree of size with root.
func (s *signer) checkpoint(size int64, root Hash) (Checkpoint, error) {
	return s.now.Load().checkpoint(size, root)
}

func newSigner(origin string, key Key, retired []ed25519.PublicKey) (*signer, error) {
	now, err := newSigning(origin, key, retired)
	if err != nil {
		return nil, err
	}
	s := &signer{}
	s.now.Store(now)
	return s, nil
}

// Rekey has l sign with key from now on, and know the checkpoints of those in
// others: keys that signed earlier, and keys that other replicas may sign with
// already. It does nothing if that is how it is.
func (l *Log) Rekey(key Key, others []ed25519.PublicKey) error {
	now, err := newSigning(l.signer.origin(), key, others)
	if err != nil {
		return err
	}
	if was := l.signer.now.Load(); !slices.Equal(was.keys, now.keys) {
		l.signer.now.Store(now)
	}
	return nil
}

// KeyOf returns the verifier key of whichever key has signed c, or "" if none that
// the log knows did.
func (l *Log) KeyOf(c Checkpoint) string {
	s := l.signer.now.Load()
	for i, v := range s.all {
		if _, err := note.Open([]byte(c.Note), note.VerifierList(v)); err == nil {
			return s.keys[i]
		}
	}
	return ""
}

// signing is a note.Signer over a Key, with the verifiers of it and of others.
type signing struct {
	note.Verifier
	sign   func([]byte) ([]byte, error)
	origin string
	keys   []string        // the verifier keys, its own first
	all    []note.Verifier // of keys, in their order
	known  note.Verifiers
}

func newSigning(origin string, key Key, others []ed25519.PublicKey) (*signing, error) {
	if strings.ContainsAny(origin, "\n") {
		return nil, fmt.Errorf("log origin %q: holds a newline", origin)
	}
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("log key is a %T, not Ed25519", key.Public())
	}
	v, text, err := Verifier(origin, public)
	if err != nil {
		return nil, err
	}
	s := &signing{Verifier: v, origin: origin, sign: key.Sign}
	all := []note.Verifier{v}
	s.keys = []string{text}
	for _, p := range others {
		if p.Equal(public) {
			continue
		}
		other, text, err := Verifier(origin, p)
		if err != nil {
			return nil, err
		}
		all, s.keys = append(all, other), append(s.keys, text)
	}
	s.all, s.known = all, note.VerifierList(all...)
	return s, nil
}

// Sign implements note.Signer.
func (s *signing) Sign(msg []byte) ([]byte, error) { return s.sign(msg) }

func (s *signing) checkpoint(size int64, root Hash) (Checkpoint, error) {
	c := Checkpoint{Origin: s.origin, Size: size, Root: root}
	text, err := note.Sign(&note.Note{Text: c.text()}, s)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("sign checkpoint: %w", err)
	}
	c.Note = string(text)
	return c, nil
}
