package db

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

// Statements that a connection to SQLite keeps prepared: most, and how long
// their texts may be. What is longer is a script that runs once.
const (
	preparedMax  = 256
	preparedText = 8 << 10
)

// A prepared is one connection to SQLite that keeps the statements it has
// prepared, by their text, those used last. SQLite prepares a statement again by
// itself when the schema has changed.
type prepared struct {
	sqliteConn
	stmts map[string]*list.Element // of *kept
	order *list.List               // the one used last comes first
}

// kept is a prepared statement. While its rows are read it is busy, and another
// reading of the same text goes without it.
type kept struct {
	q    string
	stmt sqliteStmt
	busy bool
}

// sqliteConn is what the driver's connections can do that is used here.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// sqliteStmt is what the driver's statements can do that is used here.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// files connects to the file that a DSN names.
type files struct{ driver.Connector }

// newFiles returns the connector, under the URI dsn.
func newFiles(dsn string) (driver.Connector, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return files{c}, nil
}

// Connect implements driver.Connector.
func (f files) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := f.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := c.(sqliteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("db: a connection of type %T", c), c.Close())
	}
	return &prepared{inner, map[string]*list.Element{}, list.New()}, nil
}

// Unwrap returns the driver's own connection, for the driver.
func (p *prepared) Unwrap() driver.Conn { return p.sqliteConn }

// take returns q prepared, and not busy; nil if q is not to be kept.
func (p *prepared) take(ctx context.Context, q string) (*kept, error) {
	if e, ok := p.stmts[q]; ok {
		k := e.Value.(*kept) //nolint:forcetypeassert,errcheck // nothing else is in the list
		if k.busy {
			return nil, nil //nolint:nilnil // as said
		}
		p.order.MoveToFront(e)
		return k, nil
	}
	if len(q) > preparedText {
		return nil, nil //nolint:nilnil // as said
	}
	s, err := p.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	stmt, ok := s.(sqliteStmt)
	if !ok {
		return nil, s.Close()
	}
	k := &kept{q: q, stmt: stmt}
	p.stmts[q] = p.order.PushFront(k)
	return k, p.trim()
}

// trim closes the statement that was used longest ago, if there are too many.
func (p *prepared) trim() error {
	if p.order.Len() <= preparedMax {
		return nil
	}
	for e := p.order.Back(); e != nil; e = e.Prev() {
		if k := e.Value.(*kept); !k.busy { //nolint:forcetypeassert,errcheck // nothing else is in the list
			p.order.Remove(e)
			delete(p.stmts, k.q)
			return k.stmt.Close()
		}
	}
	return nil
}

// ExecContext implements driver.ExecerContext.
func (p *prepared) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	k, err := p.take(ctx, q)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return p.sqliteConn.ExecContext(ctx, q, args)
	}
	return k.stmt.ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (p *prepared) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	k, err := p.take(ctx, q)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return p.sqliteConn.QueryContext(ctx, q, args)
	}
	rows, err := k.stmt.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	k.busy = true
	return keptRows{rows, k}, nil
}

// Close closes the statements, then the connection.
func (p *prepared) Close() error {
	var errs []error
	for e := p.order.Front(); e != nil; e = e.Next() {
		errs = append(errs, e.Value.(*kept).stmt.Close()) //nolint:forcetypeassert,errcheck // nothing else is in the list
	}
	clear(p.stmts)
	p.order.Init()
	return errors.Join(append(errs, p.sqliteConn.Close())...)
}

// keptRows are the rows of a kept statement.
type keptRows struct {
	driver.Rows
	k *kept
}

// Close implements driver.Rows.
func (r keptRows) Close() error {
	r.k.busy = false
	return r.Rows.Close()
}
