package document_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

func picture(w, h int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		for y := range h {
			m.Set(x, y, color.NRGBA{uint8(x), uint8(y), 128, 255})
		}
	}
	return m
}

func pngOf(w, h int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, picture(w, h)); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func jpegOf(w, h int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(w, h), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// bomb is a PNG that says it is w by h, with a few bytes of data.
func bomb(w, h uint32, depth byte) []byte {
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	b := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(header, depth, 2, 0, 0, 0))...)
	b = append(b, chunk("IDAT", deflated("x"))...)
	return append(b, chunk("IEND", nil)...)
}

func chunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// with puts a chunk before a PNG's IEND.
func with(p []byte, c []byte) []byte {
	end := len(p) - 12
	return append(append(append([]byte(nil), p[:end]...), c...), p[end:]...)
}

// segment puts a segment after a JPEG's SOI.
func segment(j []byte, marker byte, data string) []byte {
	s := append([]byte{0xff, marker}, binary.BigEndian.AppendUint16(nil, uint16(len(data)+2))...)
	return append(append(append([]byte(nil), j[:2]...), append(s, data...)...), j[2:]...)
}

// exif is an Exif segment that says how the camera was held.
func exif(o uint16) string {
	b := []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00")
	for _, v := range []uint16{0x0112, 3, 1, 0, o, 0} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return string(b) + "\x00\x00\x00\x00"
}

func deflated(s string) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// pdfOf is a PDF with the given objects beside a catalogue.
func pdfOf(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n")
	for i, o := range objects {
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+3, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+3, at)
	return b.Bytes()
}

// stream is a stream object.
func stream(dict string, body []byte) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(body), body)
}
