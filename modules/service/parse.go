package service

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a definition means the same on every machine
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"causeway/modules/service/expr"
	"causeway/platform/day"
)

// Limits of a definition.
const (
	maxEvidence  = 40
	maxQuestions = 80
	maxRows      = 1000
	maxList      = 100
)

// Keys of a definition, and those that the language will have.
const (
	topKeys   = "service version owner from title summary for assurance time_zone calendar working_week channels evidence ask tables let eligible fee steps roles effects tell keep"
	topNotYet = "groups repeat mandate deposit refund review correction withdrawal appeal letter appointment payment outcomes preview contradictions"
)

var (
	slugForm   = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	nameForm   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	dottedForm = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$`)
)

// maxName bounds names and slugs.
const maxName = 64

// parser builds one Definition.
type parser struct {
	file
	lines []string
	def   *Definition
	scope *expr.Scope
	slots int
	whens []*yaml.Node // by question
	plain []reference  // the values that sentences show as they are
}

// Parse reads and checks a definition. The error, if any, is Errors: everything
// that is wrong, each with its place in the file that is called name.
func Parse(name string, src []byte) (*Definition, error) {
	p := &parser{file: file{name: name}, def: &Definition{byName: map[string]int{}}}
	root, err := p.load(src, maxBytes, maxNodes)
	if err == nil {
		p.lines = strings.Split(string(src), "\n")
		p.definition(root)
	}
	if len(p.errs) > 0 {
		return nil, p.errs.sorted()
	}
	return p.def, nil
}

func (p *parser) definition(root *yaml.Node) {
	m := p.fields(root, "a definition", topKeys, topNotYet)
	p.head(root, m)
	p.scope = &expr.Scope{
		Vars:     map[string]expr.Var{"today": {Type: expr.Of(expr.Date)}},
		Given:    map[string]expr.Mark{},
		ByHand:   map[string]expr.Mark{},
		Calendar: p.def.Calendar != "",
	}
	p.slots = 1 // today
	p.evidence(m["evidence"])
	p.questions(m["ask"])
	p.tables(m["tables"])
	p.lets(m["let"])
	p.conditions()
	p.rules(m["eligible"])
	p.fee(m["fee"])
	p.steps(m["steps"], m["roles"])
	p.effects(m["effects"])
	p.tell(m["tell"])
	p.layout()
	p.shown()
}

// head reads what says who offers the service and how it is called.
func (p *parser) head(root *yaml.Node, m map[string]*yaml.Node) {
	d := p.def
	d.ID = p.match(p.need(root, m, "a definition", "service"), "service", slugForm)
	if s, ok := p.scalar(p.need(root, m, "a definition", "version"), "version"); ok {
		v, err := strconv.Atoi(s)
		if err != nil || v < 1 || v > 9999 {
			p.at(m["version"], "version is a whole number from 1")
		}
		d.Version = v
	}
	d.Owner = p.match(p.need(root, m, "a definition", "owner"), "owner", slugForm)
	d.Title = p.text(p.need(root, m, "a definition", "title"), "title")
	d.Summary = p.text(p.need(root, m, "a definition", "summary"), "summary")
	d.Assurance = p.oneOf(p.need(root, m, "a definition", "assurance"), "assurance", "low substantial high", "")
	if n := m["from"]; n != nil {
		if s, ok := p.scalar(n, "from"); ok {
			from, err := day.Parse(s)
			if err != nil {
				p.at(n, "from is the first day of this version, as in 2026-11-23")
			}
			d.From = from
		}
	}
	p.only(m["for"], "for", "person", "organisation business")
	p.only(m["channels"], "channels", "online", "assisted counter paper phone")
	if s, ok := p.scalar(p.need(root, m, "a definition", "time_zone"), "time_zone"); ok {
		zone, err := time.LoadLocation(s)
		if err != nil || s == "" || s == "Local" {
			p.at(m["time_zone"], "there is no time zone `%s`; write it as in Asia/Hong_Kong", s)
		}
		d.Zone = zone
	}
	if n := m["calendar"]; n != nil {
		d.Calendar = p.match(n, "calendar", slugForm)
	}
	p.week(root, m["working_week"])
	d.Keep = p.period(p.need(root, m, "a definition", "keep"), "keep")
	if d.Keep.Unit == WorkingDays {
		p.at(m["keep"], "keep is a period in days, months or years")
	}
}

func (p *parser) week(root, n *yaml.Node) {
	switch {
	case n == nil && p.def.Calendar != "":
		p.at(root, "a definition with a calendar has a working_week, as in [mon, tue, wed, thu, fri]")
		return
	case n == nil:
		return
	case p.def.Calendar == "":
		p.at(n, "a working_week needs a calendar")
	}
	days := strings.Fields("sun mon tue wed thu fri sat")
	for _, item := range p.items(n, "working_week") {
		s := p.oneOf(item, "a day of the working_week", "sun mon tue wed thu fri sat", "")
		for i, d := range days {
			if d == s {
				p.def.Week[i] = true
			}
		}
	}
	if p.def.Week == (Week{}) && n.Kind == yaml.SequenceNode {
		p.at(n, "a working_week has at least one day")
	}
}

// only reads a list whose single possible value is word.
func (p *parser) only(n *yaml.Node, what, word, notYet string) {
	if n == nil {
		return
	}
	items := p.items(n, what)
	for _, item := range items {
		p.oneOf(item, what, word, notYet)
	}
	if len(items) == 0 && n.Kind == yaml.SequenceNode {
		p.at(n, "%s names at least one", what)
	}
}

// match reads a name of a given form.
func (p *parser) match(n *yaml.Node, what string, form *regexp.Regexp) string {
	s, ok := p.scalar(n, what)
	if !ok {
		return ""
	}
	if len(s) > maxName || !form.MatchString(s) {
		examples := map[*regexp.Regexp]string{slugForm: "library-card", nameForm: "moved_in_on", dottedForm: "td.driving-licence"}
		p.at(n, "%s is written as in %s", what, examples[form])
		return ""
	}
	return s
}

// oneOf reads one of the words of known.
func (p *parser) oneOf(n *yaml.Node, what, known, notYet string) string {
	s, ok := p.scalar(n, what)
	switch {
	case !ok:
	case word(known, s):
		return s
	case word(notYet, s):
		p.at(n, "`%s` is part of the language, but not yet understood here", s)
	default:
		p.at(n, "%s is one of %s", what, strings.Join(strings.Fields(known), ", "))
	}
	return ""
}

func (p *parser) period(n *yaml.Node, what string) Period {
	s, ok := p.scalar(n, what)
	if !ok {
		return Period{}
	}
	period, err := parsePeriod(s)
	if err != nil {
		p.at(n, "%s: %v", what, err)
	}
	return period
}

func (p *parser) boolean(n *yaml.Node, what string) bool {
	if n == nil {
		return false
	}
	return p.oneOf(n, what, "true false", "") == "true"
}

// declare gives a name a meaning, once.
func (p *parser) declare(n *yaml.Node, what string) (string, bool) {
	s := p.match(n, what, nameForm)
	if s == "" {
		return "", false
	}
	const words = "today true false in date latest earliest min max given by_hand"
	if _, taken := p.scope.Vars[s]; taken || word(words, s) {
		p.at(n, "the name `%s` is taken", s)
		return "", false
	}
	return s, true
}

// slot returns the next free place of a frame.
func (p *parser) slot() int {
	p.slots++
	return p.slots - 1
}

// compile types the expression that n holds; it is nil if anything is wrong.
func (p *parser) compile(n *yaml.Node, what string, want ...expr.Kind) *expr.Expr {
	s, ok := p.scalar(n, what)
	if !ok {
		return nil
	}
	return p.compileAt(n, 0, s, want...)
}

// compileAt types src, which begins at offset of n's text.
func (p *parser) compileAt(n *yaml.Node, offset int, src string, want ...expr.Kind) *expr.Expr {
	e, errs := expr.Compile(src, p.scope, want...)
	for _, err := range errs {
		line, col := p.place(n, offset+err.Pos)
		p.add(line, col, "%s", err.Text)
	}
	return e
}

// place returns the line and column of the byte at offset of n's text.
func (p *parser) place(n *yaml.Node, offset int) (line, col int) {
	before := n.Value[:min(offset, len(n.Value))]
	switch {
	case n.Style&yaml.LiteralStyle != 0:
		last := strings.LastIndexByte(before, '\n') + 1
		line = n.Line + 1 + strings.Count(before, "\n")
		indent := 0
		if line-1 < len(p.lines) {
			l := p.lines[line-1]
			indent = len(l) - len(strings.TrimLeft(l, " ")) // of the block and of the text in it
			text := n.Value[last:]
			indent -= len(text) - len(strings.TrimLeft(text, " "))
		}
		return line, indent + utf8.RuneCountInString(before[last:]) + 1
	case n.Style&yaml.FoldedStyle != 0:
		return n.Line, n.Column
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return n.Line, n.Column + 1 + utf8.RuneCountInString(before)
	}
	return n.Line, n.Column + utf8.RuneCountInString(before)
}

// layout fixes how large a frame is.
func (p *parser) layout() {
	p.def.frame.size = p.def.frame.letSlot + len(p.def.lets)
	for _, l := range p.def.lets {
		p.def.letExprs = append(p.def.letExprs, l.expr)
	}
}
