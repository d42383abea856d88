package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
)

// WriteJob is the kind of job whose handler is RunWrite.
const WriteJob = "exchange.write"

// A WriteState is how far a write has come.
type WriteState string

// Write states.
const (
	Pending WriteState = "pending" // not confirmed yet; it is tried until it is
	Done    WriteState = "done"    // the registry has confirmed
	Failed  WriteState = "failed"  // the registry refused for good
)

// A Write puts a record about a person into a registry.
type Write struct {
	Key       string // the same key never writes twice
	Class     string
	Person    identity.PersonID
	Case      string
	Record    map[string]any
	Recipient org.ID // the department that decided it
	Undo      bool   // take back what Key wrote; Record is not needed
}

// A Written is a write that has been settled.
type Written struct {
	Key    string
	Undo   bool
	Person identity.PersonID
	Case   string
	State  WriteState // Done or Failed
	Reason string     // of a failure
}

// Settled hears of a settled write, in the unit that settles it.
type Settled interface {
	Written(ctx context.Context, w Written) error
}

// StoredWrite is a write as it is kept. Sealed is its record.
type StoredWrite struct {
	Person    identity.PersonID
	Key       string
	Undo      bool
	Class     string
	Recipient org.ID
	Case      string
	Subject   string
	Actor     string
	Channel   string
	Sealed    []byte
	State     WriteState
	Reason    string
	Reference string
	Created   time.Time
	Settled   time.Time
}

// writeRef names a write in its job.
type writeRef struct {
	Person identity.PersonID `json:"person"`
	Key    string            `json:"key"`
	Undo   bool              `json:"undo,omitempty"`
}

// Write takes w on, in the unit of ctx: it is carried out later and tried until
// the registry has answered for good. It returns the state of the write with
// that key, which may have been taken on before; ErrKeyReused if that one wrote
// something else; ErrNotWriter, or ErrWrite if the record is not as the class
// says.
func (s *Service) Write(ctx context.Context, w Write) (WriteState, error) {
	class, ok := s.d.Classes.Class(w.Class)
	if !ok || w.Key == "" {
		return "", fmt.Errorf("write %q: %w", w.Class, ErrClass)
	}
	if src, ok := s.d.Sources[class.Source]; !ok || src.Writes == nil || !class.WritableBy(w.Recipient) {
		return "", fmt.Errorf("write %s: %w", w.Class, ErrNotWriter)
	}
	plain, err := recordOf(class, w)
	if err != nil {
		return "", err
	}
	var state WriteState
	err = s.d.Units.Do(ctx, func(ctx context.Context) error {
		state, err = s.takeOn(ctx, w, plain)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("write: %w", err)
	}
	return state, nil
}

// recordOf returns the record of w as it is kept, checked against its class.
func recordOf(class Class, w Write) ([]byte, error) {
	if w.Undo {
		return []byte("{}"), nil
	}
	plain, err := json.Marshal(w.Record) // keys in order: equal records are equal bytes
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", w.Class, ErrWrite)
	}
	var v any
	if err := json.Unmarshal(plain, &v); err != nil {
		return nil, fmt.Errorf("write %s: %w", w.Class, err)
	}
	if class.CheckWrite == nil || class.CheckWrite.Validate(v) != nil {
		return nil, fmt.Errorf("write %s: %w", w.Class, ErrWrite)
	}
	return plain, nil
}

// takeOn keeps w and its job, or returns the state of the one with its key.
func (s *Service) takeOn(ctx context.Context, w Write, plain []byte) (WriteState, error) {
	old, err := s.d.Store.Write(ctx, w.Person, w.Key, w.Undo)
	if err == nil && len(old.Sealed) == 0 { // settled long ago
		return old.State, nil
	}
	if err == nil {
		before, err := s.d.Sealer.Open(ctx, string(w.Person), "exchange.write", old.Sealed)
		if err != nil {
			return "", err
		}
		if old.Class != w.Class || old.Recipient != w.Recipient || !bytes.Equal(before, plain) {
			return "", ErrKeyReused
		}
		return old.State, nil
	}
	if !isNoWrite(err) {
		return "", err
	}
	sealed, err := s.d.Sealer.Seal(ctx, string(w.Person), "exchange.write", plain)
	if err != nil {
		return "", err
	}
	e := s.about(ctx, w.Person, w.Recipient)
	add := StoredWrite{
		Person: w.Person, Key: w.Key, Undo: w.Undo, Class: w.Class, Recipient: w.Recipient, Case: w.Case,
		Subject: e.Subject, Actor: e.Actor, Channel: e.Channel, Sealed: sealed,
		State: Pending, Reference: s.d.NewID(), Created: s.now(),
	}
	if err := s.d.Store.AddWrite(ctx, add); err != nil {
		return "", err
	}
	payload, err := json.Marshal(writeRef{w.Person, w.Key, w.Undo})
	if err != nil {
		return "", err
	}
	return Pending, s.d.Jobs.Enqueue(ctx, WriteJob, jobKey(w.Key, w.Undo), payload, add.Created)
}

// writtenFor is how long the record of a settled write is kept, to tell a key
// that is used again for something else.
const writtenFor = 30 * 24 * time.Hour

// Purge removes what exchange has no need to keep. It is run now and then.
func (s *Service) Purge(ctx context.Context) error {
	return s.d.Store.EmptyWrites(ctx, s.now().Add(-writtenFor))
}

func jobKey(key string, undo bool) string {
	if undo {
		return key + "/undo"
	}
	return key
}

// State returns how far the write with key has come, or ErrNoWrite.
func (s *Service) State(ctx context.Context, person identity.PersonID, key string) (WriteState, error) {
	w, err := s.d.Store.Write(ctx, person, key, false)
	return w.State, err
}

// Undo takes back what the write with key wrote, as Write does. It returns
// ErrNoWrite if there was none.
func (s *Service) Undo(ctx context.Context, person identity.PersonID, key string) (WriteState, error) {
	w, err := s.d.Store.Write(ctx, person, key, false)
	if err != nil {
		return "", fmt.Errorf("undo: %w", err)
	}
	return s.Write(ctx, Write{Key: key, Class: w.Class, Person: person, Case: w.Case, Recipient: w.Recipient, Undo: true})
}
