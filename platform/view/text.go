package view

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	i18ntemplate "github.com/nicksnyder/go-i18n/v2/i18n/template"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"

	"causeway/platform/lang"
)

// A catalogue holds the texts of all modules. Texts are found in constant time;
// those that depend on a number go through the plural rules of CLDR.
type catalogue struct {
	entries    map[string]*entry
	localizers [languages]*i18n.Localizer
	fmts       [languages]formatter
}

// An entry is one text in every language.
type entry struct {
	module string
	names  []string // its placeholders, sorted
	plural bool
	texts  [languages]phrase
}

// A phrase is literal text and placeholders in turn, beginning with literal text.
type phrase []string

var placeholder = regexp.MustCompile(`\{([a-z][a-zA-Z0-9]*)\}`)

func parsePhrase(s string) phrase {
	var p phrase
	last := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(s, -1) {
		p = append(p, s[last:m[0]], s[m[2]:m[3]])
		last = m[1]
	}
	return append(p, s[last:])
}

func (p phrase) names() []string {
	set := map[string]bool{}
	for i := 1; i < len(p); i += 2 {
		set[p[i]] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func (p phrase) fill(f formatter, args map[string]any) string {
	if len(p) == 1 {
		return p[0]
	}
	var b strings.Builder
	for i, s := range p {
		if i%2 == 0 {
			b.WriteString(s)
		} else if v, ok := args[s]; ok {
			b.WriteString(f.any(v))
		}
	}
	return b.String()
}

// forms is a text as the file writes it: a sentence, or one for each plural form.
type forms struct{ One, Other string }

func (f *forms) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&f.Other)
	}
	type plain forms
	return n.Decode((*plain)(f))
}

func newCatalogue(sources []Source) (*catalogue, error) {
	c := &catalogue{entries: map[string]*entry{}}
	bundle := i18n.NewBundle(language.English)
	for _, src := range sources {
		if err := c.add(bundle, src); err != nil {
			return nil, fmt.Errorf("view: texts of %s: %w", src.Module, err)
		}
	}
	for i, t := range lang.All() {
		c.localizers[i] = i18n.NewLocalizer(bundle, string(t))
	}
	return c, nil
}

func (c *catalogue) add(bundle *i18n.Bundle, src Source) error {
	var file map[string]map[string]forms
	if err := yaml.Unmarshal(src.Texts, &file); err != nil {
		return err
	}
	var errs []error
	for key, byLang := range file {
		e, err := newEntry(bundle, src.Module, key, byLang)
		if other := c.entries[key]; err == nil && other != nil {
			err = fmt.Errorf("also a text of %s", other.module)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		}
		c.entries[key] = e
	}
	return errors.Join(errs...)
}

func newEntry(bundle *i18n.Bundle, module, key string, byLang map[string]forms) (*entry, error) {
	e := &entry{module: module}
	if len(byLang) != languages {
		return e, errors.New("want en, zh-Hant and zh-Hans, no more and no less")
	}
	for i, t := range lang.All() {
		f := byLang[string(t)]
		if strings.TrimSpace(f.Other) == "" {
			return e, fmt.Errorf("no text in %s", t)
		}
		e.texts[i] = parsePhrase(f.Other)
		names := e.texts[i].names()
		if i == 0 {
			e.names = names
		} else if !slices.Equal(names, e.names) {
			return e, fmt.Errorf("placeholders %v in %s, %v in en", names, t, e.names)
		}
		if f.One != "" {
			e.plural = true
		}
		if err := bundle.AddMessages(language.MustParse(string(t)), &i18n.Message{ID: key, One: f.One, Other: f.Other}); err != nil {
			return e, err
		}
	}
	if e.plural && !slices.Contains(e.names, "count") {
		return e, errors.New("a text with plural forms needs {count}")
	}
	return e, nil
}

func (c *catalogue) text(i int, key string, args map[string]any) string {
	e := c.entries[key]
	switch {
	case e == nil:
		return key
	case !e.plural:
		return e.texts[i].fill(c.fmts[i], args)
	}
	s, err := c.localizers[i].Localize(&i18n.LocalizeConfig{
		MessageID: key, TemplateData: args, PluralCount: args["count"], TemplateParser: braces{c.fmts[i]},
	})
	if err != nil { // the count is no number
		return e.texts[i].fill(c.fmts[i], args)
	}
	return s
}

// braces lets go-i18n fill {name}.
type braces struct{ f formatter }

var _ i18ntemplate.Parser = braces{}

// Cacheable reports that a phrase may be kept.
func (braces) Cacheable() bool { return true }

// Parse returns src as a phrase; the delimiters are always braces.
func (b braces) Parse(src, _, _ string) (i18ntemplate.ParsedTemplate, error) {
	return filled{b.f, parsePhrase(src)}, nil
}

type filled struct {
	f formatter
	p phrase
}

// Execute fills the phrase from data, a map of arguments.
func (x filled) Execute(data any) (string, error) {
	args, _ := data.(map[string]any)
	return x.p.fill(x.f, args), nil
}
