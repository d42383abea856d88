package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"causeway/modules/openid"
)

const insertRequest = `
INSERT INTO openid_requests (id, ref_hash, client_id, params, jkt, browser, created_us, until_us, opened_us, closed_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)`

// AddRequest keeps r.
func (s *Store) AddRequest(ctx context.Context, r openid.Request) error {
	params, err := encode(r.Params)
	if err != nil {
		return err
	}
	if _, err := s.db.ExecAlone(ctx, insertRequest, r.ID, r.RefHash, r.Client, params, r.JKT, []byte{}, micros(r.Created), micros(r.Until)); err != nil {
		return fmt.Errorf("insert request: %w", err)
	}
	return nil
}

const openRequest = `
UPDATE openid_requests
SET opened_us = $3, browser = $4, until_us = $5
WHERE ref_hash = $1 AND client_id = $2 AND opened_us = 0 AND until_us > $3
RETURNING id, ref_hash, client_id, params, jkt, browser, created_us, until_us, opened_us, closed_us`

// OpenRequest gives a request to the first browser that asks.
func (s *Store) OpenRequest(ctx context.Context, ref []byte, client string, browser []byte, now, until time.Time) (openid.Request, error) {
	if !text(client) {
		return openid.Request{}, openid.ErrNoAsk
	}
	var r openid.Request
	err := s.db.Claim(ctx, func(rows *sql.Rows) error {
		var err error
		r, err = scanRequest(rows)
		return err
	}, openRequest, ref, client, micros(now), browser, micros(until))
	if err != nil {
		return r, fmt.Errorf("open request: %w", err)
	}
	if r.ID == "" {
		return r, openid.ErrNoAsk
	}
	return r, nil
}

const selectRequest = `
SELECT id, ref_hash, client_id, params, jkt, browser, created_us, until_us, opened_us, closed_us
FROM openid_requests
WHERE id = $1`

// Request returns one.
func (s *Store) Request(ctx context.Context, id string) (openid.Request, error) {
	if !text(id) {
		return openid.Request{}, openid.ErrNoAsk
	}
	r, err := scanRequest(s.db.QueryRow(ctx, selectRequest, id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, openid.ErrNoAsk
	}
	return r, err
}

func scanRequest(row scanner) (openid.Request, error) {
	var r openid.Request
	var params string
	var created, until, opened, closed int64
	if err := row.Scan(&r.ID, &r.RefHash, &r.Client, &params, &r.JKT, &r.Browser, &created, &until, &opened, &closed); err != nil {
		return openid.Request{}, fmt.Errorf("request: %w", err)
	}
	r.Created, r.Until, r.Opened, r.Closed = instant(created), instant(until), instant(opened), instant(closed)
	return r, decode(params, &r.Params)
}

const closeRequest = `
UPDATE openid_requests
SET closed_us = $2
WHERE id = $1 AND opened_us > 0 AND closed_us = 0`

// CloseRequest closes one that nobody closed.
func (s *Store) CloseRequest(ctx context.Context, id string, at time.Time) error {
	res, err := s.db.Exec(ctx, closeRequest, id, micros(at))
	ok, err := changed(res, err, "close request")
	if err == nil && !ok {
		return openid.ErrAnswered
	}
	return err
}
