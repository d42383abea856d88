package main

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"net/http"

	"causeway/modules/openid/jws"
)

const selectRow = `SELECT payload FROM floor_rows WHERE id = $1`

// serveToken does of a token request what cannot be left out: the form, the
// signature, four reads by key, two rows in one durable unit, and an answer. It
// checks no claim and knows no client.
func (f *floor) serveToken(w http.ResponseWriter, r *http.Request) { f.serveAssertion(w, r, 4, 2) }

// serveIntrospection does of an introspection what cannot be left out: the form,
// the signature, two reads by key and one durable row.
func (f *floor) serveIntrospection(w http.ResponseWriter, r *http.Request) {
	f.serveAssertion(w, r, 2, 1)
}

func (f *floor) serveAssertion(w http.ResponseWriter, r *http.Request, reads, rows int) {
	t, err := jws.Parse(r.PostFormValue("client_assertion"))
	if err == nil {
		_, err = t.Verify(f.party)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	for range reads {
		var payload string
		if err := f.db.QueryRow(r.Context(), selectRow, rand.Text()).Scan(&payload); err != nil && !errors.Is(err, sql.ErrNoRows) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	if err := f.commit(r.Context(), rows); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"access_token":"` + rand.Text() + rand.Text() + `","token_type":"Bearer","expires_in":600,"active":true}`)) // the client has gone
}
