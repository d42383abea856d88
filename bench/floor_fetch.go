package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"causeway/modules/exchange/httpsource"
	"causeway/platform/httpsig"
)

// serveFetch verifies one signature, signs the call, calls, checks the schema,
// commits once and signs the answer.
func (f *floor) serveFetch(w http.ResponseWriter, r *http.Request) {
	answer, err := f.fetch(r)
	if err == nil {
		w.Header().Set("Content-Type", "application/json")
		err = httpsig.SignResponse(w.Header(), http.StatusOK, answer, r, httpsig.Params{Key: f.sign.Private(), KeyID: f.sign.KID, Created: clock(), Nonce: httpsig.NewNonce()})
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	_, _ = w.Write(answer) // the client has gone
}

func (f *floor) fetch(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	_, err = httpsig.Verify(r, body, httpsig.Policy{
		Now: clock, Nonce: true, Keys: func(context.Context, string) (httpsig.Key, error) { return f.client, nil },
	})
	if err != nil {
		return nil, err
	}
	var q struct {
		Fields []string `json:"fields"`
	}
	if err := json.Unmarshal(body, &q); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	records, err := f.ask(r.Context(), q.Fields)
	if err != nil {
		return nil, err
	}
	if len(records) != 1 {
		return nil, errors.New("floor: not one record")
	}
	if err := f.class.Check.Validate(records[0]); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	if err := f.commit(r.Context(), 1); err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"outcome": "found", "records": records})
}

// ask is the signed call; that the answer is signed too is not looked at.
func (f *floor) ask(ctx context.Context, fields []string) ([]map[string]any, error) {
	who := f.people[<-f.next]
	in, err := json.Marshal(map[string]any{
		"number": who.Number.Reveal(), "fields": fields, "purpose": "verify-age", "recipient": department, "reference": rand.Text(),
	})
	if err != nil {
		return nil, fmt.Errorf("call: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.registry+"/"+f.class.At+"/lookup", bytes.NewReader(in))
	if err != nil {
		return nil, fmt.Errorf("call: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	err = httpsig.Sign(req, in, httpsig.Params{Key: f.sign.Private(), KeyID: f.sign.KID, Created: clock(), Nonce: httpsig.NewNonce(), Tag: httpsource.Tag})
	if err != nil {
		return nil, err
	}
	res, err := f.direct.Do(req)
	if err != nil {
		return nil, fmt.Errorf("call: %w", err)
	}
	defer res.Body.Close()
	var out struct {
		Records []map[string]any `json:"records"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&out); err != nil {
		return nil, fmt.Errorf("call: %w", err)
	}
	return out.Records, nil
}
