package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"sync"
)

// journal keeps what was written to a source: one JSON line each, on disk before
// the write is confirmed.
type journal struct {
	mu     sync.Mutex // guards what follows
	file   *os.File
	byKey  map[string]*entry
	byWhom map[string][]*entry // by identity number, in order
}

// entry is one written record.
type entry struct {
	Key    string         `json:"key"`
	Undo   bool           `json:"undo,omitempty"`
	At     string         `json:"at"`
	Number string         `json:"number"`
	Record map[string]any `json:"record,omitempty"`

	undone bool
}

// errOther reports a key that was used for something else.
var errOther = errors.New("registry: the key was used for another write")

// openJournal reads what was written before. A line that a crash cut short is
// dropped: it was never confirmed.
func openJournal(path string) (*journal, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // our own folder
	if err != nil {
		return nil, err
	}
	j := &journal{file: f, byKey: map[string]*entry{}, byWhom: map[string][]*entry{}}
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	good := 0
	for {
		end := bytes.IndexByte(b[good:], '\n')
		if end < 0 {
			break
		}
		var e entry
		if err := json.Unmarshal(b[good:good+end], &e); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
		}
		j.apply(&e)
		good += end + 1
	}
	if err := f.Truncate(int64(good)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := f.Seek(int64(good), io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

// apply takes e into account.
func (j *journal) apply(e *entry) {
	if e.Undo {
		if w := j.byKey[e.Key]; w != nil {
			w.undone = true
		}
		return
	}
	j.byKey[e.Key] = e
	j.byWhom[e.Number] = append(j.byWhom[e.Number], e)
}

// add keeps e. The same key again changes nothing; errOther if it was used for
// something else. Taking back what was never written is fine.
func (j *journal) add(e entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	was := j.byKey[e.Key]
	switch {
	case e.Undo && (was == nil || was.undone):
		return nil
	case e.Undo && (was.Number != e.Number || was.At != e.At):
		return errOther
	case !e.Undo && was != nil:
		if was.Number != e.Number || was.At != e.At || !reflect.DeepEqual(was.Record, e.Record) {
			return errOther
		}
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return err
	}
	if err := j.file.Sync(); err != nil {
		return err
	}
	j.apply(&e)
	return nil
}

// written returns the records written about number to at, in order.
func (j *journal) written(number, at string) []map[string]any {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []map[string]any
	for _, e := range j.byWhom[number] {
		if e.At == at && !e.undone {
			out = append(out, e.Record)
		}
	}
	return out
}

func (j *journal) close() error { return j.file.Close() }
