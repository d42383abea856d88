package view

import (
	"errors"
	"fmt"
	"html/template"
	"strings"
	"time"

	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/money"
)

// A Dict is what a component takes: named values.
type Dict = map[string]any

// funcs returns what templates in f's language may call.
func funcs(f formatter, files *files) template.FuncMap {
	i := index(f.tag)
	return template.FuncMap{
		"t": func(key string, pairs ...any) (string, error) {
			args, err := dict(pairs...)
			if err != nil {
				return "", err
			}
			return f.texts.text(i, key, args), nil
		},
		"tmap":    func(key string, args map[string]any) string { return f.texts.text(i, key, args) },
		"tr":      func(x lang.Text) string { return x.In(f.tag) },
		"date":    func(t time.Time) string { return f.date(t) },
		"clock":   func(t time.Time) string { return f.clock(t) },
		"day":     func(d day.Date) string { return f.day(d) },
		"dayof":   func(t time.Time) string { return f.day(day.In(t, f.zone)) },
		"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"money":   func(a money.Amount) string { return f.money(a) },
		"dict":    dict,
		"list":    func(items ...any) []any { return items },
		"push":    push,
		"problem": func(p Problems, field string) string { return p.in(f, field) },
		"qr": func(content string, alt ...string) (template.HTML, error) {
			return qrSVG(content, strings.Join(alt, " "))
		},
		"asset": files.path,
		"join":  func(items []string, sep string) string { return strings.Join(items, sep) },
		"add":   func(a, b int) int { return a + b },
		"lang":  func() string { return string(f.tag) },
		"default": func(fallback, v string) string {
			if v == "" {
				return fallback
			}
			return v
		},
	}
}

func dict(pairs ...any) (Dict, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict: want names and values in turn")
	}
	if len(pairs) == 0 {
		return nil, nil
	}
	d := make(Dict, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", pairs[i])
		}
		d[name] = pairs[i+1]
	}
	return d, nil
}

// push returns items with more at the end; items is left as it is.
func push(items []any, more ...any) []any {
	return append(items[:len(items):len(items)], more...)
}
