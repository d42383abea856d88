package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// A pipe is one connection to PostgreSQL that sends statements together, as far
// as nobody waits for their results: the begin of a transaction and what was
// written by DB.Write go along with the next statement that is waited for, or
// with the commit. The server runs them in their order, and none after one that
// failed.
type pipe struct {
	*stdlib.Conn
	inside bool     // a transaction
	queued []queued // not sent yet; only inside
}

type queued struct {
	sql  string
	args []any
}

// later marks the context of a statement whose result nobody reads.
type later struct{}

// A laterError is the failure of a statement that was sent together with
// another, which is not to blame.
type laterError struct{ err error }

func (e *laterError) Error() string { return "an earlier write: " + e.err.Error() }
func (e *laterError) Unwrap() error { return e.err }

// pipes connects to what a DSN names.
type pipes struct{ driver.Connector }

// settings has a statement's plan made once, not anew for each execution, and has
// it go by an index wherever there is one: a serializable unit that reads a whole
// table, however small, loses to everybody who writes to it.
const settings = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off"

func newPipes(dsn string) (driver.Connector, error) {
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	return pipes{stdlib.GetConnector(*c, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, settings)
		return err
	}))}, nil
}

// Connect implements driver.Connector.
func (p pipes) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := c.(*stdlib.Conn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("db: a connection of type %T", c), c.Close())
	}
	return &pipe{Conn: inner}, nil
}

// BeginTx implements driver.ConnBeginTx. Nothing is sent yet.
func (p *pipe) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if p.Conn.Conn().IsClosed() {
		return nil, driver.ErrBadConn
	}
	begin := "begin"
	switch sql.IsolationLevel(opts.Isolation) {
	case sql.LevelDefault:
	case sql.LevelReadCommitted:
		begin = "begin isolation level read committed"
	case sql.LevelRepeatableRead:
		begin = "begin isolation level repeatable read"
	case sql.LevelSerializable:
		begin = "begin isolation level serializable"
	default:
		return nil, fmt.Errorf("db: unsupported isolation: %v", opts.Isolation)
	}
	if opts.ReadOnly {
		begin += " read only"
	}
	p.inside, p.queued = true, append(p.queued[:0], queued{sql: begin})
	return pipeTx{p, ctx}, nil
}

// ExecContext implements driver.ExecerContext.
func (p *pipe) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	if p.inside && ctx.Value(later{}) != nil {
		p.queued = append(p.queued, queued{q, plain(args)})
		return driver.ResultNoRows, nil
	}
	if len(p.queued) == 0 {
		return p.Conn.ExecContext(ctx, q, args)
	}
	if len(args) == 0 { // it may be several statements, which do not go along with others
		if err := p.flush(ctx); err != nil {
			return nil, err
		}
		return p.Conn.ExecContext(ctx, q, args)
	}
	tag, err := p.send(ctx, queued{q, plain(args)})
	return driver.RowsAffected(tag.RowsAffected()), err
}

// QueryContext implements driver.QueryerContext.
func (p *pipe) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	if len(p.queued) == 0 {
		return p.Conn.QueryContext(ctx, q, args)
	}
	results, err := p.start(ctx, queued{q, plain(args)})
	if err != nil {
		return nil, err
	}
	rows, err := results.Query()
	if err == nil {
		r := &pipeRows{rows: rows, types: p.Conn.Conn().TypeMap(), results: results, more: rows.Next()} // the columns are known once a row is
		if err = rows.Err(); err == nil {
			return r, nil
		}
		rows.Close()
	}
	_ = results.Close() // it says the same
	return nil, err
}

// PrepareContext implements driver.ConnPrepareContext. Statements are kept
// prepared by their text, so that there is nothing to do yet.
func (p *pipe) PrepareContext(_ context.Context, q string) (driver.Stmt, error) {
	return pipeStmt{p, q}, nil
}

// ResetSession implements driver.SessionResetter.
func (p *pipe) ResetSession(ctx context.Context) error {
	p.queued = p.queued[:0]
	return p.Conn.ResetSession(ctx)
}

