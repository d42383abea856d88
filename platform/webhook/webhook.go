// Package webhook signs and checks callbacks as the Standard Webhooks
// specification 1.0 has it (symmetric signatures, "v1"): HMAC-SHA-256 over
// id, timestamp and body, in the headers webhook-id, webhook-timestamp and
// webhook-signature.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Names of the headers.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// tolerance is how far from now a timestamp may be; a sender stamps each
// delivery anew, so that a late one still passes.
const tolerance = 5 * time.Minute

// Errors of Verify.
var (
	ErrHeaders   = errors.New("webhook: headers missing or malformed")
	ErrOld       = errors.New("webhook: timestamp too far from now")
	ErrSignature = errors.New("webhook: no signature matches")
)

// Sign sets the three headers for a delivery of body at the instant at.
func Sign(h http.Header, key []byte, id string, at time.Time, body []byte) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	h.Set(HeaderID, id)
	h.Set(HeaderTimestamp, stamp)
	h.Set(HeaderSignature, "v1,"+base64.StdEncoding.EncodeToString(mac(key, id, stamp, body)))
}

// Verify returns the id of a delivery that key signed near now. A header may
// carry several signatures, parted by spaces; one that matches is enough.
func Verify(h http.Header, key []byte, now time.Time, body []byte) (id string, err error) {
	id, stamp := h.Get(HeaderID), h.Get(HeaderTimestamp)
	sec, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || id == "" || len(id) > 255 || strings.ContainsFunc(id, notIDRune) || strconv.FormatInt(sec, 10) != stamp {
		return "", ErrHeaders
	}
	if d := now.Unix() - sec; d > int64(tolerance/time.Second) || d < -int64(tolerance/time.Second) {
		return "", ErrOld
	}
	want := mac(key, id, stamp, body)
	for s := range strings.SplitSeq(h.Get(HeaderSignature), " ") {
		enc, ok := strings.CutPrefix(s, "v1,")
		if !ok {
			continue
		}
		if got, err := base64.StdEncoding.DecodeString(enc); err == nil && hmac.Equal(got, want) {
			return id, nil
		}
	}
	return "", ErrSignature
}

// notIDRune refuses what would let an id run into the timestamp, or make a mess
// of a log.
func notIDRune(r rune) bool { return r <= ' ' || r == '.' || r > '~' }

func mac(key []byte, id, stamp string, body []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(id + "." + stamp + "."))
	m.Write(body)
	return m.Sum(nil)
}
