package servicecmd_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"causeway/app/servicecmd"
	"causeway/platform/day"
)

const services = "../../services/"

func TestCheck(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	files := []string{services + "driving-licence-renewal.yaml", services + "rates-demand.yaml", services + "resident-parking-permit.yaml"}
	if code := servicecmd.Check(files, day.Of(2026, 11, 23), &out, &errs); code != 0 || errs.Len() > 0 {
		t.Errorf("code %d, errors %s", code, errs.String())
	}
	if n := strings.Count(out.String(), ": ok: "); n != len(files) {
		t.Errorf("%d files are ok: %s", n, out.String())
	}
}

func TestCheckNamesThePlace(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile(services + "rates-demand.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "bad.yaml")
	bad := strings.Replace(string(good), "tenement.quarter_starts_on.monthEnd", "tenement.quarter.monthEnd", 1)
	if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	line := 1 + strings.Count(bad[:strings.Index(bad, "tenement.quarter.")], "\n")
	var out, errs bytes.Buffer
	if code := servicecmd.Check([]string{file, services + "nothing.yaml"}, day.Of(2026, 11, 23), &out, &errs); code != 1 {
		t.Errorf("code %d", code)
	}
	want := file + ":" + itoa(line) + ":22: `tenement` has no field `quarter`"
	if !strings.Contains(errs.String(), want) || !strings.Contains(errs.String(), "nothing.yaml") {
		t.Errorf("want %s\ngot %s", want, errs.String())
	}
}

// TestWords: a calendar that ends within half a year is a warning, a role without
// words an error.
func TestWords(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	file := services + "rates-demand.yaml"
	if code := servicecmd.Check([]string{file}, day.Of(2027, 6, 30), &out, &errs); code != 0 || strings.Contains(out.String(), "warning") {
		t.Errorf("half a year before: code %d, %s%s", code, out.String(), errs.String())
	}
	if code := servicecmd.Check([]string{file}, day.Of(2027, 7, 1), &out, &errs); code != 0 || !strings.Contains(out.String(), file+": warning: the calendar hk-general-holidays ends on 2027-12-31") {
		t.Errorf("less than half a year before: code %d, %s%s", code, out.String(), errs.String())
	}
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	another := filepath.Join(t.TempDir(), "another.yaml")
	src = bytes.Replace(src, []byte("role: rating-officer"), []byte("role: rating-clerk"), 1)
	line := 1 + bytes.Count(src[:bytes.Index(src, []byte("rating-clerk"))], []byte("\n"))
	if err := os.WriteFile(another, src, 0o600); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	want := another + ":" + itoa(line) + ":11: the role `rating-clerk` has no words"
	if code := servicecmd.Check([]string{another}, day.Of(2026, 11, 23), &out, &errs); code != 1 || !strings.Contains(errs.String(), want) || strings.Contains(out.String(), "ok") {
		t.Errorf("code %d, want %s, got %s%s", code, want, out.String(), errs.String())
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

func TestTables(t *testing.T) {
	t.Parallel()
	tables, err := filepath.Glob(services + "*.cases.yaml")
	if err != nil || len(tables) < 3 {
		t.Fatal(err, tables)
	}
	for _, table := range tables {
		name, _, _ := strings.Cut(filepath.Base(table), ".")
		var out, errs bytes.Buffer
		code := servicecmd.Test(services+name+".yaml", table, "", &out, &errs)
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if code != 0 || !strings.HasSuffix(lines[len(lines)-1], " passed, 0 failed") {
			t.Errorf("%s: code %d\n%s%s", table, code, out.String(), errs.String())
		}
	}
}

func TestFailingTable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	table := filepath.Join(dir, "cases.yaml")
	rows := `
- name: right
  today: 2026-10-20
  evidence: {rvd.tenement: {rateable_value: HKD 120000.00, quarter_starts_on: 2026-10-01}}
  expect: {fee: HKD 2400.00}
- name: wrong
  today: 2026-10-20
  evidence: {rvd.tenement: {rateable_value: HKD 120000.00, quarter_starts_on: 2026-10-01}}
  expect: {fee: HKD 2400.01, eligible: false}
- name: misspelt
  today: 2026-10-20
  evidence: {rvd.tenements: {rateable_value: HKD 120000.00, quarter_starts_on: 2026-10-01}}
  expect: {eligible: true}
- name: beyond the calendar
  today: 2026-10-20
  evidence: {rvd.tenement: {rateable_value: HKD 120000.00, quarter_starts_on: 2028-10-01}}
  expect: {eligible: true}
`
	if err := os.WriteFile(table, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := servicecmd.Test(services+"rates-demand.yaml", table, "", &out, &errs); code != 1 {
		t.Errorf("code %d", code)
	}
	got := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(got) != 5 || got[0] != "ok    right" || got[4] != "1 passed, 3 failed" {
		t.Errorf("got %q", got)
	}
	out.Reset()
	if code := servicecmd.Test(services+"rates-demand.yaml", table, dir, &out, &errs); code != 1 || !strings.Contains(out.String(), "0 passed, 4 failed") {
		t.Errorf("without a calendar: code %d, %s", code, out.String())
	}
	if code := servicecmd.Test(services+"rates-demand.yaml", filepath.Join(dir, "none.yaml"), "", &out, &errs); code != 1 {
		t.Errorf("without a table: code %d", code)
	}
}
