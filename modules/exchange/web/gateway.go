package web

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"causeway/modules/consent"
	"causeway/modules/exchange"
	"causeway/modules/org"
	"causeway/platform/httpx"
	"causeway/platform/lang"
)

type fetchIn struct {
	Body struct {
		Grant   string   `json:"grant" minLength:"1" maxLength:"64" doc:"The person's consent, given to your department"`
		Subject string   `json:"subject" minLength:"1" maxLength:"64" doc:"How your department knows the person"`
		Class   string   `json:"class" minLength:"1" maxLength:"64" doc:"The data class"`
		Fields  []string `json:"fields" minItems:"1" maxItems:"64" doc:"The fields; the consent must name each"`
		Case    string   `json:"case,omitempty" maxLength:"64" doc:"The case that the consent is for, if it is for one"`
	}
}

type fetchOut struct {
	Body fetchBody
}

type fetchBody struct {
	Outcome exchange.Outcome `json:"outcome" enum:"found,none,several,refused,invalid,late,down" doc:"How the registry took it"`
	Records []map[string]any `json:"records" doc:"For found and several: the fields asked for, as the class's schema has them"`
	Source  org.ID           `json:"source" doc:"The department that holds the class"`
	At      time.Time        `json:"at" doc:"When it answered"`
	Retry   *time.Time       `json:"retry,omitempty" doc:"For late and down: when to ask again"`
	Reason  string           `json:"reason,omitempty" doc:"For a failure: a slug for whoever looks into it"`
}

type classesOut struct {
	Body struct {
		Classes []classBody `json:"classes"`
	}
}

type classBody struct {
	ID          string          `json:"id"`
	Registry    org.ID          `json:"registry" doc:"The department that holds it"`
	Label       lang.Text       `json:"label"`
	Sensitivity string          `json:"sensitivity" enum:"public,personal,sensitive"`
	FreshFor    string          `json:"fresh_for" doc:"How long a fetched record may be relied on"`
	Fields      []fieldBody     `json:"fields"`
	Schema      json.RawMessage `json:"schema,omitempty" doc:"JSON Schema 2020-12 of a record; not there for a class that is only written"`
}

type fieldBody struct {
	Name  string    `json:"name"`
	Type  string    `json:"type" enum:"text,number,date,boolean,money"`
	Label lang.Text `json:"label"`
}

func (h handler) mountJSON(m *httpx.Mux) {
	httpx.Handle(m, httpx.System, huma.Operation{
		OperationID: "exchange-fetch", Method: http.MethodPost, Path: "/api/v1/exchange/fetch", Tags: []string{"exchange"},
		Summary:     "Fetch facts about a person under their consent",
		Description: "Asks the registry that holds a data class for the fields that a person's consent names. Every call is an entry of the person's record.",
	}, h.fetch)
	all := h.classes()
	httpx.Handle(m, httpx.Public, huma.Operation{
		OperationID: "exchange-classes", Method: http.MethodGet, Path: "/api/v1/exchange/classes", Tags: []string{"exchange"},
		Summary: "The data classes, and which department holds each",
	}, func(context.Context, *struct{}) (*classesOut, error) { return all, nil })
}

func (h handler) fetch(ctx context.Context, in *fetchIn) (*fetchOut, error) {
	a, err := h.Exchange.Ask(ctx, org.ClientOf(ctx), exchange.Ask{
		Grant: consent.GrantID(in.Body.Grant), Subject: in.Body.Subject, Class: in.Body.Class, Fields: in.Body.Fields, Case: in.Body.Case,
	})
	if err != nil {
		return nil, err
	}
	out := fetchOut{fetchBody{Outcome: a.Outcome, Records: a.Records, Source: a.Source, At: a.At, Reason: a.Reason}}
	if out.Body.Records == nil {
		out.Body.Records = []map[string]any{}
	}
	if !a.Retry.IsZero() {
		out.Body.Retry = &a.Retry
	}
	return &out, nil
}

// classes is the list of classes, which does not change.
func (h handler) classes() *classesOut {
	var out classesOut
	for _, c := range h.Exchange.Classes() {
		b := classBody{
			ID: c.ID, Registry: c.Registry, Label: c.Label, Sensitivity: string(c.Sensitivity), FreshFor: c.FreshFor.String(), Schema: c.Schema,
		}
		for _, f := range c.Fields {
			b.Fields = append(b.Fields, fieldBody{f.Name, f.Type, f.Label})
		}
		out.Body.Classes = append(out.Body.Classes, b)
	}
	return &out
}
