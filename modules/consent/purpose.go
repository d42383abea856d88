package consent

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"causeway/platform/lang"
)

// A Purpose is why facts are fetched, from the published list.
type Purpose struct {
	ID    string    `json:"id"`
	Label lang.Text `json:"label"` // completes "They are used …"
	DPV   string    `json:"dpv"`   // the term of the W3C Data Privacy Vocabulary, version 2
}

//go:embed purposes.json
var purposesJSON []byte

// parsePurposes reads the published list, in its order.
func parsePurposes(src []byte) ([]Purpose, error) {
	var all []Purpose
	if err := json.Unmarshal(src, &all); err != nil {
		return nil, fmt.Errorf("purposes: %w", err)
	}
	for _, p := range all {
		if p.ID == "" || p.DPV == "" || len(p.Label.Missing()) > 0 {
			return nil, fmt.Errorf("purposes: %q lacks a label or a term", p.ID)
		}
	}
	return all, nil
}

// Purposes returns the published list.
func (s *Service) Purposes() []Purpose { return append([]Purpose(nil), s.purposes...) }

// Purpose returns the purpose named id; ok is false if none.
func (s *Service) Purpose(id string) (p Purpose, ok bool) {
	for _, p := range s.purposes {
		if p.ID == id {
			return p, true
		}
	}
	return Purpose{}, false
}
