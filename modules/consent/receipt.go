package consent

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"causeway/modules/org"
	"causeway/platform/lang"
)

// The header typ of what is signed.
const (
	typReceipt = "consent-receipt+jws" // a grant
	typEnd     = "consent-end+jws"     // the end of one
)

// What receipts say of themselves: the fields are those of ISO/IEC TS 27560,
// clause 6; terms are of the W3C Data Privacy Vocabulary.
const (
	schemaVersion = "ISO/IEC TS 27560:2023"
	basisConsent  = "https://w3id.org/dpv#Consent"
	consentType   = "https://w3id.org/dpv#ExplicitlyExpressedConsent"
)

// A wire is a record as it is signed.
type wire struct {
	Issuer   string      `json:"iss"`
	Issued   int64       `json:"iat"` // seconds (RFC 7519)
	Schema   string      `json:"schema_version"`
	ID       string      `json:"record_id"`
	Subject  string      `json:"pii_principal_id"` // how the recipient knows the person
	Previous string      `json:"previous_record_id,omitempty"`
	PII      *wirePII    `json:"pii_processing,omitempty"`
	Parties  []wireParty `json:"party_identification"`
	Events   []wireEvent `json:"consent_events"`
}

type wirePII struct {
	Notice   string        `json:"privacy_notice"`
	Language []lang.Tag    `json:"language"`
	Purposes []wirePurpose `json:"purposes"`
}

type wirePurpose struct {
	Purpose     string     `json:"purpose"`
	Type        string     `json:"purpose_type"`
	Basis       string     `json:"lawful_basis"`
	PII         []wireFact `json:"pii_information"`
	Controllers []org.ID   `json:"pii_controllers"`
	Recipients  []org.ID   `json:"recipient_third_parties"`
	Services    []string   `json:"services"`
	Case        string     `json:"case,omitempty"`
	Collection  string     `json:"collection_method"`
	Retention   string     `json:"retention_period,omitempty"`
	Withdrawal  string     `json:"withdrawal_method"`
	Refusal     string     `json:"refusal_method"`
}

type wireFact struct {
	Type     string `json:"pii_type"`
	Field    string `json:"pii_attribute_id"`
	Optional bool   `json:"pii_optional"`
}

type wireParty struct {
	ID      org.ID    `json:"party_id"`
	Name    lang.Text `json:"party_name"`
	Role    string    `json:"party_role"`
	Type    string    `json:"party_type"`
	Email   string    `json:"party_email,omitempty"`
	Phone   string    `json:"party_phone,omitempty"`
	Address string    `json:"party_address,omitempty"`
}

type wireEvent struct {
	Time     time.Time `json:"event_time"`
	Validity string    `json:"validity_duration,omitempty"` // ISO 8601
	Entity   string    `json:"entity_id"`
	Type     string    `json:"event_type"`
	State    Kind      `json:"event_state"`
	Consent  string    `json:"consent_type,omitempty"`
}

// sign makes r's JWS.
func (s *Service) sign(ctx context.Context, r *Record) error {
	w := wire{
		Issuer: s.d.Issuer, Issued: r.At.Unix(), Schema: schemaVersion, ID: r.ID, Subject: r.Subject, Previous: string(r.Previous),
		Events: []wireEvent{{Time: r.At, Entity: r.Subject, Type: "explicit", State: r.Kind}},
	}
	typ := typEnd
	if err := s.parties(ctx, &w, r); err != nil {
		return err
	}
	if r.Kind == Given {
		typ = typReceipt
		w.PII = s.processing(r)
		w.Events[0].Validity = "PT" + strconv.FormatInt(int64(r.Until.Sub(r.At)/time.Second), 10) + "S"
		w.Events[0].Consent = consentType
	}
	payload, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	if r.JWS, err = s.d.Keys.Sign(ctx, typ, payload); err != nil {
		return fmt.Errorf("sign record: %w", err)
	}
	return nil
}

