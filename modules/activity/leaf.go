package activity

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"causeway/platform/trail"
)

// timeFormat is how an instant is written in what a leaf commits to.
const timeFormat = "2006-01-02T15:04:05.000000Z"

// entryText is the statement of an entry: its keys in order, every one present.
type entryText struct {
	Actor   string `json:"actor"`
	At      string `json:"at"`
	Body    string `json:"body"` // SHA-256 of the body, in hex
	Case    string `json:"case"`
	Channel string `json:"channel"`
	Grant   string `json:"grant"`
	ID      string `json:"id"`
	Org     string `json:"org"`
	Person  string `json:"person"`
	Role    string `json:"role"`
	Sealed  string `json:"sealed"` // SHA-256 of the body as it is stored, in hex
	Subject string `json:"subject"`
	V       int    `json:"v"`
	What    string `json:"what"`
}

// tombstoneText is the statement of a tombstone.
type tombstoneText struct {
	At    string `json:"at"`
	Count int    `json:"count"`
	ID    string `json:"id"`
	IDs   string `json:"ids"` // in hex
	Kind  string `json:"kind"`
	V     int    `json:"v"`
}

// bodyText is what only the person's key opens. Its salt keeps its hash from
// being guessed.
type bodyText struct {
	Detail map[string]string `json:"detail"`
	Salt   string            `json:"salt"`
	Why    string            `json:"why"`
}

// Statement returns the text that r's leaf commits to, one line of JSON.
func (r Record) Statement() string {
	a := r.Act
	return line(entryText{
		Actor: a.Actor, At: r.At.UTC().Format(timeFormat), Body: hex.EncodeToString(r.BodyHash), Case: a.Case,
		Channel: a.Channel, Grant: a.Grant, ID: r.ID, Org: a.Org, Person: a.Person, Role: a.Role,
		Sealed: hex.EncodeToString(hash(r.Sealed)), Subject: a.Subject, V: 1, What: a.What,
	})
}

// Leaf returns the commitment to r: the SHA-256 of its salt, in hex, followed by
// its statement.
func (r Record) Leaf() []byte { return commitment(r.Salt, r.Statement()) }

// Statement returns the text that t's leaf commits to.
func (t Tombstone) Statement() string {
	return line(tombstoneText{
		At: t.At.UTC().Format(timeFormat), Count: t.Count, ID: t.ID, IDs: hex.EncodeToString(t.IDs), Kind: "tombstone", V: 1,
	})
}

// Leaf returns the commitment to t.
func (t Tombstone) Leaf() []byte { return commitment(t.Salt, t.Statement()) }

func commitment(salt []byte, statement string) []byte {
	return hash([]byte(hex.EncodeToString(salt) + statement))
}

// HashIDs returns what a tombstone says of the sorted ids of erased entries.
func HashIDs(ids []string) []byte {
	h := sha256.New()
	for _, id := range ids {
		_, _ = h.Write([]byte(id + "\n")) // never fails
	}
	return h.Sum(nil)
}

func hash(b []byte) []byte {
	h := sha256.Sum256(b)
	return h[:]
}

// line returns v as JSON without a newline, and without the escapes that are
// for HTML.
func line(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("activity: " + err.Error()) // only for types that these are not
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// encodeBody returns the body of e: why, and the details.
func encodeBody(e trail.Entry, salt []byte) ([]byte, error) {
	detail := e.Detail
	if detail == nil {
		detail = map[string]string{}
	}
	body := line(bodyText{Detail: detail, Salt: hex.EncodeToString(salt), Why: e.Why})
	if len(body) > 16<<10 {
		return nil, fmt.Errorf("the details are of %d bytes", len(body))
	}
	return []byte(body), nil
}

// decodeBody reads what encodeBody wrote.
func decodeBody(body []byte) (why string, detail map[string]string, err error) {
	var b bodyText
	if err := json.Unmarshal(body, &b); err != nil {
		return "", nil, fmt.Errorf("body of an entry: %w", err)
	}
	return b.Why, b.Detail, nil
}
