package payprovider

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// journal is a file to which each change is appended as one line. What was
// appended survives the process; a power cut may cost its last second, which a
// sandbox can bear.
type journal struct {
	mu    sync.Mutex // guards f's offset
	f     *os.File
	dirty atomic.Bool
}

// openJournal gives every whole line of the journal in dir to load. A last line
// that was cut off is dropped.
func openJournal(dir string, load func(line []byte) error) (*journal, error) {
	path := filepath.Join(dir, "journal.jsonl")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	good, err := read(f, load)
	if err == nil {
		err = f.Truncate(good)
	}
	if err == nil {
		_, err = f.Seek(good, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("journal: %w", err), f.Close())
	}
	return &journal{f: f}, nil
}

// read returns the length of the whole lines.
func read(f io.Reader, load func(line []byte) error) (int64, error) {
	var good int64
	r := bufio.NewReaderSize(f, 1<<16)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return good, nil
		}
		if err != nil {
			return good, err
		}
		if err := load(bytes.TrimSuffix(line, []byte("\n"))); err != nil {
			return good, fmt.Errorf("line %d: %w", n, err)
		}
		good += int64(len(line))
	}
}

// append writes v as a line: all of it, or an error and none.
func (j *journal) append(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	at, err := j.f.Seek(0, io.SeekCurrent)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if _, err := j.f.Write(append(b, '\n')); err != nil {
		_, back := j.f.Seek(at, io.SeekStart)
		return errors.Join(fmt.Errorf("journal: %w", err), back, j.f.Truncate(at))
	}
	j.dirty.Store(true)
	return nil
}

// syncUntil puts what was written on the disk once a second, until ctx ends.
func (j *journal) syncUntil(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if j.dirty.Swap(false) {
			_ = j.f.Sync() // tried again with the next change
		}
	}
}

func (j *journal) close() error {
	err := errors.Join(j.f.Sync(), j.f.Close())
	if errors.Is(err, fs.ErrClosed) {
		return nil
	}
	return err
}
