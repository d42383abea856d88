// Package lang holds the three languages of the pages and texts written in all
// of them. It is pure, so that a module's root may use it.
package lang

// A Tag is one of the languages, as BCP 47 writes it.
type Tag string

// The languages.
const (
	English Tag = "en"
	Hant    Tag = "zh-Hant"
	Hans    Tag = "zh-Hans"
)

// All returns the languages in the order in which pages offer them.
func All() []Tag { return []Tag{English, Hant, Hans} }

// Parse returns the language that s names; ok is false if none.
func Parse(s string) (t Tag, ok bool) {
	switch t = Tag(s); t {
	case English, Hant, Hans:
		return t, true
	}
	return English, false
}

// Text is one text in every language.
type Text struct {
	En   string `json:"en" yaml:"en"`
	Hant string `json:"zh-Hant" yaml:"zh-Hant"`
	Hans string `json:"zh-Hans" yaml:"zh-Hans"`
}

// In returns the text in t.
func (x Text) In(t Tag) string {
	switch t {
	case Hant:
		return x.Hant
	case Hans:
		return x.Hans
	case English:
	}
	return x.En
}

// Missing returns the languages in which x says nothing.
func (x Text) Missing() []Tag {
	var tags []Tag
	for _, t := range All() {
		if x.In(t) == "" {
			tags = append(tags, t)
		}
	}
	return tags
}
