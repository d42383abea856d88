package document

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is the longest name in characters, without its extension.
const maxName = 80

// CleanName returns name without folders, without what is not seen or turns the
// direction of writing, and with the kind's own extension; "document" if
// nothing is left of it.
func CleanName(name string, k Kind) string {
	name = strings.ToValidUTF8(name, "")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r), strings.ContainsRune(`<>:"|?*;%`, r):
			return -1
		}
		return r
	}, name)
	if i := strings.LastIndexByte(name, '.'); i >= 0 && len(name)-i <= 6 {
		name = name[:i]
	}
	name = strings.Join(strings.Fields(name), " ")
	if n := utf8.RuneCountInString(name); n > maxName {
		name = string([]rune(name)[:maxName])
	}
	name = strings.Trim(name, " .")
	if name == "" {
		name = "document"
	}
	return name + "." + k.extension()
}

func (k Kind) extension() string {
	if k == JPEG {
		return "jpg"
	}
	return string(k)
}
