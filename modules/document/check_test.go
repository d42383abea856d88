package document_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"causeway/modules/document"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	p, j := pngOf(40, 30), jpegOf(40, 30)
	tail := func(b []byte, s string) []byte { return append(append([]byte(nil), b...), s...) }
	zip := "PK\x03\x04....PK\x05\x06" + strings.Repeat("\x00", 18)
	for name, test := range map[string]struct {
		in   []byte
		kind document.Kind
		want error
		kept []byte // nil: all of it
	}{
		"a PNG":                            {in: p, kind: document.PNG},
		"a JPEG":                           {in: j, kind: document.JPEG},
		"a PDF":                            {in: pdfOf(), kind: document.PDF},
		"a JPEG with Exif":                 {in: segment(j, 0xe1, exif(6)), kind: document.JPEG},
		"a JPEG with a film appended":      {in: tail(j, "\x00\x00\x00\x18ftypmp42"), kind: document.JPEG, kept: j},
		"a JPEG with a ZIP appended":       {in: tail(j, zip), kind: document.JPEG, kept: j},
		"a JPEG with a page appended":      {in: tail(j, "<html><script>alert(1)</script>"), kind: document.JPEG, kept: j},
		"a PDF with compressed text":       {in: pdfOf(stream("/Filter /FlateDecode", deflated("BT /F1 12 Tf (/JS ) Tj ET"))), kind: document.PDF},
		"a PDF whose picture says /JS":     {in: pdfOf(stream("/Type /XObject", []byte("\x00/JS \xff"))), kind: document.PDF},
		"a PDF with object streams":        {in: pdfOf(stream("/Type /ObjStm /Filter /FlateDecode", deflated("4 0 << /Type /Page >>"))), kind: document.PDF},
		"nothing":                          {in: nil, want: document.ErrEmpty},
		"too much":                         {in: make([]byte, document.MaxSize+1), want: document.ErrLarge},
		"text":                             {in: []byte("hello"), want: document.ErrKind},
		"a page":                           {in: []byte("<html></html>"), want: document.ErrKind},
		"a drawing":                        {in: []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), want: document.ErrKind},
		"a GIF":                            {in: []byte("GIF89a\x01\x00\x01\x00"), want: document.ErrKind},
		"a ZIP":                            {in: []byte(zip), want: document.ErrKind},
		"a PDF behind a page":              {in: tail([]byte("<html>"), string(pdfOf())), want: document.ErrKind},
		"half a PNG":                       {in: p[:len(p)/2], want: document.ErrDamaged},
		"a PNG without an end":             {in: p[:len(p)-12], want: document.ErrDamaged},
		"a PNG with a wrong checksum":      {in: append(append([]byte(nil), p[:len(p)-13]...), append([]byte{p[len(p)-13] ^ 1}, p[len(p)-12:]...)...), want: document.ErrDamaged},
		"half a JPEG":                      {in: j[:len(j)/2], want: document.ErrDamaged},
		"the magic of a JPEG alone":        {in: []byte("\xff\xd8\xff"), want: document.ErrDamaged},
		"a PNG of too many pixels":         {in: bomb(60_000, 60_000, 8), want: document.ErrPixels},
		"a PNG of too many bytes":          {in: bomb(3900, 4000, 16), want: document.ErrPixels},
		"a PNG of too many in a line":      {in: bomb(1<<31-1, 1, 8), want: document.ErrPixels},
		"a PNG with a ZIP appended":        {in: tail(p, zip), want: document.ErrMixed},
		"a PNG with anything appended":     {in: tail(p, "x"), want: document.ErrMixed},
		"a PNG with a ZIP inside":          {in: with(p, chunk("tEXt", []byte("a\x00"+zip))), want: document.ErrMixed},
		"a PNG with a PDF inside":          {in: with(p, chunk("tEXt", []byte("a\x00%PDF-1.7"))), want: document.ErrMixed},
		"a PNG with a script inside":       {in: with(p, chunk("tEXt", []byte("a\x00<ScRipt>alert(1)"))), want: document.ErrMixed},
		"a JPEG with a PDF inside":         {in: segment(j, 0xfe, "%PDF-1.7"), want: document.ErrMixed},
		"a JPEG with a program inside":     {in: segment(j, 0xfe, "<?php system($_GET['c']); ?>"), want: document.ErrMixed},
		"a PDF with a ZIP appended":        {in: append(pdfOf(), zip...), want: document.ErrDamaged},
		"a PDF with a ZIP inside":          {in: pdfOf(stream("", []byte(zip))), want: document.ErrMixed},
		"half a PDF":                       {in: pdfOf()[:60], want: document.ErrDamaged},
		"a PDF without its table":          {in: []byte("%PDF-1.7\nstartxref\n0\n%%EOF\n"), want: document.ErrDamaged},
		"a PDF with a script":              {in: pdfOf("<< /S /JavaScript /JS (app.alert\\(1\\)) >>"), want: document.ErrActive},
		"a PDF with a disguised script":    {in: pdfOf("<< /S /#4aava#53cript >>"), want: document.ErrActive},
		"a PDF that starts programs":       {in: pdfOf("<< /S /Launch /F (calc.exe) >>"), want: document.ErrActive},
		"a PDF with a file in it":          {in: pdfOf("<< /Names << /EmbeddedFiles 4 0 R >> >>"), want: document.ErrActive},
		"a PDF with a compressed script":   {in: pdfOf(stream("/Type /ObjStm /Filter /FlateDecode", deflated("4 0 << /S /JavaScript >>"))), want: document.ErrActive},
		"a PDF with a stream that expands": {in: pdfOf(stream("/Type /ObjStm /Filter /FlateDecode", deflated(strings.Repeat("\x00", 17<<20)))), want: document.ErrDamaged},
		"a locked PDF":                     {in: pdfOf("<< /Encrypt 4 0 R >>"), want: document.ErrLocked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept, kind, err := document.Check(test.in)
			if !errors.Is(err, test.want) || err == nil && test.want != nil {
				t.Fatalf("Check = %v, want %v", err, test.want)
			}
			if err != nil {
				return
			}
			if want := test.kept; want == nil && !bytes.Equal(kept, test.in) || want != nil && !bytes.Equal(kept, want) || kind != test.kind {
				t.Errorf("%s, %d bytes kept of %d; want %s", kind, len(kept), len(test.in), test.kind)
			}
		})
	}
}

