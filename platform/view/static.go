package view

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed static
var staticFS embed.FS

// files are what pages load. Their address holds a hash of all of them, so that
// a browser may keep them for ever.
type files struct {
	prefix string // "/static/<hash>/"
	byName map[string]file
}

type file struct {
	kind        string
	plain, gzip []byte
}

func openFiles() (*files, error) {
	f := &files{byName: map[string]file{}}
	all := sha256.New()
	err := fs.WalkDir(staticFS, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := staticFS.ReadFile(name)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(name, "static/")
		fmt.Fprintf(all, "%s %d\n", name, len(b))
		all.Write(b)
		packed, err := pack(b)
		f.byName[name] = file{kind(name), b, packed}
		return err
	})
	f.prefix = "/static/" + hex.EncodeToString(all.Sum(nil)[:6]) + "/"
	return f, err
}

func kind(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}

func pack(b []byte) ([]byte, error) {
	var out bytes.Buffer
	zw, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := zw.Write(b); err != nil {
		return nil, err
	}
	if err := zw.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// path returns the address of a file, or an error if there is none.
func (f *files) path(name string) (string, error) {
	if _, ok := f.byName[name]; !ok {
		return "", fmt.Errorf("there is no file %q", name)
	}
	return f.prefix + name, nil
}

// Static serves the files that pages load, below /static/.
func (s *Set) Static() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, _ := strings.CutPrefix(r.URL.Path, "/static/")
		hash, name, _ := strings.Cut(rest, "/")
		f, ok := s.files.byName[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		if "/static/"+hash+"/" == s.files.prefix {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		} else { // a page from before or after an upgrade
			h.Set("Cache-Control", "no-cache")
		}
		h.Set("Content-Type", f.kind)
		h.Set("Vary", "Accept-Encoding")
		body := f.plain
		if len(f.gzip) < len(f.plain) && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = f.gzip
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // the client has gone
		}
	})
}
