package view

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"text/template/parse"
)

// A forest holds the parsed templates of all sources, before any language.
//
// The templates of a page belong to that page: within a file {{template "x"}}
// means the x that the file defines, else the x of the module's partials, else
// the component x. So all pages live in one template set, which keeps each
// component once.
type forest struct {
	trees map[string]*parse.Tree
	pages []string
}

// parts are the templates that a page may define; main is a must.
func parts() []string { return []string{"title", "before", "width", "main"} }

const ownModule = "view"

func plant(sources []Source) (*forest, error) {
	f := &forest{trees: map[string]*parse.Tree{}}
	components, err := parseDir(own().Templates, "components")
	if err != nil {
		return nil, err
	}
	for _, defined := range components {
		for name, tree := range defined {
			f.trees[name] = tree
		}
	}
	var layout *parse.Tree
	for _, src := range sources {
		if src.Templates == nil {
			continue
		}
		files, err := parseDir(src.Templates, ".")
		if err != nil {
			return nil, err
		}
		if src.Module == ownModule {
			layout = files["_layout"]["layout"]
			delete(files, "_layout")
		}
		if err := f.addModule(src.Module, files, layout); err != nil {
			return nil, err
		}
	}
	slices.Sort(f.pages)
	return f, f.resolve()
}

// parseDir returns what each file of dir defines, by file name without ".html".
func parseDir(fsys fs.FS, dir string) (map[string]map[string]*parse.Tree, error) {
	names, err := fs.Glob(fsys, path.Join(dir, "*.html"))
	if err != nil {
		return nil, err
	}
	files := map[string]map[string]*parse.Tree{}
	for _, name := range names {
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		root := parse.New(name)
		root.Mode = parse.SkipFuncCheck
		defined := map[string]*parse.Tree{}
		if _, err := root.Parse(string(src), "", "", defined); err != nil {
			return nil, err
		}
		if t := defined[name]; t != nil && !parse.IsEmptyTree(t.Root) {
			return nil, fmt.Errorf("view: %s: text outside of define", name)
		}
		delete(defined, name)
		files[strings.TrimSuffix(path.Base(name), ".html")] = defined
	}
	return files, nil
}

func (f *forest) addModule(module string, files map[string]map[string]*parse.Tree, layout *parse.Tree) error {
	partials := map[string]string{}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasPrefix(file, "_") {
			continue
		}
		for name, tree := range files[file] {
			full := module + "#" + name
			if f.trees[full] != nil {
				return fmt.Errorf("view: %s: partial %q is defined twice", module, name)
			}
			partials[name], f.trees[full] = full, tree
		}
	}
	for _, full := range partials {
		rename(f.trees[full].Root, partials)
	}
	for file, defined := range files {
		if strings.HasPrefix(file, "_") {
			continue
		}
		page := module + "/" + file
		names := maps.Clone(partials)
		for name := range defined {
			names[name] = page + "#" + name
		}
		if defined["main"] == nil || defined["title"] == nil {
			return fmt.Errorf("view: %s: want title and main", page)
		}
		for name, tree := range defined {
			rename(tree.Root, names)
			f.trees[page+"#"+name] = tree
		}
		frame := layout.Copy()
		inFrame := map[string]string{}
		for _, part := range parts() {
			inFrame[part] = "empty"
			if defined[part] != nil {
				inFrame[part] = page + "#" + part
			}
		}
		rename(frame.Root, inFrame)
		f.trees[page] = frame
		f.pages = append(f.pages, page)
	}
	return nil
}

// resolve checks that every template that is named exists.
func (f *forest) resolve() error {
	var errs []error
	for name, tree := range f.trees {
		walk(tree.Root, func(n parse.Node) {
			if t, ok := n.(*parse.TemplateNode); ok && f.trees[t.Name] == nil {
				errs = append(errs, fmt.Errorf("view: %s: there is no template %q", name, t.Name))
			}
		})
	}
	return errors.Join(errs...)
}

// rename points the template calls below n to the full names in names.
func rename(n parse.Node, names map[string]string) {
	walk(n, func(n parse.Node) {
		if t, ok := n.(*parse.TemplateNode); ok {
			if full, ok := names[t.Name]; ok {
				t.Name = full
			}
		}
	})
}

// walk calls visit for n and every statement below it.
func walk(n parse.Node, visit func(parse.Node)) {
	visit(n)
	branch := func(b *parse.BranchNode) {
		walk(b.List, visit)
		if b.ElseList != nil {
			walk(b.ElseList, visit)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, c := range n.Nodes {
			walk(c, visit)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	}
}

// grow makes the template set of one language.
func (f *forest) grow(fm formatter, files *files) (*template.Template, error) {
	root := template.New("").Funcs(funcs(fm, files))
	for name, tree := range f.trees {
		tree = tree.Copy()
		tr := &translator{texts: fm.texts, files: files, lang: fm.tag}
		tr.list(tree.Root)
		if err := errors.Join(tr.errs...); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if _, err := root.AddParseTree(name, tree); err != nil {
			return nil, err
		}
	}
	return root, nil
}

func (s *Set) forestPages() []string { return slices.Sorted(maps.Keys(s.pages)) }
