package web_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"causeway/modules/document"
	documentstore "causeway/modules/document/store"
	documentweb "causeway/modules/document/web"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/blob"
	"causeway/platform/db"
	"causeway/platform/httpx"
	"causeway/platform/testkit"
	"causeway/platform/trail"
	"causeway/platform/view/viewtest"
)

func TestTexts(t *testing.T) {
	t.Parallel()
	viewtest.Check(t, documentweb.Source(), nil)
	viewtest.CheckTexts(t, documentweb.Source(), []string{".."})
}

// house is the document module over HTTP.
type house struct {
	service *document.Service
	blobs   *blob.Store
	mux     http.Handler
	clock   time.Time
	seen    []trail.Entry
	broken  error // fails every unit
	db      *db.DB
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	blobs, err := blob.Open("file://" + t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	h := &house{blobs: blobs, clock: time.Now(), db: d}
	h.service = document.New(document.Deps{
		Units: h, Store: documentstore.New(d), Blobs: blobs, Sealer: sealer{}, Access: h, Subjects: h, Trail: h,
		Now: func() time.Time { return h.clock }, NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
	})
	m := httpx.New(httpx.Options{
		Guards: map[httpx.Access]func(http.Handler) http.Handler{httpx.Resident: guard, httpx.Officer: guard},
		Fail:   func(w http.ResponseWriter, _ *http.Request, err error) { http.Error(w, err.Error(), httpx.Status(err)) },
		Now:    time.Now, Title: "t", Version: "1",
	})
	documentweb.Mount(m, h.service)
	h.mux = m.Secured(m)
	return h
}

// guard takes the person and the department from the request.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		person := identity.PersonID(r.Header.Get("Test-Person"))
		ctx := identity.WithCaller(r.Context(), identity.Caller{Person: person})
		ctx = org.WithOfficer(ctx, org.Officer{Person: person, Department: org.ID(r.PathValue("department")), Roles: []string{"licence-officer"}})
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (h *house) Do(ctx context.Context, f func(ctx context.Context) error) error {
	if h.broken != nil {
		return h.broken
	}
	return h.db.Do(ctx, f)
}

func (h *house) MaySee(_ context.Context, o org.Officer, f document.File) (bool, error) {
	return o.Department == "transport-department" && f.Case == "c1", nil
}

func (h *house) Subject(context.Context, org.ID, identity.PersonID) string { return "subject" }

func (h *house) Record(_ context.Context, e trail.Entry) error {
	h.seen = append(h.seen, e)
	return nil
}

// sealer turns bits, and binds person and label.
type sealer struct{}

func (sealer) Seal(_ context.Context, person, label string, plain []byte) ([]byte, error) {
	return append([]byte(person+"\n"+label+"\n"), flip(plain)...), nil
}

func (sealer) Open(_ context.Context, person, label string, sealed []byte) ([]byte, error) {
	b, ok := bytes.CutPrefix(sealed, []byte(person+"\n"+label+"\n"))
	if !ok {
		return nil, errors.New("sealed for another")
	}
	return flip(b), nil
}

func flip(b []byte) []byte {
	out := make([]byte, len(b))
	for i := range b {
		out[i] = ^b[i]
	}
	return out
}

func (h *house) get(path, person string) (*http.Response, []byte) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Test-Person", person)
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, r)
	b, _ := io.ReadAll(w.Result().Body)
	return w.Result(), b
}

// photo is wider than high, red on its left, and says that it lies on its side.
func photo(t *testing.T) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 2000, 1000))
	for x := range 2000 {
		for y := range 1000 {
			c := color.NRGBA{0, 0, 255, 255}
			if x < 1000 {
				c = color.NRGBA{255, 0, 0, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	exif := "\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
	return append([]byte("\xff\xd8"+exif), b.Bytes()[2:]...)
}

func each(t *testing.T, f func(t *testing.T, h *house)) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) { f(t, newHouse(t, d)) }, testkit.M{Module: "document", Files: documentstore.Migrations})
}

func put(t *testing.T, h *house, caseID, name string, content []byte) document.ID {
	t.Helper()
	id, err := h.service.Put(t.Context(), identity.Caller{Person: "p1"}, document.Upload{Case: caseID, Question: "q", Name: name, Content: content})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestServed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		content := photo(t)
		id := string(put(t, h, "c1", "體格檢驗.png", content))
		other := string(put(t, h, "c2", "a b.jpg", content))
		for _, test := range []struct {
			path, person string
			status       int
			disposition  string
		}{
			{"/uploads/" + id, "p1", 200, `attachment; filename=document.jpg; filename*=utf-8''%E9%AB%94%E6%A0%BC%E6%AA%A2%E9%A9%97.jpg`},
			{"/uploads/" + other, "p1", 200, `attachment; filename="a b.jpg"`},
			{"/uploads/" + id, "p2", 404, ""},
			{"/uploads/" + id, "", 404, ""},
			{"/uploads/x", "p1", 404, ""},
			{"/uploads/%ff%00", "p1", 404, ""},
			{"/work/transport-department/uploads/" + id, "o1", 200, `attachment; filename=document.jpg; filename*=utf-8''%E9%AB%94%E6%A0%BC%E6%AA%A2%E9%A9%97.jpg`},
			{"/work/transport-department/uploads/" + other, "o1", 404, ""},
			{"/work/housing-department/uploads/" + id, "o1", 404, ""},
			{"/work/transport-department/uploads/x", "o1", 404, ""},
			{"/work/transport-department/uploads/" + other + "/preview", "o1", 404, ""},
		} {
			res, body := h.get(test.path, test.person)
			if res.StatusCode != test.status || bytes.Contains(body, []byte("體格")) {
				t.Errorf("%s for %q: %d, want %d", test.path, test.person, res.StatusCode, test.status)
			}
			if test.status != 200 {
				continue
			}
			if got := res.Header.Get("Content-Disposition"); got != test.disposition || !bytes.Equal(body, content) {
				t.Errorf("%s: %s, %d bytes; want %s, %d", test.path, got, len(body), test.disposition, len(content))
			}
			sandboxed(t, res, "image/jpeg")
		}
		if len(h.seen) != 1 || h.seen[0].What != "document.seen" || h.seen[0].Actor != "o1" || h.seen[0].Person != "p1" {
			t.Errorf("recorded %+v, want one look by the officer", h.seen)
		}
	})
}

