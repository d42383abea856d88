// Package web serves uploads over HTTP: as downloads, and officers a preview
// that was drawn anew. Nothing of an upload is ever a page of ours.
package web

import (
	"context"
	"embed"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"causeway/modules/document"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/httpx"
	"causeway/platform/view"
)

//go:embed texts.yaml
var texts []byte

// Source returns the texts of this module; it has no pages.
func Source() view.Source {
	return view.Source{Module: "document", Templates: embed.FS{}, Texts: texts}
}

// Documents is what these routes need of document.
type Documents interface {
	Get(ctx context.Context, by identity.Caller, id document.ID) (document.File, []byte, error)
	ForOfficer(ctx context.Context, o org.Officer, id document.ID) (document.File, []byte, error)
	Preview(ctx context.Context, o org.Officer, id document.ID) ([]byte, error)
}

type handler struct{ documents Documents }

// Mount registers the routes.
func Mount(m *httpx.Mux, d Documents) {
	h := handler{d}
	m.Page("GET /uploads/{upload}", httpx.Resident, h.own)
	m.Page("GET /work/{department}/uploads/{upload}", httpx.Officer, h.officer)
	m.Page("GET /work/{department}/uploads/{upload}/preview", httpx.Officer, h.preview)
}

func (h handler) own(w http.ResponseWriter, r *http.Request) error {
	f, content, err := h.documents.Get(r.Context(), identity.CallerOf(r.Context()), document.ID(r.PathValue("upload")))
	if err != nil {
		return err
	}
	download(w, f, content)
	return nil
}

func (h handler) officer(w http.ResponseWriter, r *http.Request) error {
	f, content, err := h.documents.ForOfficer(r.Context(), org.OfficerOf(r.Context()), document.ID(r.PathValue("upload")))
	if err != nil {
		return err
	}
	download(w, f, content)
	return nil
}

func (h handler) preview(w http.ResponseWriter, r *http.Request) error {
	png, err := h.documents.Preview(r.Context(), org.OfficerOf(r.Context()), document.ID(r.PathValue("upload")))
	if err != nil {
		return err
	}
	send(w, "image/png", "inline", png)
	return nil
}

// download sends content to be kept, not shown.
func download(w http.ResponseWriter, f document.File, content []byte) {
	send(w, f.Kind.MediaType(), disposition(f), content)
}

// send writes content so that, were a browser to show it all the same, it would
// be in an origin of its own, without scripts or anything from elsewhere.
func send(w http.ResponseWriter, mediaType, disposition string, content []byte) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", disposition)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "private, no-store")
	_, _ = w.Write(content) // a reader that left is no failure of ours
}

// disposition names f in ASCII for every browser, and as it is called for those
// that read RFC 8187, which is how FormatMediaType writes what is not ASCII.
func disposition(f document.File) string {
	v := mime.FormatMediaType("attachment", map[string]string{"filename": f.Name})
	if ascii(f.Name) && v != "" {
		return v
	}
	plain := "document" + f.Name[strings.LastIndexByte(f.Name, '.'):]
	return "attachment; filename=" + plain + strings.TrimPrefix(v, "attachment")
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
