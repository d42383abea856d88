package registry

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	wire "github.com/jeroenrinzema/psql-wire"
	"github.com/jeroenrinzema/psql-wire/codes"
	pgerr "github.com/jeroenrinzema/psql-wire/errors"

	"causeway/demo/city"
	"causeway/platform/day"
)

// sqlSource is a registry that offers a view over the PostgreSQL protocol.
type sqlSource struct {
	plan     plan
	password string
	db       *sql.DB
	faults   *fault

	kinds sync.Map // columns of a query, by its text

	mu     sync.Mutex // guards what follows
	addr   string
	server *wire.Server // nil while it is shut
	conns  *tracked
}

// sqlSources makes the registries of the SQL kind.
func sqlSources(ctx context.Context, c Config, people *city.City, reference day.Date) ([]source, error) {
	if c.Password == "" {
		return nil, errors.New("a password is needed")
	}
	all := plans()
	out := make([]source, len(all))
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, p := range all {
		wg.Go(func() { out[i], errs[i] = newSQLSource(ctx, c, p, people, reference) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return out, nil
}

func newSQLSource(ctx context.Context, c Config, p plan, people *city.City, reference day.Date) (source, error) {
	path := filepath.Join(c.Dir, p.id+".db")
	if err := p.build(ctx, path, c.Seed, reference, c.Today, people); err != nil {
		return nil, fmt.Errorf("%s: %w", p.id, err)
	}
	d, err := openFile(path, url.Values{"mode": {"ro"}, "_pragma": {"query_only(1)"}})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.id, err)
	}
	d.SetMaxOpenConns(2 * runtime.NumCPU())
	d.SetMaxIdleConns(2 * runtime.NumCPU())
	return &sqlSource{plan: p, password: c.Password, db: d, faults: newFault(), addr: c.loopback(p.id)}, nil
}

func (s *sqlSource) name() string  { return s.plan.id }
func (s *sqlSource) fault() *fault { return s.faults }
func (s *sqlSource) close() error  { return s.db.Close() }

func (s *sqlSource) endpoint() Endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Endpoint{Addr: s.addr}
}

func (s *sqlSource) open(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		return nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", s.addr)
	if err != nil {
		return err
	}
	s.addr = l.Addr().String()
	s.conns = &tracked{Listener: l, open: map[net.Conn]bool{}}
	server, err := wire.NewServer(s.parse,
		wire.Logger(slog.New(slog.DiscardHandler)), // its errors quote queries
		wire.SessionAuthStrategy(wire.ClearTextPassword(s.admit)),
		wire.GlobalParameters(wire.Parameters{"standard_conforming_strings": "on", "integer_datetimes": "on", "TimeZone": "UTC", "DateStyle": "ISO, MDY"}),
	)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	s.server = server
	conns := s.conns
	go func() { _ = server.Serve(conns) }() // ends with shut
	return nil
}

func (s *sqlSource) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		s.conns.drop()
		_ = s.server.Close()
		s.server = nil
	}
}

func (s *sqlSource) admit(ctx context.Context, database, user, password string) (context.Context, bool, error) {
	ok := user == "gateway" && database == s.plan.id && subtle.ConstantTimeCompare([]byte(password), []byte(s.password)) == 1
	return ctx, ok, nil
}

var showRx = regexp.MustCompile(`(?i)^\s*SHOW\s+([a-z_]+)\s*;?\s*$`)