func sandboxed(t *testing.T, res *http.Response, mediaType string) {
	t.Helper()
	h := res.Header
	if h.Get("Content-Type") != mediaType || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cross-Origin-Resource-Policy") != "same-origin" ||
		!strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox; default-src 'none'") {
		t.Errorf("headers %v", h)
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		id := string(put(t, h, "c1", "photo", photo(t)))
		res, body := h.get("/work/transport-department/uploads/"+id+"/preview", "o1")
		sandboxed(t, res, "image/png")
		m, err := png.Decode(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if s := m.Bounds().Size(); s != (image.Point{600, 1200}) {
			t.Errorf("preview is %v, want 600x1200, the way up that the camera says", s)
		}
		if r, _, b, _ := m.At(300, 100).RGBA(); r < 0xf000 || b > 0x1000 {
			t.Errorf("the top is %v, want red", m.At(300, 100))
		}
		pdf := "%PDF-1.7\nxref\n0 0\ntrailer\n<< >>\nstartxref\n9\n%%EOF\n"
		id = string(put(t, h, "c1", "a.pdf", []byte(pdf)))
		if res, _ := h.get("/work/transport-department/uploads/"+id+"/preview", "o1"); res.StatusCode != http.StatusNotFound {
			t.Errorf("preview of a PDF: %d", res.StatusCode)
		}
	})
}

// TestCrash: whenever it ends, no record lacks its content, and what no record
// names goes.
func TestCrash(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		ctx, future := t.Context(), h.clock.Add(24*time.Hour)
		content := photo(t)
		kept := put(t, h, "c1", "kept", content)
		gone := put(t, h, "c1", "gone", content)
		erased := put(t, h, "c9", "erased", content)
		if err := h.blobs.Put(ctx, h.clock.UTC().Format(time.DateOnly)+"/orphan", content); err != nil { // a crash before the record
			t.Fatal(err)
		}
		if err := h.service.Remove(ctx, identity.Caller{Person: "p2"}, gone); !errors.Is(err, document.ErrNoFile) {
			t.Errorf("Remove by another person = %v", err)
		}
		if err := h.service.Remove(ctx, identity.Caller{Person: "p1"}, gone); err != nil {
			t.Fatal(err)
		}
		if err := h.service.Erase(ctx, "c9"); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{2, 1} { // what was removed goes at once, an orphan when no upload can be under way
			if err := h.service.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
			if keys, err := h.blobs.Before(ctx, "", future); err != nil || len(keys) != want {
				t.Errorf("left: %v, %v; want %d", keys, err, want)
			}
			h.clock = h.clock.Add(2 * time.Hour)
		}
		if _, b, err := h.service.Get(ctx, identity.Caller{Person: "p1"}, kept); err != nil || !bytes.Equal(b, content) {
			t.Errorf("Get = %d bytes, %v", len(b), err)
		}
		for _, id := range []document.ID{gone, erased} {
			if _, _, err := h.service.Get(ctx, identity.Caller{Person: "p1"}, id); !errors.Is(err, document.ErrNoFile) {
				t.Errorf("Get of a removed one = %v", err)
			}
		}
		h.broken = errors.New("disk full")
		if _, _, err := h.service.ForOfficer(ctx, org.Officer{Person: "o1", Department: "transport-department"}, kept); err == nil {
			t.Error("an officer saw a file, and no record of it was kept")
		}
	})
}

func TestPutRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		ctx, content := t.Context(), photo(t)
		if _, err := h.service.Put(ctx, identity.Caller{}, document.Upload{Content: content}); !errors.Is(err, identity.ErrSignIn) {
			t.Errorf("Put by nobody = %v", err)
		}
		if _, err := h.service.Put(ctx, identity.Caller{Person: "p1"}, document.Upload{Content: []byte("<html>")}); !errors.Is(err, document.ErrKind) {
			t.Errorf("Put of a page = %v", err)
		}
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
			t.Fatal(err)
		}
		small := b.Bytes()
		for range document.MaxCase {
			put(t, h, "c1", "a", small)
		}
		if _, err := h.service.Put(ctx, identity.Caller{Person: "p1"}, document.Upload{Case: "c1", Content: small}); !errors.Is(err, document.ErrMany) {
			t.Errorf("Put of one too many = %v", err)
		}
		if files, err := h.service.ByCase(ctx, identity.Caller{Person: "p1"}, "c1"); err != nil || len(files) != document.MaxCase || files[0].Name != "a.png" {
			t.Errorf("ByCase = %d files, %v", len(files), err)
		}
		if keys, err := h.blobs.Before(ctx, "", h.clock.Add(time.Hour)); err != nil || len(keys) != document.MaxCase {
			t.Errorf("%d blobs, %v; want %d", len(keys), err, document.MaxCase)
		}
	})
}
