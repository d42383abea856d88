// Package blob keeps files that are too large for a table, by key, on
// gocloud.dev/blob: in a folder, which several machines may share.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"
)

// Errors of this package.
var (
	ErrNone = errors.New("blob: there is none of that key")
	ErrKey  = errors.New("blob: a key is made of a-z, 0-9, - and single /")
	ErrLong = errors.New("blob: longer than asked for")
	ErrURL  = errors.New("blob: want file:///path/to/folder")
)

// Store is one bucket.
type Store struct {
	bucket *blob.Bucket
	dir    string
}

// Open opens the bucket that u names: file:///path/to/folder, made if it is not
// there.
func Open(u string) (*Store, error) {
	x, err := url.Parse(u)
	if err != nil || x.Scheme != "file" || x.Host != "" || x.Path == "" {
		return nil, fmt.Errorf("%q: %w", u, ErrURL)
	}
	dir := filepath.FromSlash(x.Path)
	b, err := fileblob.OpenBucket(dir, &fileblob.Options{
		CreateDir: true, DirFileMode: 0o700, NoTempDir: true, Metadata: fileblob.MetadataDontWrite,
	})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", u, err)
	}
	return &Store{bucket: b, dir: dir}, nil
}

var keyRx = regexp.MustCompile(`^[a-z0-9-]+(?:/[a-z0-9-]+)*$`)

// Put keeps content under key. When it returns nil, content is on the disk.
func (s *Store) Put(ctx context.Context, key string, content []byte) error {
	if !keyRx.MatchString(key) {
		return ErrKey
	}
	opts := &blob.WriterOptions{ContentType: "application/octet-stream", DisableContentTypeDetection: true}
	if err := s.bucket.WriteAll(ctx, key, content, opts); err != nil {
		return fmt.Errorf("put %s: %w", key, err)
	}
	return s.sync(key)
}

// sync puts the file of key, and the folders that lead to it, on the disk:
// fileblob renames, but does not sync.
func (s *Store) sync(key string) error {
	path := filepath.Join(s.dir, filepath.FromSlash(key))
	for {
		f, err := os.Open(path) //nolint:gosec // below the store's own folder, by a checked key
		if err != nil {
			return fmt.Errorf("sync %s: %w", key, err)
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("sync %s: %w", key, err)
		}
		if path == s.dir {
			return nil
		}
		path = filepath.Dir(path)
	}
}

// Get returns what is kept under key, ErrNone if nothing is, and ErrLong if it
// is longer than limit.
func (s *Store) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if !keyRx.MatchString(key) {
		return nil, ErrKey
	}
	r, err := s.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fmt.Errorf("get %s: %w", key, ErrNone)
	}
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", key, err)
	}
	defer r.Close() //nolint:errcheck // reading
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", key, err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("get %s: %w", key, ErrLong)
	}
	return b, nil
}

// Delete removes what is kept under key, if anything is.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	return nil
}

// Before lists the keys that begin with prefix and were written before t, and
// what a write that never ended has left there.
func (s *Store) Before(ctx context.Context, prefix string, t time.Time) ([]string, error) {
	var keys []string
	for it := s.bucket.List(&blob.ListOptions{Prefix: prefix}); ; {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			return keys, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", prefix, err)
		}
		if !o.IsDir && o.ModTime.Before(t) {
			keys = append(keys, o.Key)
		}
	}
}

// Close closes the bucket.
func (s *Store) Close() error { return s.bucket.Close() }
