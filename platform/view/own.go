package view

import (
	"embed"
	"io/fs"
)

//go:embed all:templates
var templatesFS embed.FS

//go:embed texts.yaml
var texts []byte

// own returns what this package brings itself: the layout, the components, and
// the page that tells of a failure.
func own() Source {
	sub, err := fs.Sub(templatesFS, "templates")
	if err != nil { // the folder is embedded above
		panic(err)
	}
	return Source{Module: ownModule, Templates: sub, Texts: texts}
}
