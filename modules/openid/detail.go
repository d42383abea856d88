package openid

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"causeway/modules/consent"
)

// DataType is the type of an authorization detail (RFC 9396) that asks for facts
// about the person.
const DataType = "causeway_data"

// A Detail is an authorization detail: facts of one class for one purpose.
type Detail struct {
	Type     string   `json:"type"`
	Class    string   `json:"class"`              // a data class, such as "td.driving-licence"
	Fields   []string `json:"fields"`             // the only fields that are read
	Purpose  string   `json:"purpose"`            // the id of a published purpose
	Duration string   `json:"duration,omitempty"` // for how long, as in P90D; defaultFor if it is not said
}

// Bounds on details.
const (
	maxDetails  = 20
	maxFields   = 50
	defaultDays = 90
	maxDays     = 366
)

// parseDetails reads authorization_details of c. A plain client has none to ask
// for.
func (s *Service) parseDetails(c *client, text string) ([]Detail, *Error) {
	if text == "" {
		return nil, nil
	}
	if !c.fapi() {
		return nil, fail(CodeDetails, "a client of the plain profile cannot ask for data: register it for fapi2")
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	var all []Detail
	if err := dec.Decode(&all); err != nil {
		return nil, fail(CodeDetails, "authorization_details must be an array of objects with type, class, fields, purpose and duration alone")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fail(CodeDetails, "authorization_details has something behind its array")
	}
	if len(all) == 0 || len(all) > maxDetails {
		return nil, fail(CodeDetails, "authorization_details must have between 1 and 20 items")
	}
	for i, d := range all {
		if err := s.checkDetail(d); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all[:i], func(o Detail) bool { return o.Class == d.Class && o.Purpose == d.Purpose }) {
			return nil, fail(CodeDetails, "name each class and purpose once, with all its fields")
		}
	}
	return all, nil
}

func (s *Service) checkDetail(d Detail) *Error {
	if d.Type != DataType {
		return fail(CodeDetails, "type must be "+DataType)
	}
	class, ok := s.d.Classes.Class(d.Class)
	if !ok || !class.Readable() {
		return fail(CodeDetails, "there is no data class "+printable(d.Class)+": see /api/v1/exchange/classes")
	}
	if len(d.Fields) == 0 || len(d.Fields) > maxFields {
		return fail(CodeDetails, "fields of "+class.ID+" must name what is to be read")
	}
	for i, f := range d.Fields {
		if _, ok := class.Field(f); !ok || slices.Contains(d.Fields[:i], f) {
			return fail(CodeDetails, "class "+class.ID+" has no field "+printable(f)+", or it comes twice")
		}
	}
	if d.Purpose == "" {
		return fail(CodeDetails, "purpose of "+class.ID+" is missing: see /api/v1/consent-purposes")
	}
	if _, err := d.days(); err != nil {
		return fail(CodeDetails, "duration of "+class.ID+" must be days, months or a year, as P90D, P6M or P1Y, and at most a year")
	}
	return nil
}

// days returns for how long facts may be read.
func (d Detail) days() (int, error) {
	if d.Duration == "" {
		return defaultDays, nil
	}
	p, err := consent.ParsePeriod(d.Duration)
	if err != nil {
		return 0, err
	}
	n := p.Years*365 + p.Months*30 + p.Days
	if n < 1 || n > maxDays {
		return 0, consent.ErrRequest
	}
	return n, nil
}

// consentFor returns what p is asked to agree to so that c may read details.
func (s *Service) consentFor(c *client, g Grant, details []Detail) consent.Request {
	r := consent.Request{
		Person: g.Person, Recipient: c.Department, Service: ClientService(c.ID), Previous: consent.GrantID(g.Consent),
	}
	days := 0
	for _, d := range details {
		class, _ := s.d.Classes.Class(d.Class)
		r.Items = append(r.Items, consent.Item{Class: d.Class, Fields: d.Fields, Source: class.Registry, Purpose: d.Purpose, Otherwise: consent.AtCounter})
		if n, err := d.days(); err == nil && (days == 0 || n < days) {
			days = n // the shortest that was asked for: never longer than was shown
		}
	}
	r.For = time.Duration(days) * 24 * time.Hour
	return r
}

// merge returns have and more as one list, each class and purpose once.
func merge(have, more []Detail) []Detail {
	out := slices.Clone(have)
	for _, d := range more {
		i := slices.IndexFunc(out, func(o Detail) bool { return o.Class == d.Class && o.Purpose == d.Purpose })
		if i < 0 {
			out = append(out, d)
			continue
		}
		fields := slices.Clone(out[i].Fields)
		for _, f := range d.Fields {
			if !slices.Contains(fields, f) {
				fields = append(fields, f)
			}
		}
		out[i].Fields = fields
		if d.Duration != "" {
			out[i].Duration = d.Duration
		}
	}
	return out
}

// covers reports whether have allows all of want.
func covers(have, want []Detail) bool {
	for _, d := range want {
		if !slices.ContainsFunc(have, func(o Detail) bool {
			return o.Class == d.Class && o.Purpose == d.Purpose && !slices.ContainsFunc(d.Fields, func(f string) bool { return !slices.Contains(o.Fields, f) })
		}) {
			return false
		}
	}
	return true
}

// detailsJSON writes details for an answer, "null" never.
func detailsJSON(details []Detail) json.RawMessage {
	if len(details) == 0 {
		return nil
	}
	var b bytes.Buffer
	_ = json.NewEncoder(&b).Encode(details) // strings alone
	return bytes.TrimSpace(b.Bytes())
}
