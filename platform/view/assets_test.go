package view_test

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestStylesheetIsBuilt fails when a source of the stylesheet has changed since
// it was built: run "npm run build" in assets-src.
func TestStylesheetIsBuilt(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("assets-src/scss/*.scss")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	for _, name := range append(sources, "assets-src/package-lock.json") {
		sum.Write([]byte(read(t, name)))
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != strings.TrimSpace(read(t, "assets-src/built.sum")) {
		t.Error("static/causeway.css is older than its sources")
	}
	for _, banned := range []string{"GDS Transport", "crown", "url(", "@import"} {
		if strings.Contains(read(t, "static/causeway.css"), banned) {
			t.Errorf("static/causeway.css contains %q", banned)
		}
	}
}

var token = regexp.MustCompile(`--cw-([a-z-]+): #([0-9a-f]{6});`)

// TestContrast computes the contrast of everything that is read, by WCAG 2.2.
func TestContrast(t *testing.T) {
	t.Parallel()
	light, dark, ok := strings.Cut(read(t, "assets-src/scss/_tokens.scss"), "@media")
	if !ok {
		t.Fatal("no dark tokens")
	}
	tokens := map[string]string{}
	for _, mode := range []struct{ name, css string }{{"light", light}, {"dark", dark}} {
		for _, m := range token.FindAllStringSubmatch(mode.css, -1) {
			tokens[m[1]] = m[2]
		}
		for _, pair := range []struct {
			text, ground string
			least        float64
		}{
			{"ink", "page", 7}, {"ink", "shore", 7}, {"muted", "page", 7}, {"muted", "shore", 7},
			{"road", "page", 7}, {"road", "shore", 7}, {"road-deep", "page", 7}, {"visited", "page", 7}, {"visited", "shore", 7},
			{"on-road", "road", 7}, {"on-road", "road-deep", 7}, {"on-red", "red", 7}, {"on-amber", "amber", 7},
			{"on-header", "header", 7}, {"red", "page", 7}, {"green-text", "page", 7}, {"page", "green-text", 7},
			{"on-good", "good", 7}, {"on-warn", "warn", 7}, {"on-bad", "bad", 7}, {"on-note", "note", 7}, {"on-plum", "plum", 7}, {"on-plain", "plain", 7},
			{"edge", "page", 3}, {"edge", "shore", 3}, {"green", "page", 3},
		} {
			if got := contrast(tokens[pair.text], tokens[pair.ground]); got < pair.least {
				t.Errorf("%s: %s on %s: %.2f:1, want %.0f:1", mode.name, pair.text, pair.ground, got, pair.least)
			}
		}
	}
}

func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(hex string) float64 {
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			return math.NaN()
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
