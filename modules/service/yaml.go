package service

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Limits of a file, so that no input takes long or much memory.
const (
	maxBytes  = 256 << 10
	maxNodes  = 20_000
	maxNested = 20
)

// errSyntax stops the reading of a file that is no YAML, or too large.
var errSyntax = errors.New("service: not readable")

// file reads one YAML file strictly and gathers what is wrong with it.
type file struct {
	name  string
	errs  Errors // at most maxErrors
	wrong int    // how many errors there were
}

// at notes an error at n.
func (f *file) at(n *yaml.Node, format string, args ...any) {
	f.add(n.Line, n.Column, format, args...)
}

func (f *file) add(line, col int, format string, args ...any) {
	f.wrong++
	if len(f.errs) < maxErrors {
		f.errs = append(f.errs, Error{f.name, line, col, fmt.Sprintf(format, args...)})
	}
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?`)

// load parses src, which must be one YAML document without aliases, of at most
// so many bytes and values.
func (f *file) load(src []byte, bytes, values int) (*yaml.Node, error) {
	switch {
	case len(src) > bytes:
		f.add(0, 0, "the file is larger than %d KiB", bytes>>10)
		return nil, errSyntax
	case !utf8.Valid(src):
		f.add(0, 0, "the file is not UTF-8 text")
		return nil, errSyntax
	case nesting(src) > maxNested:
		f.add(0, 0, "the file is nested too deeply")
		return nil, errSyntax
	}
	var doc yaml.Node
	dec := yaml.NewDecoder(strings.NewReader(string(src)))
	if err := dec.Decode(&doc); err != nil {
		f.syntax(err)
		return nil, errSyntax
	}
	var more yaml.Node
	if dec.Decode(&more) == nil {
		f.at(&more, "the file has a second document; it must hold one")
		return nil, errSyntax
	}
	left := values
	if !f.plain(&doc, 0, &left) || len(doc.Content) != 1 {
		return nil, errSyntax
	}
	return doc.Content[0], nil
}

// nesting returns how deep brackets are open in src at most, or its lines are
// indented as block lists of lists. It spares the parser, which recurses.
func nesting(src []byte) int {
	depth, most := 0, 0
	for _, line := range strings.Split(string(src), "\n") {
		most = max(most, strings.Count(leading(line), "-")+strings.Count(leading(line), "?"))
		for _, c := range line {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			}
		}
		most = max(most, depth)
	}
	return most
}

// leading returns the indentation and the list marks that begin line.
func leading(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " -?"))]
}

// syntax notes what the YAML parser says, at its line.
func (f *file) syntax(err error) {
	text, line := err.Error(), 0
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		line, _ = strconv.Atoi(m[1])
	}
	switch {
	case text == "EOF":
		f.add(0, 0, "the file is empty")
	case line == 0:
		f.add(1, 1, "this is not YAML: %s", text)
	default:
		f.add(line, 1, "this is not YAML: %s", text)
	}
}

// plain refuses aliases, anchors, tags, deep nesting and too many nodes.
func (f *file) plain(n *yaml.Node, depth int, left *int) bool {
	*left--
	switch {
	case *left < 0:
		f.at(n, "the file has too many values")
		return false
	case depth > maxNested:
		f.at(n, "the file is nested too deeply")
		return false
	case n.Kind == yaml.AliasNode:
		f.at(n, "aliases (*%s) are not used here: write the value out", n.Value)
		return false
	case n.Anchor != "":
		f.at(n, "anchors (&%s) are not used here", n.Anchor)
		return false
	case n.Style&yaml.TaggedStyle != 0:
		f.at(n, "tags (%s) are not used here", n.Tag)
		return false
	}
	for _, c := range n.Content {
		if !f.plain(c, depth+1, left) {
			return false
		}
	}
	return true
}

// entry is one key of a mapping with its value.
type entry struct {
	key   string
	name  *yaml.Node
	value *yaml.Node
}

// entries returns the keys of n in their order. What n is called in a sentence
// is what.
func (f *file) entries(n *yaml.Node, what string) []entry {
	if n.Kind != yaml.MappingNode {
		f.at(n, "%s is a mapping: key: value", what)
		return nil
	}
	var es []entry
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		switch {
		case k.Kind != yaml.ScalarNode:
			f.at(k, "a key is a plain word")
			continue
		case seen[k.Value]:
			f.at(k, "`%s` is said twice", k.Value)
			continue
		}
		seen[k.Value] = true
		es = append(es, entry{k.Value, k, n.Content[i+1]})
	}
	return es
}

// fields returns the values of n by key. Keys that are not among known are
// errors; those in notYet are refused by name.
func (f *file) fields(n *yaml.Node, what string, known, notYet string) map[string]*yaml.Node {
	m := map[string]*yaml.Node{}
	for _, e := range f.entries(n, what) {
		switch {
		case word(known, e.key):
			m[e.key] = e.value
		case word(notYet, e.key):
			f.at(e.name, "`%s` is part of the language, but not yet understood here", e.key)
		default:
			f.at(e.name, "%s has no `%s`; it has %s", what, e.key, strings.Join(strings.Fields(known), ", "))
		}
	}
	return m
}

// word reports whether w is one of the words of list.
func word(list, w string) bool {
	for x := range strings.FieldsSeq(list) {
		if x == w {
			return true
		}
	}
	return false
}

// need returns m[key], or notes at n that it is missing.
func (f *file) need(n *yaml.Node, m map[string]*yaml.Node, what, key string) *yaml.Node {
	v := m[key]
	if v == nil && n.Kind == yaml.MappingNode {
		f.at(n, "%s has no `%s`", what, key)
	}
	return v
}

// items returns the values of the list n.
func (f *file) items(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		f.at(n, "%s is a list", what)
		return nil
	}
	return n.Content
}

// scalar returns the text of n.
func (f *file) scalar(n *yaml.Node, what string) (string, bool) {
	if n == nil {
		return "", false
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		f.at(n, "%s is a single value", what)
		return "", false
	}
	return n.Value, true
}
