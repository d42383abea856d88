package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	_ "modernc.org/sqlite" // driver "sqlite"

	"causeway/demo/city"
	"causeway/platform/day"
)

// A plan says what one database of the SQL kind holds. The first column is the
// identity number.
type plan struct {
	id      string
	table   string
	view    string
	columns []string // with their types
	names   []string
	row     func(r city.Resident) ([]any, bool) // false: no record
}

// plans returns the databases of the city.
func plans() []plan {
	return []plan{
		{
			id: "immigration", table: "person", view: "immd_identity",
			columns: []string{"hkid TEXT PRIMARY KEY", "full_name TEXT", "chinese_name TEXT", "date_of_birth DATE"},
			names:   []string{"hkid", "full_name", "chinese_name", "date_of_birth"},
			row: func(r city.Resident) ([]any, bool) {
				var zh any
				if r.NameZh != "" {
					zh = r.NameZh
				}
				return []any{r.Number.Reveal(), r.Name, zh, r.BornOn.String()}, true
			},
		},
		{
			id: "housing", table: "home", view: "housing_address",
			columns: []string{"hkid TEXT PRIMARY KEY", "street TEXT", "district TEXT", "since DATE"},
			names:   []string{"hkid", "street", "district", "since"},
			row: func(r city.Resident) ([]any, bool) {
				if r.Home == nil {
					return nil, false
				}
				return []any{r.Number.Reveal(), r.Home.Street, r.Home.District, r.Home.MovedInOn.String()}, true
			},
		},
	}
}

// build makes the database of p at path, or brings the personas' records in an
// existing one up to today.
func (p plan) build(ctx context.Context, path string, seed uint64, reference, today day.Date, people *city.City) error {
	made := fmt.Sprintf("%d %s %s", seed, reference, today)
	switch old, err := os.ReadFile(path + ".made"); { //nolint:gosec // our own folder
	case err == nil && string(old) == made:
		return nil
	case err == nil && !strings.HasPrefix(string(old), fmt.Sprintf("%d %s ", seed, reference)):
		err = os.Remove(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return err
	}
	// The file can be made again from the seed, so it need not be durable while
	// it is filled; the mark that it is whole comes last.
	d, err := openFile(path, url.Values{"_pragma": {"journal_mode(DELETE)", "synchronous(OFF)", "busy_timeout(5000)"}})
	if err != nil {
		return err
	}
	if err := p.fill(ctx, d, people); err != nil {
		return errors.Join(err, d.Close())
	}
	if err := d.Close(); err != nil {
		return err
	}
	return writeFile(path+".made", []byte(made))
}

func (p plan) fill(ctx context.Context, d *sql.DB, people *city.City) error {
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // no-op after Commit
	for _, q := range []string{
		"CREATE TABLE IF NOT EXISTS " + p.table + " (" + strings.Join(p.columns, ", ") + ") WITHOUT ROWID",
		"CREATE VIEW IF NOT EXISTS " + p.view + " AS SELECT " + strings.Join(p.names, ", ") + " FROM " + p.table,
	} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	const batch = 200
	marks := "(?" + strings.Repeat(", ?", len(p.names)-1) + ")"
	into := "INSERT OR REPLACE INTO " + p.table + " (" + strings.Join(p.names, ", ") + ") VALUES "
	var args []any
	n := 0
	flush := func() error {
		if n == 0 {
			return nil
		}
		_, err := tx.ExecContext(ctx, into+marks+strings.Repeat(", "+marks, n-1), args...)
		args, n = args[:0], 0
		return err
	}
	for _, r := range people.Residents() {
		row, ok := p.row(r)
		if !ok {
			continue
		}
		args = append(args, row...)
		if n++; n == batch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return tx.Commit()
}

func openFile(path string, q url.Values) (*sql.DB, error) {
	dsn := url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: q.Encode()}
	return sql.Open("sqlite", dsn.String())
}
