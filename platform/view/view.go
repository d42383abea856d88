// Package view owns how pages look and speak: the layout, the components in
// govuk-frontend's markup, the texts in three languages, dates and money, and
// the files that the pages load. It knows no domain: modules bring their
// templates and texts as Sources.
//
// Everything is parsed once, for each language by itself, so that texts without
// placeholders become part of the template and cost nothing when a page is
// rendered.
package view

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"time"

	"causeway/platform/lang"
)

// A Source is what one module brings: its pages and its texts.
type Source struct {
	Module    string // the prefix of its pages' names and its texts' keys
	Templates fs.FS  // *.html, at the root; files that begin with "_" hold partials
	Texts     []byte // texts.yaml
}

// NewSource returns the source of a module that embeds its pages in a folder
// called templates.
func NewSource(module string, files embed.FS, texts []byte) Source {
	templates, err := fs.Sub(files, "templates")
	if err != nil { // only for a name that is no path
		panic(err)
	}
	return Source{Module: module, Templates: templates, Texts: texts}
}

// Options are what a Set needs to know about the program around it.
type Options struct {
	// Shell says for whom the page around the content is drawn. Nil: for nobody.
	Shell func(context.Context) Shell
	// Zone is where instants are told. Nil: Asia/Hong_Kong.
	Zone *time.Location
}

// A Set holds every page of the program in every language. It is safe for
// concurrent use.
type Set struct {
	shell func(context.Context) Shell
	texts *catalogue
	files *files
	pages map[string]*[languages]*template.Template
	roots [languages]*template.Template
	fmts  [languages]formatter
}

const languages = 3

// index returns the place of t in arrays by language.
func index(t lang.Tag) int {
	switch t {
	case lang.Hant:
		return 1
	case lang.Hans:
		return 2
	case lang.English:
	}
	return 0
}

// New parses everything. It returns an error that names the file or key when a
// template cannot be parsed, names a template or text that does not exist, or
// when a text lacks a language.
func New(opts Options, sources ...Source) (*Set, error) {
	zone := opts.Zone
	if zone == nil {
		var err error
		if zone, err = time.LoadLocation("Asia/Hong_Kong"); err != nil {
			zone = time.FixedZone("HKT", 8*60*60)
		}
	}
	sources = append([]Source{own()}, sources...)
	texts, err := newCatalogue(sources)
	if err != nil {
		return nil, err
	}
	forest, err := plant(sources)
	if err != nil {
		return nil, err
	}
	files, err := openFiles()
	if err != nil {
		return nil, err
	}
	s := &Set{shell: opts.Shell, texts: texts, files: files, pages: map[string]*[languages]*template.Template{}}
	for i, tag := range lang.All() {
		s.fmts[i] = formatter{tag, zone, texts}
		texts.fmts[i] = s.fmts[i]
		if s.roots[i], err = forest.grow(s.fmts[i], files); err != nil {
			return nil, fmt.Errorf("view: %s: %w", tag, err)
		}
		for _, page := range forest.pages {
			if s.pages[page] == nil {
				s.pages[page] = new([languages]*template.Template)
			}
			s.pages[page][i] = s.roots[i].Lookup(page)
		}
	}
	return s, nil
}

// Text returns the text named key in language t, or key if there is none.
// Args fill its placeholders: dates, money and texts in three languages are
// written as t writes them.
func (s *Set) Text(t lang.Tag, key string, args map[string]any) string {
	return s.texts.text(index(t), key, args)
}

// Has reports whether there is a text named key.
func (s *Set) Has(key string) bool { return s.texts.entries[key] != nil }

// Pages returns the names of all pages, in order.
func (s *Set) Pages() []string { return s.forestPages() }

// Lookup returns the template named name in language t, or nil: for checks. A
// page's own content is named "<page>#main".
func (s *Set) Lookup(t lang.Tag, name string) *template.Template {
	return s.roots[index(t)].Lookup(name)
}
