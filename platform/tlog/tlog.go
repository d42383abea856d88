// Package tlog is an append-only Merkle log on SQL (RFC 6962 trees, C2SP
// tlog-tiles on the wire).
//
// Append leaves a pending row in the caller's unit of work. One sequencer takes
// what is pending, gives each leaf its index, and signs a checkpoint. A pending
// row carries a MAC under a key that is in no database, and the sequencer signs
// only what follows from the last checkpoint that it finds signed: who can write
// to the database can neither add a leaf nor have a changed history signed.
package tlog

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	merkle "golang.org/x/mod/sumdb/tlog"

	"causeway/platform/db"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// Hash is a hash of the tree: SHA-256, with the prefixes of RFC 6962.
type Hash = merkle.Hash

// Errors of this package.
var (
	// ErrPending reports a leaf that no checkpoint covers yet.
	ErrPending = errors.New("tlog: the leaf is pending")
	// ErrUnknown reports an id that was never appended.
	ErrUnknown = errors.New("tlog: no leaf has this id")
	// ErrOutside reports a tile or a size beyond the latest checkpoint.
	ErrOutside = errors.New("tlog: not within the log")
	// ErrCorrupt reports stored rows that do not follow from what was signed.
	// The sequencer signs nothing while this is so.
	ErrCorrupt = errors.New("tlog: the stored log is not the one that was signed")
)

// MaxLeaf is the greatest length of a leaf (C2SP tlog-tiles: uint16 prefixes).
const MaxLeaf = 1<<16 - 1

const macLabel = "tlog.pending"

// A Key signs checkpoints. Its public half is an ed25519.PublicKey.
type Key interface {
	Public() crypto.PublicKey
	Sign(message []byte) ([]byte, error)
}

// Options is what a Log needs.
type Options struct {
	DB      *db.DB
	Origin  string // names the log in its checkpoints and its key: no space, no plus
	Key     Key
	Retired []ed25519.PublicKey                    // keys that signed earlier checkpoints
	MAC     func(label string, data []byte) []byte // keyed; the key is in no database
	Now     func() time.Time
	Logger  *slog.Logger // told of what is refused, and why nothing is signed
}

// Log is one log. All replicas of a program may have one on the same database.
type Log struct {
	db     *db.DB
	signer *signer
	mac    func(label string, data []byte) []byte
	now    func() time.Time
	logger *slog.Logger
	holder string
	nudge  chan struct{}
	size   atomic.Int64 // of the newest checkpoint seen: what lies below it never changes

	mu   sync.Mutex // guards edge and high; held while sequencing
	edge *edge      // of the newest checkpoint in the database; nil when unknown
	high Checkpoint // the newest checkpoint that this process has signed or checked
}

// New returns the log on o.DB.
func New(o Options) (*Log, error) {
	s, err := newSigner(o.Origin, o.Key, o.Retired)
	if err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Log{
		db: o.DB, signer: s, mac: o.MAC, now: o.Now, logger: o.Logger,
		holder: rand.Text(), nudge: make(chan struct{}, 1),
	}, nil
}

// VerifierKey returns the key with which anyone checks the log's checkpoints, in
// the form of a note verifier key.
func (l *Log) VerifierKey() string { return l.signer.key() }

const insertPending = `
INSERT INTO tlog_pending (id, leaf, mac)
VALUES ($1, $2, $3)`

// Append adds leaf in the unit of ctx. id is the leaf's own name for Positions
// and Prove, best a UUIDv7: leaves that wait together are sequenced by it.
func (l *Log) Append(ctx context.Context, id string, leaf []byte) error {
	if id == "" || len(leaf) == 0 || len(leaf) > MaxLeaf {
		return fmt.Errorf("append leaf %s: of %d bytes", id, len(leaf))
	}
	if err := l.db.Write(ctx, insertPending, id, leaf, l.mac(macLabel, macInput(id, leaf))); err != nil {
		return fmt.Errorf("append leaf %s: %w", id, err)
	}
	l.db.After(ctx, l.wake)
	return nil
}

// wake has the sequencer of this process look at once.
func (l *Log) wake() {
	select {
	case l.nudge <- struct{}{}:
	default:
	}
}

// macInput joins id and leaf unambiguously: an id holds no NUL byte in either
// engine's text.
func macInput(id string, leaf []byte) []byte {
	b := make([]byte, 0, len(id)+1+len(leaf))
	b = append(b, id...)
	b = append(b, 0)
	return append(b, leaf...)
}
