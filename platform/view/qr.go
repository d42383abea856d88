package view

import (
	"html/template"
	"strconv"
	"strings"

	"rsc.io/qr"
)

// quiet is the margin in modules that ISO/IEC 18004 asks for.
const quiet = 4

// qrSVG draws content as a QR code, always dark on light: scanners need it so.
// It returns an error if content is too long.
func qrSVG(content, alt string) (template.HTML, error) {
	code, err := qr.Encode(content, qr.M)
	if err != nil {
		return "", err
	}
	side := strconv.Itoa(code.Size + 2*quiet)
	var b strings.Builder
	b.WriteString(`<svg class="cw-qr" xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ` + side + ` ` + side + `" shape-rendering="crispEdges"`)
	if alt == "" {
		alt = "QR"
	}
	b.WriteString(` aria-label="` + template.HTMLEscapeString(alt) + `"><path fill="#fff" d="M0 0h` + side + `v` + side + `H0z"/><path fill="#000" d="`)
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			if !code.Black(x, y) {
				continue
			}
			run := 1
			for code.Black(x+run, y) {
				run++
			}
			n := strconv.Itoa(run)
			b.WriteString("M" + strconv.Itoa(x+quiet) + " " + strconv.Itoa(y+quiet) + "h" + n + "v1h-" + n + "z")
			x += run
		}
	}
	b.WriteString(`"/></svg>`)
	return template.HTML(b.String()), nil //nolint:gosec // digits, and an escaped label
}
