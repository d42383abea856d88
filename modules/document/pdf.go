package document

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
	"strconv"
)

// Limits of looking into a PDF.
const (
	maxInflated = 16 << 20 // bytes of its object streams, all together
	maxStreams  = 20_000
)

var (
	pdfHeader = regexp.MustCompile(`^%PDF-[12]\.[0-9][\r\n ]`)
	pdfEnd    = regexp.MustCompile(`startxref\s+([0-9]{1,8})\s+%%EOF\s*$`)
	pdfXref   = regexp.MustCompile(`^\s*(?:xref\b|[0-9]+\s+[0-9]+\s+obj\b)`)
	pdfStream = regexp.MustCompile(`>>[\s\x00]*stream\r?\n`)
	pdfObjStm = regexp.MustCompile(`/ObjStm\b`)
	pdfName   = regexp.MustCompile(`/[^\s/<>\[\](){}%\x00]+`)
	pdfHex    = regexp.MustCompile(`#[0-9A-Fa-f]{2}`)
)

// checkPDF looks at the frame of a PDF (ISO 32000-2, 7.5): header first, end
// last, the cross-reference table where the end says; and refuses one that is
// encrypted, runs programs, or carries other files. Names are read as they are
// meant (with #xx), in object streams too.
func checkPDF(content []byte) error {
	end := pdfEnd.FindSubmatch(content[max(0, len(content)-1024):])
	if !pdfHeader.Match(content) || end == nil {
		return ErrDamaged
	}
	at, err := strconv.Atoi(string(end[1]))
	if err != nil || at >= len(content) || !pdfXref.Match(content[at:]) {
		return ErrDamaged
	}
	if mixed(content, PDF) {
		return ErrMixed
	}
	return refusedObjects(content)
}

// refusedNames returns ErrActive or ErrLocked for a name that a harmless
// document does not have.
func refusedNames(b []byte) error {
	for _, name := range pdfName.FindAll(b, -1) {
		if bytes.IndexByte(name, '#') >= 0 {
			name = pdfHex.ReplaceAllFunc(name, func(h []byte) []byte {
				n, err := strconv.ParseUint(string(h[1:]), 16, 8)
				if err != nil {
					return h
				}
				return []byte{byte(n)}
			})
		}
		switch string(name) {
		case "/JavaScript", "/JS", "/Launch", "/EmbeddedFile", "/EmbeddedFiles", "/RichMedia", "/XFA", "/ImportData", "/SubmitForm":
			return ErrActive
		case "/Encrypt":
			return ErrLocked
		}
	}
	return nil
}

// refusedObjects looks at all that is outside of streams, and into the object
// streams (7.5.7), which hold dictionaries in compressed form. The bytes of
// other streams are pictures, fonts and text, where a name by chance means
// nothing.
func refusedObjects(content []byte) error {
	budget := int64(maxInflated)
	for range maxStreams {
		at := pdfStream.FindIndex(content)
		if at == nil {
			return refusedNames(content)
		}
		outside, body := content[:at[0]+2], content[at[1]:]
		if err := refusedNames(outside); err != nil {
			return err
		}
		end := bytes.Index(body, []byte("endstream"))
		if end < 0 {
			return ErrDamaged
		}
		dict := outside[max(0, bytes.LastIndex(outside, []byte(" obj"))):]
		if pdfObjStm.Match(dict) {
			got, err := inflate(body[:end], budget)
			if err != nil {
				return err
			}
			budget -= int64(len(got))
			if err := refusedNames(got); err != nil {
				return err
			}
		}
		content = body[end+len("endstream"):]
	}
	return ErrDamaged
}

// inflate returns what b holds, if that is budget at most. Object streams are
// compressed with FlateDecode, or not at all; by another filter they are not
// understood, and so refused.
func inflate(b []byte, budget int64) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, ErrDamaged
	}
	got, err := io.ReadAll(io.LimitReader(r, budget+1))
	if err != nil && len(got) == 0 || int64(len(got)) > budget {
		return nil, ErrDamaged
	}
	return got, nil
}
