package service

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"causeway/platform/lang"
)

// Word is a value that a registry or a rule writes as a code, and what people
// read for it.
type Word struct {
	Value string
	Label lang.Text
}

// Say returns what people read for value, in the words of ws; ok is false if
// they have none for it.
func Say(ws []Word, value string) (label lang.Text, ok bool) {
	i := slices.IndexFunc(ws, func(w Word) bool { return w.Value == value })
	if i < 0 {
		return lang.Text{}, false
	}
	return ws[i].Label, true
}

// words reads the values of a field and what they are called.
func (p *parser) words(n *yaml.Node) []Word {
	if n == nil {
		return nil
	}
	entries := p.entries(n, "values")
	if len(entries) == 0 && n.Kind == yaml.MappingNode || len(entries) > maxList {
		p.at(n, "values names 1 to %d values, as in {petrol: {en: …, zh-Hant: …, zh-Hans: …}}", maxList)
		return nil
	}
	var ws []Word
	for _, e := range entries {
		if e.key == "" || len(e.key) > maxName {
			p.at(e.name, "a value has 1 to %d characters", maxName)
			continue
		}
		ws = append(ws, Word{e.key, p.text(e.value, "the words for a value")})
	}
	return ws
}

// Role is a role that a definition gives tasks to.
type Role struct {
	Name  string
	Label lang.Text // empty if the file says nothing under roles

	line, col int // where a step first names it
}

// roles reads what the roles of the steps are called.
func (p *parser) roles(n *yaml.Node) map[string]lang.Text {
	labels := map[string]lang.Text{}
	if n == nil {
		return labels
	}
	for _, e := range p.entries(n, "roles") {
		name := p.match(e.name, "the name of a role", slugForm)
		label := p.text(e.value, "what a role is called")
		if name != "" {
			labels[name] = label
		}
		if !slices.ContainsFunc(p.def.Roles, func(r Role) bool { return r.Name == name }) && name != "" {
			p.at(e.name, "no step names the role `%s`", name)
		}
	}
	return labels
}

// role notes that a step names the role of n.
func (p *parser) role(n *yaml.Node, name string) {
	if name == "" || slices.ContainsFunc(p.def.Roles, func(r Role) bool { return r.Name == name }) {
		return
	}
	p.def.Roles = append(p.def.Roles, Role{Name: name, line: n.Line, col: n.Column})
}

// RoleLabel returns what the definition calls a role; ok is false if it does not say.
func (d *Definition) RoleLabel(name string) (label lang.Text, ok bool) {
	for _, r := range d.Roles {
		if r.Name == name {
			return r.Label, r.Label != (lang.Text{})
		}
	}
	return lang.Text{}, false
}

// Unnamed returns an error for each role that neither the definition nor known
// has words for: people read that it is an officer, and no more. file is the name
// of the definition's.
func (d *Definition) Unnamed(file string, known func(role string) bool) Errors {
	var errs Errors
	for _, r := range d.Roles {
		if r.Label == (lang.Text{}) && !known(r.Name) {
			errs = append(errs, Error{file, r.line, r.col, "the role `" + r.Name + "` has no words: say under roles what people call it, as in {" + r.Name + ": {en: …, zh-Hant: …, zh-Hans: …}}"})
		}
	}
	return errs
}

// roleLabels gives the roles that the steps name what n calls them.
func (p *parser) roleLabels(n *yaml.Node) {
	labels := p.roles(n)
	for i, r := range p.def.Roles {
		p.def.Roles[i].Label = labels[r.Name]
	}
}

// alike notes a step that people could not tell from one before it: without a
// label, they read whose check it is.
func (p *parser) alike(n *yaml.Node, s Step) {
	for _, before := range p.def.Steps {
		if s.Name != Decide && s.Label == (lang.Text{}) && before.Label == (lang.Text{}) && before.By == s.By {
			p.at(n, "the steps `%s` and `%s` of %s need a label: people read it", before.Name, s.Name, s.By)
			return
		}
	}
}
