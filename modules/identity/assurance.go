package identity

import "fmt"

// Assurance says how surely a person is who they say, after the levels of
// Regulation (EU) 910/2014, article 8, and ISO/IEC 29115. Levels compare.
type Assurance uint8

// The levels, lowest first.
const (
	None        Assurance = iota // nothing was checked
	Low                          // a document that is easily forged, or says little
	Substantial                  // an official document with a picture, seen at a counter, and a passkey that verifies its user
	High                         // also a device known to keep its key; nothing grants it yet
)

// String returns the level's name: none, low, substantial or high.
func (a Assurance) String() string {
	switch a {
	case Low:
		return "low"
	case Substantial:
		return "substantial"
	case High:
		return "high"
	case None:
	}
	return "none"
}

// ParseAssurance reads what String wrote.
func ParseAssurance(s string) (Assurance, error) {
	for a := None; a <= High; a++ {
		if a.String() == s {
			return a, nil
		}
	}
	return None, fmt.Errorf("identity: %q is no assurance level: want none, low, substantial or high", s)
}

// Require returns ErrSignIn if c is nobody, and ErrAssurance if c is known less
// surely than level.
func (s *Service) Require(c Caller, level Assurance) error {
	switch {
	case !c.Known():
		return ErrSignIn
	case c.Assurance < level:
		return ErrAssurance
	}
	return nil
}

// A Document is what an officer looked at before issuing a code.
type Document string

// The documents, as forms and records name them.
const (
	IdentityCard    Document = "identity-card"
	Passport        Document = "passport"
	Acknowledgement Document = "acknowledgement" // of an application for an identity card
)

// Documents returns every Document in the order in which a form offers them.
func Documents() []Document { return []Document{IdentityCard, Passport, Acknowledgement} }

// Assurance returns how surely d shows who a person is, and false if d is none
// of Documents.
func (d Document) Assurance() (Assurance, bool) {
	switch d {
	case IdentityCard, Passport:
		return Substantial, true
	case Acknowledgement:
		return Low, true
	}
	return None, false
}
