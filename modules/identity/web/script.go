package web

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
)

// script asks the browser to make or use a passkey: the one thing here that
// HTML cannot do.
//
//go:embed static/passkey.js
var script []byte

const scriptPath = "/static-identity/passkey.js"

// scriptURL is the script's address, which changes with it.
func scriptURL() string {
	sum := sha256.Sum256(script)
	return scriptPath + "?v=" + hex.EncodeToString(sum[:6])
}

func serveScript(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if r.Method != http.MethodHead {
		_, _ = w.Write(script) // the client has gone
	}
}
