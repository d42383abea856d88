package tlog

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strconv"
	"strings"

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

// signer is a note.Signer over a Key, with the verifiers of it and its
// predecessors.
type signer struct {
	note.Verifier
	origin string
	key    string // the verifier key
	sign   func([]byte) ([]byte, error)
	known  note.Verifiers
}

func newSigner(origin string, key Key, retired []ed25519.PublicKey) (*signer, error) {
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
	all := []note.Verifier{v}
	for _, p := range retired {
		if p.Equal(public) {
			continue
		}
		old, _, err := Verifier(origin, p)
		if err != nil {
			return nil, err
		}
		all = append(all, old)
	}
	return &signer{Verifier: v, origin: origin, key: text, sign: key.Sign, known: note.VerifierList(all...)}, nil
}

// Sign implements note.Signer.
func (s *signer) Sign(msg []byte) ([]byte, error) { return s.sign(msg) }

// checkpoint signs the tree of size with root.
func (s *signer) checkpoint(size int64, root Hash) (Checkpoint, error) {
	c := Checkpoint{Origin: s.origin, Size: size, Root: root}
	text, err := note.Sign(&note.Note{Text: c.text()}, s)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("sign checkpoint: %w", err)
	}
	c.Note = string(text)
	return c, nil
}