// flush sends what is queued.
func (p *pipe) flush(ctx context.Context) error {
	last := p.queued[len(p.queued)-1]
	p.queued = p.queued[:len(p.queued)-1]
	if _, err := p.send(ctx, last); err != nil {
		return &laterError{err}
	}
	return nil
}

// send sends what is queued, and last, and returns how last ended.
func (p *pipe) send(ctx context.Context, last queued) (pgconn.CommandTag, error) {
	if len(p.queued) == 0 {
		return p.Conn.Conn().Exec(ctx, last.sql, last.args...)
	}
	results, err := p.start(ctx, last)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := results.Exec()
	return tag, errors.Join(err, closing(results, err))
}

// closing ends results, and returns what only that has shown.
func closing(results pgx.BatchResults, known error) error {
	if err := results.Close(); known == nil {
		return err
	}
	return nil
}

// start sends what is queued, and last, whose results are the next to be read.
func (p *pipe) start(ctx context.Context, last queued) (pgx.BatchResults, error) {
	b := &pgx.Batch{}
	for _, s := range p.queued {
		b.Queue(s.sql, s.args...)
	}
	b.Queue(last.sql, last.args...)
	n := len(p.queued)
	clear(p.queued)
	p.queued = p.queued[:0]
	results := p.Conn.Conn().SendBatch(ctx, b)
	for range n {
		if _, err := results.Exec(); err != nil {
			_ = results.Close() // it says the same
			return nil, &laterError{err}
		}
	}
	return results, nil
}

// plain is args as pgx takes them. All are positional.
func plain(args []driver.NamedValue) []any {
	all := make([]any, len(args))
	for i, a := range args {
		all[i] = a.Value
	}
	return all
}

// pipeTx is a transaction on a pipe.
type pipeTx struct {
	p   *pipe
	ctx context.Context //nolint:containedctx // of the transaction; the driver's interface leaves no other way
}

// Commit implements driver.Tx. A transaction in which nothing was said costs
// nothing.
func (t pipeTx) Commit() error {
	p := t.p
	p.inside = false
	if len(p.queued) == 1 && p.status() == 'I' {
		p.queued = p.queued[:0]
		return nil
	}
	tag, err := p.send(t.ctx, queued{sql: "commit"})
	if err == nil && tag.String() == "ROLLBACK" {
		err = pgx.ErrTxCommitRollback
	}
	if err != nil {
		return errors.Join(err, t.Rollback()) // what failed was the commit or a write before it
	}
	return nil
}

// rollbackFor bounds the end of a transaction whose context may have ended.
const rollbackFor = 5 * time.Second

// Rollback implements driver.Tx. A connection that cannot do it is closed.
func (t pipeTx) Rollback() error {
	p := t.p
	p.inside = false
	clear(p.queued)
	p.queued = p.queued[:0]
	if p.Conn.Conn().IsClosed() || p.status() == 'I' {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), rollbackFor)
	defer cancel()
	if _, err := p.Conn.Conn().Exec(ctx, "rollback"); err != nil {
		return errors.Join(err, p.Close())
	}
	return nil
}

// status is the transaction's on the server: 'I' for none.
func (p *pipe) status() byte { return p.Conn.Conn().PgConn().TxStatus() }

// pipeStmt is a statement of a pipe, by its text.
type pipeStmt struct {
	p *pipe
	q string
}

// Close implements driver.Stmt.
func (s pipeStmt) Close() error { return nil }

// NumInput implements driver.Stmt.
func (s pipeStmt) NumInput() int { return -1 }

// errOld reports the use of an interface that database/sql no longer uses.
var errOld = errors.New("db: a context is needed")

// Exec implements driver.Stmt.
func (s pipeStmt) Exec([]driver.Value) (driver.Result, error) { return nil, errOld }

// Query implements driver.Stmt.
func (s pipeStmt) Query([]driver.Value) (driver.Rows, error) { return nil, errOld }

// ExecContext implements driver.StmtExecContext.
func (s pipeStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.p.ExecContext(ctx, s.q, args)
}

// QueryContext implements driver.StmtQueryContext.
func (s pipeStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.p.QueryContext(ctx, s.q, args)
}
