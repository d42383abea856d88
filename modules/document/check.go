package document

import (
	"bytes"
)

// Check says what content is, by what it holds alone. It returns the part of it
// that is to be kept: a photograph loses what cameras append to it. It returns
// ErrEmpty, ErrLarge, ErrKind, ErrDamaged, ErrPixels, ErrMixed (two kinds of
// file in one), ErrActive (a PDF that does things) or ErrLocked (one that asks
// for a password).
func Check(content []byte) ([]byte, Kind, error) {
	switch {
	case len(content) == 0:
		return nil, "", ErrEmpty
	case len(content) > MaxSize:
		return nil, "", ErrLarge
	case bytes.HasPrefix(content, []byte("%PDF-")):
		return content, PDF, checkPDF(content)
	case bytes.HasPrefix(content, []byte(pngMagic)):
		return content, PNG, checkPNG(content)
	case bytes.HasPrefix(content, []byte{0xff, 0xd8, 0xff}):
		kept, err := checkJPEG(content)
		return kept, JPEG, err
	}
	return nil, "", ErrKind
}

// mixed reports whether a reader of another format would take content for its
// own: PDF readers look for their mark in the first kilobyte, ZIP readers (and
// so Java and office programs) for theirs in the last 64, browsers of old for
// markup anywhere.
func mixed(content []byte, k Kind) bool {
	head := content[:min(len(content), 1024)]
	tail := content[max(0, len(content)-(64<<10)-22):]
	if k != PDF && bytes.Contains(head, []byte("%PDF-")) || bytes.Contains(tail, []byte("PK\x05\x06")) {
		return true
	}
	if !k.Image() {
		return false
	}
	for _, mark := range []string{"<script", "<?php ", "<!doctype html"} {
		if bytes.Contains(bytes.ToLower(content), []byte(mark)) {
			return true
		}
	}
	return false
}