// parse answers SHOW, takes the words of a transaction, and prepares a SELECT.
func (s *sqlSource) parse(ctx context.Context, q wire.Query) (wire.PreparedStatements, error) {
	text := strings.TrimSpace(q.Query)
	if m := showRx.FindStringSubmatch(text); m != nil {
		value := wire.ClientParameters(ctx)[wire.ParameterStatus(strings.ToLower(m[1]))]
		return wire.Prepared(wire.NewStatement(func(_ context.Context, w wire.DataWriter, _ []wire.Parameter) error {
			if err := w.Row([]any{value}); err != nil {
				return err
			}
			return w.Complete("SHOW")
		}, wire.WithColumns(wire.Columns{{Name: m[1], Oid: pgtype.TextOID, Width: -1}}))), nil
	}
	word, _, _ := strings.Cut(strings.ToUpper(strings.TrimRight(text, ";")), " ")
	switch {
	case word == "BEGIN" || word == "COMMIT" || word == "ROLLBACK" || strings.HasPrefix(text, "--"):
		return wire.Prepared(wire.NewStatement(func(_ context.Context, w wire.DataWriter, _ []wire.Parameter) error {
			return w.Complete(word)
		})), nil
	case word != "SELECT" || strings.Contains(text, ";"):
		return nil, pgerr.WithCode(errors.New("cannot execute this in a read-only transaction"), codes.ReadOnlySQLTransaction)
	}
	columns, err := s.columns(ctx, text)
	if err != nil {
		return nil, pgerr.WithCode(errors.New("no such view or column"), codes.UndefinedTable)
	}
	params := make([]uint32, strings.Count(text, "$"))
	for i := range params {
		params[i] = pgtype.TextOID
	}
	return wire.Prepared(wire.NewStatement(func(ctx context.Context, w wire.DataWriter, p []wire.Parameter) error {
		return s.answer(ctx, w, text, columns, p)
	}, wire.WithColumns(columns), wire.WithParameters(params))), nil
}

// columns returns the columns of a query, with the types that its view declares.
func (s *sqlSource) columns(ctx context.Context, text string) (wire.Columns, error) {
	if known, ok := s.kinds.Load(text); ok {
		c, _ := known.(wire.Columns)
		return c, nil
	}
	args := make([]any, strings.Count(text, "$"))
	rows, err := s.db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	var out wire.Columns
	for _, t := range types {
		oid := uint32(pgtype.TextOID)
		switch t.DatabaseTypeName() {
		case "DATE":
			oid = pgtype.DateOID
		case "INTEGER":
			oid = pgtype.Int8OID
		}
		out = append(out, wire.Column{Name: t.Name(), Oid: oid, Width: -1})
	}
	s.kinds.Store(text, out)
	return out, rows.Err()
}

// answer runs a prepared SELECT, as the fault has it.
func (s *sqlSource) answer(ctx context.Context, w wire.DataWriter, text string, columns wire.Columns, p []wire.Parameter) error {
	limit, _ := strconv.Atoi(wire.ClientParameters(ctx)["statement_timeout"])
	mode, late := s.faults.call(ctx, time.Duration(limit)*time.Millisecond)
	switch {
	case late:
		return pgerr.WithCode(errors.New("canceling statement due to statement timeout"), codes.QueryCanceled)
	case mode == Broken:
		return pgerr.WithCode(errors.New("could not read block"), codes.Internal)
	case mode == Refusing:
		return pgerr.WithCode(errors.New("permission denied for view"), codes.InsufficientPrivilege)
	}
	args := make([]any, len(p))
	for i := range p {
		args[i] = string(p[i].Value())
	}
	rows, err := s.db.QueryContext(ctx, text, args...)
	if err != nil {
		return pgerr.WithCode(errors.New("query failed"), codes.Internal)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		row, err := s.row(rows, columns, mode)
		if err != nil {
			return err
		}
		for range 1 + 200*count(mode == Huge) {
			if err := w.Row(row); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return pgerr.WithCode(errors.New("query failed"), codes.Internal)
	}
	return w.Complete("SELECT " + strconv.Itoa(n))
}

func (s *sqlSource) row(rows *sql.Rows, columns wire.Columns, mode string) ([]any, error) {
	row := make([]any, len(columns))
	into := make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	if mode == Wrong {
		for i, c := range columns {
			if row[i] = nil; c.Oid == pgtype.TextOID {
				row[i] = ""
			}
		}
	}
	return row, nil
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// tracked remembers the connections of a listener, so that it can drop them.
type tracked struct {
	net.Listener
	mu   sync.Mutex // guards open
	open map[net.Conn]bool
}

// Accept waits for the next connection.
func (t *tracked) Accept() (net.Conn, error) {
	c, err := t.Listener.Accept()
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	tc := &trackedConn{Conn: c, t: t}
	t.open[tc] = true
	return tc, nil
}

func (t *tracked) drop() {
	_ = t.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	for c := range t.open {
		if tc, ok := c.(*trackedConn); ok {
			_ = tc.Conn.Close()
		}
	}
}

type trackedConn struct {
	net.Conn
	t *tracked
}

// Close ends the connection.
func (c *trackedConn) Close() error {
	c.t.mu.Lock()
	delete(c.t.open, c)
	c.t.mu.Unlock()
	return c.Conn.Close()
}
