package view

import (
	"strings"
	"time"
	"unicode/utf8"
)

// A Shell is what the page around the content tells about its reader.
type Shell struct {
	SignedIn bool
	Name     string    // how the person is called; "" is allowed
	Unread   int       // messages not read yet
	Officer  bool      // acts for some department
	Expires  time.Time // when the session ends without a further request
	Now      time.Time // the instant of the request, for Expires
	Demo     bool      // a fictional city: says so on every page
}

// Initials returns at most two letters that stand for the person's name, or its
// last two characters where the name is written in Chinese.
func (s Shell) Initials() string {
	words := strings.Fields(s.Name)
	if len(words) == 0 {
		return ""
	}
	if r, _ := utf8.DecodeRuneInString(words[0]); r >= 0x2E80 {
		name := []rune(strings.Join(words, ""))
		return string(name[max(0, len(name)-2):])
	}
	var b strings.Builder
	for _, w := range []string{words[0], words[len(words)-1]} {
		r, _ := utf8.DecodeRuneInString(w)
		b.WriteRune(r)
		if len(words) == 1 {
			break
		}
	}
	return strings.ToUpper(b.String())
}

// Seconds returns how long the session still lasts, 0 if that is unknown.
func (s Shell) Seconds() int {
	if s.Expires.IsZero() || s.Now.IsZero() {
		return 0
	}
	return max(0, int(s.Expires.Sub(s.Now)/time.Second))
}

// navOf returns which item of the navigation the page at path belongs to.
func navOf(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch first {
	case "":
		return "home"
	case "cases":
		return "services"
	}
	return first
}
