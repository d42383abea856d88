package logcmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"

	"causeway/platform/tlog"
)

// readSince returns the checkpoint in the file at path, the zero one if there is
// no file. A file that holds none which known has signed is an error: nobody
// could say whether the log continues it.
func readSince(path string, known note.Verifiers) (tlog.Checkpoint, error) {
	if path == "" {
		return tlog.Checkpoint{}, nil
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator's own path
	if errors.Is(err, os.ErrNotExist) {
		return tlog.Checkpoint{}, nil
	}
	if err != nil {
		return tlog.Checkpoint{}, fmt.Errorf("--since: %w", err)
	}
	c, err := tlog.ParseCheckpoint(string(b), known)
	if err != nil {
		return tlog.Checkpoint{}, fmt.Errorf("--since: %s holds no checkpoint signed by the given key", path)
	}
	return c, nil
}

// writeSince replaces the file at path, whole or not at all.
func writeSince(path string, c tlog.Checkpoint) (err error) {
	if path == "" || c.Note == "" {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".checkpoint-*")
	if err != nil {
		return fmt.Errorf("--since: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("--since: %w", errors.Join(err, os.Remove(f.Name())))
		}
	}()
	_, err = f.WriteString(c.Note)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
