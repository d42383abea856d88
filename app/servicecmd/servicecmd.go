// Package servicecmd is the commands that a service owner uses without a
// server: service check and service test.
package servicecmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"causeway/modules/catalogue"
	orgweb "causeway/modules/org/web"
	"causeway/modules/service"
	"causeway/platform/day"
)

// Exit codes.
const (
	ok     = 0
	failed = 1
)

// maxFile bounds what is read of one file, in bytes.
const maxFile = 4 << 20

// Check checks definitions. What is wrong goes to stderr, a line per error with
// file, line and column; a file without errors is named on stdout. It returns 1
// if any file has an error; a role that has no words is one.
//
// A warning goes to stdout and changes nothing: a calendar beside the file that
// ends within half a year of today.
func Check(files []string, today day.Date, stdout, stderr io.Writer) int {
	code := ok
	if len(files) == 0 {
		say(stderr, "service check: name at least one file")
		return failed
	}
	for _, file := range files {
		def, err := definition(file)
		if err != nil {
			say(stderr, "%v", err)
			code = failed
			continue
		}
		if errs := def.Unnamed(file, orgweb.HasRole); len(errs) > 0 {
			say(stderr, "%v", errs)
			code = failed
			continue
		}
		say(stdout, "%s: ok: %s version %d, %d rules", file, def.ID, def.Version, len(def.Rules))
		cal, err := calendar(def, filepath.Join(filepath.Dir(file), "calendars"))
		switch {
		case err != nil:
			say(stderr, "%v", err)
			code = failed
		case def.Calendar != "" && !cal.Last().IsZero() && catalogue.EndsSoon(cal, today):
			say(stdout, "%s: warning: the calendar %s ends on %s: add the next year to it, or no deadline can be counted after that", file, def.Calendar, cal.Last())
		}
	}
	return code
}

// Test runs the table cases against the definition in file, with a line per case
// on stdout and, last, "N passed, N failed". Calendars come from calendarsDir,
// or from calendars beside file if it is empty. It returns 1 if a case failed or
// a file cannot be used.
func Test(file, cases, calendarsDir string, stdout, stderr io.Writer) int {
	def, err := definition(file)
	if err != nil {
		say(stderr, "%v", err)
		return failed
	}
	if calendarsDir == "" {
		calendarsDir = filepath.Join(filepath.Dir(file), "calendars")
	}
	cal, err := calendar(def, calendarsDir)
	if err != nil {
		say(stderr, "%v", err)
		return failed
	}
	src, err := read(cases)
	if err != nil {
		say(stderr, "%v", err)
		return failed
	}
	table, err := service.ParseCases(cases, src)
	if err != nil {
		say(stderr, "%v", err)
		return failed
	}
	passed := 0
	for _, c := range table {
		r := c.Run(def, cal)
		if r.Passed() {
			passed++
		}
		say(stdout, "%s", r.Line(c))
	}
	say(stdout, "%d passed, %d failed", passed, len(table)-passed)
	if passed < len(table) {
		return failed
	}
	return ok
}

// say writes one line. Nothing can be done about a terminal that is gone.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format+"\n", args...)
}

func definition(file string) (*service.Definition, error) {
	src, err := read(file)
	if err != nil {
		return nil, err
	}
	return service.Parse(file, src)
}

// calendar reads the calendar that def names. A missing file is a calendar
// without a year: no error until a rule needs one.
func calendar(def *service.Definition, dir string) (*service.Calendar, error) {
	if def.Calendar == "" {
		return new(service.Calendar), nil
	}
	file := filepath.Join(dir, def.Calendar+".json")
	src, err := read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return new(service.Calendar), nil
	}
	if err != nil {
		return nil, err
	}
	cal, err := service.ParseCalendar(src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return cal, nil
}

// read returns what is in file, which must not be larger than maxFile.
func read(file string) ([]byte, error) {
	f, err := os.Open(file) //nolint:gosec // the user names it
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	src, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(src) > maxFile {
		err = fmt.Errorf("%s is larger than %d MiB", file, maxFile>>20)
	}
	return src, err
}
