package view

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"text/template/parse"

	"causeway/platform/lang"
)

// A translator writes the texts of one language into a tree: a call of t or
// asset with nothing but a literal, and of lang, becomes text. Such a call must stand in content or
// in a quoted attribute, where escaping HTML is all that is needed.
type translator struct {
	texts *catalogue
	files *files
	lang  lang.Tag
	errs  []error
}

func (tr *translator) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	out := l.Nodes[:0]
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			if s, ok := tr.static(n.Pipe); ok {
				out = text(out, n.Pos, template.HTMLEscapeString(s))
				continue
			}
			tr.pipe(n.Pipe)
		case *parse.TextNode:
			out = text(out, n.Pos, string(n.Text))
			continue
		case *parse.CommentNode:
			continue
		case *parse.TemplateNode:
			tr.pipe(n.Pipe)
		case *parse.IfNode:
			tr.branch(&n.BranchNode)
		case *parse.RangeNode:
			tr.branch(&n.BranchNode)
		case *parse.WithNode:
			tr.branch(&n.BranchNode)
		}
		out = append(out, n)
	}
	l.Nodes = out
}

// text appends s to nodes, joined with the text before it.
func text(nodes []parse.Node, pos parse.Pos, s string) []parse.Node {
	if k := len(nodes); k > 0 {
		if last, ok := nodes[k-1].(*parse.TextNode); ok {
			last.Text = append(slices.Clip(last.Text), s...)
			return nodes
		}
	}
	return append(nodes, &parse.TextNode{NodeType: parse.NodeText, Pos: pos, Text: []byte(s)})
}

func (tr *translator) branch(b *parse.BranchNode) {
	tr.pipe(b.Pipe)
	tr.list(b.List)
	tr.list(b.ElseList)
}

func (tr *translator) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	for _, cmd := range p.Cmds {
		if s, ok := tr.call(cmd); ok && len(p.Cmds) == 1 {
			cmd.Args = []parse.Node{literal(cmd.Pos, s)}
			return
		}
		for i, arg := range cmd.Args {
			sub, ok := arg.(*parse.PipeNode)
			if !ok {
				continue
			}
			if s, ok := tr.static(sub); ok {
				cmd.Args[i] = literal(sub.Pos, s)
			} else {
				tr.pipe(sub)
			}
		}
	}
}

func literal(pos parse.Pos, s string) *parse.StringNode {
	return &parse.StringNode{NodeType: parse.NodeString, Pos: pos, Quoted: strconv.Quote(s), Text: s}
}

// static returns the text of a pipeline that is a call of t with a key alone.
func (tr *translator) static(p *parse.PipeNode) (string, bool) {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 {
		return "", false
	}
	return tr.call(p.Cmds[0])
}

// call checks a call with a literal name, and returns its result if it needs
// nothing else.
func (tr *translator) call(cmd *parse.CommandNode) (string, bool) {
	if len(cmd.Args) == 0 {
		return "", false
	}
	fn, ok := cmd.Args[0].(*parse.IdentifierNode)
	switch {
	case ok && fn.Ident == "lang":
		return string(tr.lang), true
	case !ok || len(cmd.Args) < 2 || fn.Ident != "t" && fn.Ident != "asset":
		return "", false
	}
	key, ok := cmd.Args[1].(*parse.StringNode)
	if !ok {
		return "", false
	}
	if fn.Ident == "asset" {
		name, err := tr.files.path(key.Text)
		if err != nil {
			tr.errs = append(tr.errs, err)
		}
		return name, err == nil
	}
	e := tr.texts.entries[key.Text]
	if e == nil {
		tr.errs = append(tr.errs, fmt.Errorf("there is no text %q", key.Text))
		return "", false
	}
	for _, name := range e.names {
		if !given(cmd.Args[2:], name) {
			tr.errs = append(tr.errs, fmt.Errorf("text %q needs %q", key.Text, name))
		}
	}
	if len(cmd.Args) > 2 || len(e.names) > 0 {
		return "", false
	}
	return e.texts[index(tr.lang)][0], true
}

func given(args []parse.Node, name string) bool {
	for i := 0; i < len(args); i += 2 {
		if s, ok := args[i].(*parse.StringNode); ok && s.Text == name {
			return true
		}
	}
	return false
}
