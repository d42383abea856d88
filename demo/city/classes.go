package city

import (
	"embed"
	"io/fs"
)

//go:embed classes/*.yaml
var classes embed.FS

// Classes returns the files that declare the data classes of the city's
// registries, one a class.
func Classes() fs.FS {
	sub, err := fs.Sub(classes, "classes")
	if err != nil {
		panic(err) // embedded
	}
	return sub
}
