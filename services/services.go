// Package services holds the service definitions that ship as examples, with
// their tables of cases and the calendars that they count by.
package services

import "embed"

// Files are the definitions (NAME.yaml), their tables (NAME.cases.yaml), and
// calendars/.
//
//go:embed *.yaml calendars
var Files embed.FS
