// Package sqlview reads facts from a view of a department's own database, over
// the PostgreSQL protocol. Each session is read-only with a time limit for each
// statement; each look-up is one SELECT with the identity number as a parameter
// and a bound on its rows.
package sqlview

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"causeway/modules/exchange"
)

// Config says how to reach a database.
type Config struct {
	DSN     string                                                               // postgres://USER:PASSWORD@HOST/DATABASE; the password comes from a secret file
	Timeout time.Duration                                                        // of a statement, as the server keeps it; 2 s if 0
	Rows    int                                                                  // of an answer; 50 if 0
	Conns   int                                                                  // open at once; 16 if 0
	Dial    func(ctx context.Context, network, address string) (net.Conn, error) // nil: connects to anything
}

// Source is one database. It may be used by many goroutines.
type Source struct {
	db   *sql.DB
	rows int
}

var _ exchange.Connector = (*Source)(nil)

// ErrWritable reports a server that would let a session write.
var ErrWritable = errors.New("sqlview: the session is not read-only")

// New returns the source that c describes. It connects when it is first asked.
func New(c Config) (*Source, error) {
	cfg, err := pgx.ParseConfig(c.DSN)
	if err != nil {
		return nil, errors.New("sqlview: dsn: want postgres://USER@HOST/DATABASE") // err may hold the password
	}
	if c.Timeout == 0 {
		c.Timeout = 2 * time.Second
	}
	if c.Rows == 0 {
		c.Rows = 50
	}
	if c.Conns == 0 {
		c.Conns = 16
	}
	cfg.ConnectTimeout = c.Timeout
	cfg.RuntimeParams["default_transaction_read_only"] = "on"
	cfg.RuntimeParams["statement_timeout"] = strconv.FormatInt(c.Timeout.Milliseconds(), 10)
	cfg.RuntimeParams["application_name"] = "causeway"
	if c.Dial != nil {
		cfg.DialFunc = c.Dial
	}
	pool := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(readOnly))
	pool.SetMaxOpenConns(c.Conns)
	pool.SetMaxIdleConns(c.Conns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	pool.SetConnMaxLifetime(time.Hour)
	return &Source{db: pool, rows: c.Rows}, nil
}

// Close ends all sessions.
func (s *Source) Close() error { return s.db.Close() }

// readOnly checks a new session: a pooler in between may have dropped what the
// session asked for.
func readOnly(ctx context.Context, conn *pgx.Conn) error {
	var on string
	if err := conn.QueryRow(ctx, "SHOW default_transaction_read_only", pgx.QueryExecModeSimpleProtocol).Scan(&on); err != nil {
		return err
	}
	if on != "on" {
		return ErrWritable
	}
	return nil
}

// Fetch reads the rows about the person.
func (s *Source) Fetch(ctx context.Context, l exchange.Lookup) ([]map[string]any, error) {
	q, err := query(l, s.rows)
	if err != nil {
		return nil, &exchange.SourceError{Outcome: exchange.Invalid, Reason: "binding", Err: err}
	}
	rows, err := s.db.QueryContext(ctx, q, l.Number.Reveal())
	if err != nil {
		return nil, blame(err)
	}
	defer rows.Close()
	var records []map[string]any
	for rows.Next() {
		if len(records) == s.rows {
			return nil, &exchange.SourceError{Outcome: exchange.Invalid, Reason: "too-many-records"}
		}
		record, err := scan(rows, l)
		if err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	if err := rows.Err(); err != nil {
		return nil, blame(err)
	}
	return records, nil
}

var (
	viewRx   = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$`)
	columnRx = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)
)

// errBinding reports a class that names no view, key or column.
var errBinding = errors.New("sqlview: the class is not bound to a view")

// query writes the look-up of l. Names come from configuration, are identifiers,
// and are quoted; the number is the only parameter. One row more than allowed
// shows that there are too many.
func query(l exchange.Lookup, rows int) (string, error) {
	if !viewRx.MatchString(l.Class.At) || !columnRx.MatchString(l.Class.Key) {
		return "", errBinding
	}
	var b strings.Builder
	b.WriteString("SELECT ")
	for i, name := range l.Fields {
		f, ok := l.Class.Field(name)
		if !ok || !columnRx.MatchString(column(f)) {
			return "", errBinding
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(`"` + column(f) + `"`)
	}
	schema, view, split := strings.Cut(l.Class.At, ".")
	b.WriteString(` FROM "` + schema + `"`)
	if split {
		b.WriteString(`."` + view + `"`)
	}
	fmt.Fprintf(&b, ` WHERE "%s" = $1 ORDER BY 1 LIMIT %d`, l.Class.Key, rows+1)
	return b.String(), nil
}

func column(f exchange.Field) string {
	if f.Column != "" {
		return f.Column
	}
	return f.Name
}

// blame says what a database's error means for the person.
func blame(err error) error {
	fail := func(o exchange.Outcome, reason string) error {
		return &exchange.SourceError{Outcome: o, Reason: reason}
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok { // its message may quote values
		switch {
		case e.Code == "57014":
			return fail(exchange.Late, "statement-timeout")
		case e.Code == "42501", strings.HasPrefix(e.Code, "28"):
			return fail(exchange.Refused, "sqlstate-"+e.Code)
		case strings.HasPrefix(e.Code, "42"), strings.HasPrefix(e.Code, "22"):
			return fail(exchange.Invalid, "sqlstate-"+e.Code)
		}
		return fail(exchange.Down, "sqlstate-"+e.Code)
	}
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &exchange.SourceError{Outcome: exchange.Late, Reason: "timeout", Err: context.DeadlineExceeded}
	case errors.Is(err, ErrWritable):
		return fail(exchange.Refused, "not-read-only")
	case pgconn.Timeout(err):
		return fail(exchange.Late, "timeout")
	}
	return fail(exchange.Down, "unreachable")
}