// parties names who takes part: the recipient first, then the sources.
func (s *Service) parties(ctx context.Context, w *wire, r *Record) error {
	seen := map[org.ID]bool{}
	add := func(id org.ID, role string) error {
		if seen[id] {
			return nil
		}
		seen[id] = true
		d, err := s.d.Orgs.Department(ctx, id)
		if err != nil {
			return fmt.Errorf("party %s: %w", id, err)
		}
		w.Parties = append(w.Parties, wireParty{
			ID: id, Name: d.Name, Role: role, Type: "public-authority", Email: d.Email, Phone: d.Phone, Address: d.Address.En,
		})
		return nil
	}
	if err := add(r.Recipient, "recipient"); err != nil {
		return err
	}
	for _, it := range r.Items {
		if err := add(it.Source, "pii-controller"); err != nil {
			return err
		}
	}
	return nil
}

// processing says which facts go where for what.
func (s *Service) processing(r *Record) *wirePII {
	page := s.d.Issuer + "/consents/" + r.ID
	pii := &wirePII{Notice: page, Language: lang.All()}
	for _, it := range r.Items {
		p, _ := s.Purpose(it.Purpose)
		w := wirePurpose{
			Purpose: p.ID, Type: p.DPV, Basis: basisConsent, Controllers: []org.ID{it.Source}, Recipients: []org.ID{r.Recipient},
			Services: []string{r.Service}, Case: r.Case, Collection: "fetched-when-needed", Retention: r.Keep,
			Withdrawal: page, Refusal: it.Otherwise,
		}
		for _, f := range it.Fields {
			w.PII = append(w.PII, wireFact{Type: it.Class, Field: f, Optional: true})
		}
		pii.Purposes = append(pii.Purposes, w)
	}
	return pii
}

// A Receipt is what a genuine receipt says. It names nobody.
type Receipt struct {
	ID        string
	Issuer    string
	Given     time.Time
	Until     time.Time
	Recipient org.ID
	Service   string
	Items     []Item
	Keep      string

	subject, kase, previous string // to hold a record against
}

const maxReceipt = 64 << 10

// Verify returns what a receipt says, if this Causeway signed it and nobody
// changed it since; else ErrReceipt. It does not say whether the person has
// taken the consent back: that is for the person to show.
func (s *Service) Verify(ctx context.Context, jws string) (Receipt, error) {
	if len(jws) > maxReceipt || !utf8.ValidString(jws) {
		return Receipt{}, ErrReceipt
	}
	typ, payload, err := s.d.Keys.Verify(ctx, jws)
	if err != nil {
		return Receipt{}, err
	}
	var w wire
	if typ != typReceipt || json.Unmarshal(payload, &w) != nil || w.PII == nil || len(w.Events) != 1 || len(w.Parties) == 0 {
		return Receipt{}, ErrReceipt
	}
	valid, err := time.ParseDuration(lower(w.Events[0].Validity))
	if err != nil {
		return Receipt{}, ErrReceipt
	}
	r := Receipt{
		ID: w.ID, Issuer: w.Issuer, Given: w.Events[0].Time, Until: w.Events[0].Time.Add(valid), Recipient: w.Parties[0].ID,
		subject: w.Subject, previous: w.Previous,
	}
	for _, p := range w.PII.Purposes {
		if len(p.Controllers) != 1 || len(p.Services) != 1 {
			return Receipt{}, ErrReceipt
		}
		it := Item{Source: p.Controllers[0], Purpose: p.Purpose, Otherwise: p.Refusal}
		for _, f := range p.PII {
			it.Class, it.Fields = f.Type, append(it.Fields, f.Field)
		}
		r.Items, r.Service, r.Keep, r.kase = append(r.Items, it), p.Services[0], p.Retention, p.Case
	}
	return r, nil
}

// lower turns the PT3600S that sign writes into what time.ParseDuration reads.
func lower(iso string) string {
	if len(iso) < 4 || iso[:2] != "PT" || iso[len(iso)-1] != 'S' {
		return ""
	}
	return iso[2:len(iso)-1] + "s"
}

// Published returns the public keys of receipts as a JWK set (RFC 7517).
func (s *Service) Published(ctx context.Context) ([]byte, error) { return s.d.Keys.Published(ctx) }
