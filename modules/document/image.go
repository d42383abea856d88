package document

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// Limits of pictures: what decoding one may take stays below 150 MB.
const (
	maxSide       = 12_000
	maxPixelsPNG  = 16_000_000
	maxPixelsJPEG = 25_000_000
	maxBytesPNG   = 100_000_000 // once decoded
	previewSide   = 1200
)

// within returns ErrPixels for a picture that is too large to decode.
func within(c image.Config, limit int) error {
	if c.Width <= 0 || c.Height <= 0 {
		return ErrDamaged
	}
	if c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > limit {
		return ErrPixels
	}
	return nil
}

// checkPNG walks the chunks (PNG third edition, section 5), each with its
// checksum, to IEND at the very end, and decodes the picture.
func checkPNG(content []byte) error {
	c, err := png.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return ErrDamaged
	}
	if err := within(c, maxPixelsPNG); err != nil {
		return err
	}
	depth := 4
	if content[24] == 16 { // IHDR's bit depth
		depth = 8
	}
	if c.Width*c.Height*depth > maxBytesPNG {
		return ErrPixels
	}
	rest := content[len(pngMagic):]
	for {
		if len(rest) < 12 {
			return ErrDamaged
		}
		n := int(binary.BigEndian.Uint32(rest))
		if n > len(rest)-12 {
			return ErrDamaged
		}
		kind := string(rest[4:8])
		if crc32.ChecksumIEEE(rest[4:8+n]) != binary.BigEndian.Uint32(rest[8+n:]) {
			return ErrDamaged
		}
		rest = rest[12+n:]
		if kind == "IEND" {
			break
		}
	}
	if len(rest) > 0 || mixed(content, PNG) {
		return ErrMixed
	}
	if _, err := png.Decode(bytes.NewReader(content)); err != nil {
		return ErrDamaged
	}
	return nil
}

// checkJPEG returns content up to the picture's own end, once it is decoded:
// phones append further pictures and films, and others worse.
func checkJPEG(content []byte) ([]byte, error) {
	c, err := jpeg.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return nil, ErrDamaged
	}
	if err := within(c, maxPixelsJPEG); err != nil {
		return nil, err
	}
	end := jpegEnd(content)
	if end < 0 {
		return nil, ErrDamaged
	}
	content = content[:end]
	if mixed(content, JPEG) {
		return nil, ErrMixed
	}
	if _, err := jpeg.Decode(bytes.NewReader(content)); err != nil {
		return nil, ErrDamaged
	}
	return content, nil
}

// Markers of ITU-T T.81, annex B.
const (
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerSOS  = 0xda
	markerTEM  = 0x01
	markerRST0 = 0xd0
	markerRST7 = 0xd7
	markerAPP1 = 0xe1
)

// jpegEnd returns where the picture ends, after its EOI marker, or -1.
func jpegEnd(b []byte) int {
	for i := 2; i+1 < len(b); {
		if b[i] != 0xff {
			return -1
		}
		m := b[i+1]
		switch {
		case m == 0xff: // fill
			i++
			continue
		case m == markerEOI:
			return i + 2
		case m == markerTEM || m >= markerRST0 && m <= markerRST7:
			i += 2
			continue
		case m == 0 || m == markerSOI || i+3 >= len(b):
			return -1
		}
		n := int(binary.BigEndian.Uint16(b[i+2:]))
		if n < 2 {
			return -1
		}
		i += 2 + n
		if m == markerSOS {
			i = scanEnd(b, i)
		}
	}
	return -1
}

// scanEnd returns where the entropy-coded data that begins at i ends.
func scanEnd(b []byte, i int) int {
	for ; i+1 < len(b); i++ {
		if b[i] == 0xff && b[i+1] != 0 && b[i+1] != 0xff && (b[i+1] < markerRST0 || b[i+1] > markerRST7) {
			return i
		}
	}
	return len(b)
}

// thumbnail decodes a picture that Check has passed, turns it the way up that
// its camera says, and makes it fit previewSide.
func thumbnail(content []byte, k Kind) (image.Image, error) {
	var src image.Image
	var err error
	turn := 1
	if k == JPEG {
		src, err = jpeg.Decode(bytes.NewReader(content))
		turn = orientation(content)
	} else {
		src, err = png.Decode(bytes.NewReader(content))
	}
	if err != nil {
		return nil, ErrDamaged
	}
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	if long := max(w, h); long > previewSide {
		w, h = max(1, w*previewSide/long), max(1, h*previewSide/long)
	}
	dst := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Src, nil)
	return turned(dst, turn), nil
}
