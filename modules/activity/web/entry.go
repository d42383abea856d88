package web

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"

	"causeway/modules/activity"
	"causeway/modules/identity"
	"causeway/modules/org"
)

// entryPage is the evidence for one entry.
type entryPage struct {
	Line    line
	Back    string // address of the list
	Proof   string // address of the evidence as a file
	Matches bool

	Salt, Statement, Body, Leaf     string
	Size                            int64
	LeafHash, Root, Checkpoint, Key string
	Path                            []string
	Site                            string // the program's own address
}

func (h handler) entry(w http.ResponseWriter, r *http.Request) error {
	ev, err := h.Activity.Entry(r.Context(), identity.CallerOf(r.Context()), r.PathValue("entry"))
	if err != nil {
		return err
	}
	return h.evidence(w, r, "/activity", ev)
}

func (h handler) departmentEntry(w http.ResponseWriter, r *http.Request) error {
	officer := org.OfficerOf(r.Context())
	ev, err := h.Activity.DepartmentEntry(r.Context(), officer, r.PathValue("entry"))
	if err != nil {
		return err
	}
	return h.evidence(w, r, officePath(officer), ev)
}

func (h handler) evidence(w http.ResponseWriter, r *http.Request, base string, ev activity.Evidence) error {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return h.Views.Render(w, r, http.StatusOK, "activity/entry", entryPage{
		Line: h.line(r.Context(), base, ev.Entry), Back: base, Proof: base + "/" + ev.ID + "/proof", Matches: ev.Matches,
		Salt: hex.EncodeToString(ev.Salt), Statement: ev.Statement, Body: ev.Body, Leaf: hex.EncodeToString(ev.Leaf),
		Size: ev.Proof.Size, LeafHash: ev.Proof.LeafHash, Root: ev.Proof.Root, Checkpoint: ev.Proof.Checkpoint,
		Key: ev.Proof.Key, Path: ev.Proof.Path, Site: scheme + "://" + r.Host,
	})
}

// proofFile is the evidence as JSON. Salt and leaf are in hex, hashes of the tree
// in base64, as in the checkpoint.
type proofFile struct {
	Entry      string   `json:"entry"`
	Salt       string   `json:"salt"`
	Statement  string   `json:"statement"` // leaf = SHA-256 of salt and statement, as text
	Body       string   `json:"body,omitempty"`
	Leaf       string   `json:"leaf"`
	Pending    bool     `json:"pending"`
	Index      int64    `json:"index"`
	Size       int64    `json:"size"`
	LeafHash   string   `json:"leafHash,omitempty"`
	Proof      []string `json:"proof"`
	Root       string   `json:"root,omitempty"`
	Checkpoint string   `json:"checkpoint,omitempty"`
	Key        string   `json:"key,omitempty"`
}

func (h handler) proof(w http.ResponseWriter, r *http.Request) error {
	ev, err := h.Activity.Entry(r.Context(), identity.CallerOf(r.Context()), r.PathValue("entry"))
	if err != nil {
		return err
	}
	return writeProof(w, ev)
}

func (h handler) departmentProof(w http.ResponseWriter, r *http.Request) error {
	ev, err := h.Activity.DepartmentEntry(r.Context(), org.OfficerOf(r.Context()), r.PathValue("entry"))
	if err != nil {
		return err
	}
	return writeProof(w, ev)
}

func writeProof(w http.ResponseWriter, ev activity.Evidence) error {
	path := ev.Proof.Path
	if path == nil {
		path = []string{}
	}
	b, err := json.MarshalIndent(proofFile{
		Entry: ev.ID, Salt: hex.EncodeToString(ev.Salt), Statement: ev.Statement, Body: ev.Body, Leaf: hex.EncodeToString(ev.Leaf),
		Pending: !ev.Sequenced, Index: ev.Position, Size: ev.Proof.Size, LeafHash: ev.Proof.LeafHash, Proof: path,
		Root: ev.Proof.Root, Checkpoint: ev.Proof.Checkpoint, Key: ev.Proof.Key,
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode proof: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="proof.json"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(b, '\n')) // the client has gone
	return nil
}
