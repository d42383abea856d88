package view

// A Problem is what is wrong with one field of a form, as a text to look up.
type Problem struct {
	Field string         // the id of the field, or of the first field of a group
	Key   string         // the text that says what to do
	Args  map[string]any // fills its placeholders
}

// Problems are what is wrong with a form, in the order of its fields.
type Problems []Problem

// Add appends what is wrong with field; pairs are names and values of arguments.
func (p *Problems) Add(field, key string, args map[string]any) {
	*p = append(*p, Problem{field, key, args})
}

// Of reports whether something is wrong with field.
func (p Problems) Of(field string) bool {
	for _, x := range p {
		if x.Field == field {
			return true
		}
	}
	return false
}

// in returns what is wrong with field in f's language, or "".
func (p Problems) in(f formatter, field string) string {
	for _, x := range p {
		if x.Field == field {
			return f.texts.text(index(f.tag), x.Key, x.Args)
		}
	}
	return ""
}
