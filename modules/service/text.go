package service

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"causeway/modules/service/expr"
	"causeway/platform/day"
	"causeway/platform/lang"
)

// maxText bounds one text in one language, in bytes.
const maxText = 4000

// template is a text with values in it, in every language.
type template struct {
	en, hant, hans []part
	deps           expr.Set
}

// part is a piece of text, or a value.
type part struct {
	text  string
	value *expr.Expr
	words []Word // of a value that has one of a few, what people read for each
}

// render writes t with the facts of f. A fact that is not there is a dash.
func (t template) render(f *expr.Frame) lang.Text {
	return lang.Text{
		En:   render(lang.English, t.en, f),
		Hant: render(lang.Hant, t.hant, f),
		Hans: render(lang.Hans, t.hans, f),
	}
}

func render(l lang.Tag, parts []part, f *expr.Frame) string {
	if len(parts) == 1 && parts[0].value == nil {
		return parts[0].text
	}
	var b strings.Builder
	for _, p := range parts {
		if p.value == nil {
			b.WriteString(p.text)
			continue
		}
		v := p.value.Eval(f)
		if label, ok := Say(p.words, v.String()); ok && v.Known() {
			b.WriteString(label.In(l))
			continue
		}
		b.WriteString(Format(l, v))
	}
	return b.String()
}

// Format writes v as a page in language l does: "23 November 2026", 2026年11月23日,
// "HKD 900.00". What is not known is a dash.
func Format(l lang.Tag, v expr.Value) string {
	switch {
	case !v.Known():
		return "–"
	case v.Kind() == expr.Date:
		return formatDay(l, v.Date())
	case v.Kind() == expr.Bool:
		return formatBool(l, v.Bool())
	}
	return v.String()
}

func formatDay(l lang.Tag, d day.Date) string {
	y, m, dd := d.Civil()
	if l == lang.English {
		return strconv.Itoa(dd) + " " + m.String() + " " + strconv.Itoa(y)
	}
	return strconv.Itoa(y) + "年" + strconv.Itoa(int(m)) + "月" + strconv.Itoa(dd) + "日"
}

func formatBool(l lang.Tag, b bool) string {
	switch {
	case l != lang.English:
		return map[bool]string{true: "是", false: "否"}[b]
	case b:
		return "yes"
	}
	return "no"
}

// languages maps the keys of a text to its languages.
const languages = "en zh-Hant zh-Hans"

// textNodes returns the nodes of a text in every language, noting what is
// missing; ok is false if anything is.
func (p *parser) textNodes(n *yaml.Node, what string) (nodes map[lang.Tag]*yaml.Node, ok bool) {
	if n == nil {
		return nil, false
	}
	before := p.wrong
	m := p.fields(n, what, languages, "")
	nodes = map[lang.Tag]*yaml.Node{}
	for _, l := range lang.All() {
		v := m[string(l)]
		if v == nil {
			if n.Kind == yaml.MappingNode {
				p.at(n, "%s is missing in %s", what, l)
			}
			continue
		}
		s, _ := p.scalar(v, what)
		switch {
		case strings.TrimSpace(s) == "":
			p.at(v, "%s is empty in %s", what, l)
		case len(s) > maxText:
			p.at(v, "%s is longer than %d bytes", what, maxText)
		}
		nodes[l] = v
	}
	return nodes, p.wrong == before
}

// text reads a text without values in it.
func (p *parser) text(n *yaml.Node, what string) lang.Text {
	nodes, ok := p.textNodes(n, what)
	if !ok {
		return lang.Text{}
	}
	for _, v := range nodes {
		if i := strings.IndexAny(v.Value, "{}"); i >= 0 {
			line, col := p.place(v, i)
			p.add(line, col, "%s takes no values in {}", what)
		}
	}
	return lang.Text{
		En:   strings.TrimSpace(nodes[lang.English].Value),
		Hant: strings.TrimSpace(nodes[lang.Hant].Value),
		Hans: strings.TrimSpace(nodes[lang.Hans].Value),
	}
}

// template reads a text with values in it, which are the same in every language.
func (p *parser) template(n *yaml.Node, what string) template {
	var t template
	nodes, ok := p.textNodes(n, what)
	if !ok {
		return t
	}
	values := map[lang.Tag]map[string]bool{}
	before := p.wrong
	for _, l := range lang.All() {
		parts, deps, used := p.parts(nodes[l], what)
		values[l] = used
		t.deps = t.deps.Or(deps)
		switch l {
		case lang.English:
			t.en = parts
		case lang.Hant:
			t.hant = parts
		case lang.Hans:
			t.hans = parts
		}
	}
	if p.wrong > before {
		return t
	}
	for _, l := range []lang.Tag{lang.Hant, lang.Hans} {
		for v := range values[lang.English] {
			if !values[l][v] {
				p.at(nodes[l], "%s leaves out {%s}, which the English text has", what, v)
			}
		}
		for v := range values[l] {
			if !values[lang.English][v] {
				p.at(nodes[l], "%s has {%s}, which the English text leaves out", what, v)
			}
		}
	}
	return t
}

// parts splits the text of n at its values.
func (p *parser) parts(n *yaml.Node, what string) (parts []part, deps expr.Set, used map[string]bool) {
	used = map[string]bool{}
	s := strings.TrimRight(n.Value, " \n")
	for i := 0; i < len(s); {
		open := strings.IndexAny(s[i:], "{}")
		if open < 0 {
			parts = append(parts, part{text: s[i:]})
			break
		}
		if open > 0 {
			parts = append(parts, part{text: s[i : i+open]})
		}
		i += open
		end := strings.IndexByte(s[i:], '}')
		if s[i] == '}' || end < 0 {
			line, col := p.place(n, i)
			p.add(line, col, "%s has a single brace: values are written as in {name}", what)
			break
		}
		src := s[i+1 : i+end]
		e := p.compileAt(n, i+1, src, expr.Text, expr.Number, expr.Money, expr.Date, expr.Bool)
		if e != nil {
			parts = append(parts, part{value: e, words: p.wordsOf(src)})
			deps = deps.Or(e.Deps)
		}
		used[strings.TrimSpace(src)] = true
		i += end + 1
	}
	return parts, deps, used
}