// FuzzCheck: what is taken is taken again, and whole.
func FuzzCheck(f *testing.F) {
	for _, b := range [][]byte{pngOf(4, 4), jpegOf(8, 8), segment(jpegOf(8, 8), 0xe1, exif(3)), pdfOf(), pdfOf(stream("/Type /ObjStm", deflated("<< >>"))), bomb(9, 9, 8)} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		kept, kind, err := document.Check(in)
		if err != nil {
			return
		}
		again, same, err := document.Check(kept)
		if err != nil || same != kind || !bytes.Equal(again, kept) {
			t.Errorf("taken as %s, then as %s, %v", kind, same, err)
		}
	})
}

func TestCleanName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"report.pdf":                   "report.pdf",
		"體格檢驗報告.PDF":                   "體格檢驗報告.pdf",
		`C:\Users\me\report.doc`:       "report.pdf",
		"../../etc/passwd":             "passwd.pdf",
		"a\r\nSet-Cookie: x":           "a Set-Cookie x.pdf",
		"\u202efdp.exe":                "fdp.pdf",
		"<img src=x onerror=alert(1)>": "img src=x onerror=alert(1).pdf",
		"\xff\xfe":                     "document.pdf",
		"...":                          "document.pdf",
		"":                             "document.pdf",
		strings.Repeat("長", 300):       strings.Repeat("長", 80) + ".pdf",
		"v1.2 final":                   "v1.2 final.pdf",
	} {
		if got := document.CleanName(in, document.PDF); got != want {
			t.Errorf("CleanName(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		in := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		got := document.CleanName(in, document.JPEG)
		if !utf8.ValidString(got) || !strings.HasSuffix(got, ".jpg") || strings.ContainsAny(got, `/\"<>`) || strings.ContainsFunc(got, unicode.IsControl) || utf8.RuneCountInString(got) > 84 {
			t.Fatalf("%q", got)
		}
		if again := document.CleanName(got, document.JPEG); again != got {
			t.Fatalf("%q, cleaned again: %q", got, again)
		}
	})
}
