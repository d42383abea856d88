// Package sdjwtvc writes licences as SD-JWT VCs
// (draft-ietf-oauth-sd-jwt-vc) with a Token Status List
// (draft-ietf-oauth-status-list).
package sdjwtvc

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"causeway/modules/credential"
	"causeway/platform/day"
	"causeway/platform/keys"
	"causeway/platform/sdjwt"
)

const (
	typ       = "dc+sd-jwt"
	vctPrefix = "urn:causeway:credential:"
	keyName   = "credential-issuer"
	listBits  = 1 << 17
	listTTL   = 60 * time.Second
	listLife  = 24 * time.Hour
)

// Keys hold the key that signs licences.
type Keys interface {
	Signer(ctx context.Context, name string, alg keys.Alg) (*keys.Signer, error)
	Verifiers(ctx context.Context, name string) ([]keys.Public, error)
}

// Format implements credential.Format.
type Format struct {
	keys   Keys
	issuer string // our origin, such as "https://city.example"
	zone   *time.Location
}

var _ credential.Format = (*Format)(nil)

// New returns the format of licences that issuer signs, with days in zone.
func New(k Keys, issuer string, zone *time.Location) *Format { return &Format{k, issuer, zone} }

// Issue signs l. The holder's key is made here and bound into it.
func (f *Format) Issue(ctx context.Context, l credential.Licence) (string, []byte, error) {
	signer, err := f.keys.Signer(ctx, keyName, keys.ES256)
	if err != nil {
		return "", nil, err
	}
	holder, err := keys.NewSigner(keys.ES256)
	if err != nil {
		return "", nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(holder.Private())
	if err != nil {
		return "", nil, fmt.Errorf("holder key: %w", err)
	}
	hidden := make([]sdjwt.Disclosure, 0, len(l.Claims)+1)
	for _, c := range append([]credential.Claim{{Name: credential.NumberClaim, Value: l.Number}}, l.Claims...) {
		d, err := sdjwt.Disclose(c.Name, c.Value)
		if err != nil {
			return "", nil, err
		}
		hidden = append(hidden, d)
	}
	tok, err := sdjwt.Issue(signer, typ, map[string]any{
		"iss": f.issuer, "vct": vctPrefix + l.Type, "iat": l.Issued.Unix(),
		"nbf": l.From.Start(f.zone).Unix(), "exp": l.Until.AddDays(1).Start(f.zone).Unix(),
		"status": map[string]any{"status_list": map[string]any{"idx": l.StatusIndex, "uri": f.listURI(l.StatusList)}},
	}, hidden, holder)
	if err != nil {
		return "", nil, err
	}
	return tok.String(), der, nil
}

func (f *Format) listURI(list int) string { return f.issuer + "/status-lists/" + strconv.Itoa(list) }

// Present returns text with the claims named alone. The audience is whoever
// uses our check; the nonce makes each presentation its own.
func (f *Format) Present(_ context.Context, text string, holderKey []byte, claims []string, at time.Time) (string, error) {
	tok, err := sdjwt.Parse(text)
	if err != nil {
		return "", fmt.Errorf("stored licence: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(holderKey)
	if err != nil {
		return "", fmt.Errorf("holder key: %w", err)
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return "", errors.New("holder key: not for ES256")
	}
	holder, err := keys.SignerOf(keys.ES256, private)
	if err != nil {
		return "", err
	}
	p, err := tok.Present(claims, holder, f.audience(), rand.Text(), at.Unix())
	if err != nil {
		return "", err
	}
	return p.String(), nil
}

func (f *Format) audience() string { return f.issuer + "/verify" }

// Read checks a presented text.
func (f *Format) Read(ctx context.Context, text string) (credential.Proof, error) {
	tok, err := sdjwt.Parse(strings.Join(strings.Fields(text), "")) // a pasted text may be wrapped
	if err != nil {
		return credential.Proof{}, fmt.Errorf("%w: %w", credential.ErrUnreadable, err)
	}
	issuers, err := f.keys.Verifiers(ctx, keyName)
	if err != nil {
		return credential.Proof{}, err
	}
	v, err := sdjwt.Verify(tok, typ, issuers)
	if err != nil {
		return credential.Proof{}, fmt.Errorf("%w: %w", credential.ErrForged, err)
	}
	if v.Binding == nil {
		return credential.Proof{}, credential.ErrUnbound
	}
	if v.Binding.Audience != f.audience() {
		return credential.Proof{}, fmt.Errorf("%w: made for somebody else", credential.ErrUnbound)
	}
	p, err := f.proof(v)
	if err != nil {
		return credential.Proof{}, fmt.Errorf("%w: %w", credential.ErrForged, err)
	}
	return p, nil
}

// plain is what every licence says openly.
type plain struct {
	Iss    string `json:"iss"`
	Vct    string `json:"vct"`
	Nbf    int64  `json:"nbf"`
	Exp    int64  `json:"exp"`
	Status struct {
		List struct {
			Idx int    `json:"idx"`
			URI string `json:"uri"`
		} `json:"status_list"`
	} `json:"status"`
}

func (f *Format) proof(v sdjwt.Verified) (credential.Proof, error) {
	var c plain
	b, err := json.Marshal(v.Plain)
	if err != nil {
		return credential.Proof{}, fmt.Errorf("claims: %w", err)
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return credential.Proof{}, fmt.Errorf("claims: %w", err)
	}
	kind, ok := strings.CutPrefix(c.Vct, vctPrefix)
	number, ours := strings.CutPrefix(c.Status.List.URI, f.issuer+"/status-lists/")
	list, err := strconv.Atoi(number)
	if !ok || !ours || err != nil || c.Iss != f.issuer {
		return credential.Proof{}, errors.New("claims of another issuer")
	}
	p := credential.Proof{
		List: list, Index: c.Status.List.Idx, Type: kind, Presented: time.Unix(v.Binding.IssuedAt, 0).UTC(),
		From:  day.In(time.Unix(c.Nbf, 0), f.zone),
		Until: day.In(time.Unix(c.Exp, 0), f.zone).AddDays(-1),
	}
	for name, value := range v.Disclosed {
		p.Claims = append(p.Claims, credential.Claim{Name: name, Value: value})
	}
	sort.Slice(p.Claims, func(i, j int) bool { return p.Claims[i].Name < p.Claims[j].Name })
	return p, nil
}

// StatusList signs the list: one bit for each index, 1 meaning revoked
// (section 4), compressed with zlib.
func (f *Format) StatusList(ctx context.Context, list int, revoked []int, at time.Time) (string, error) {
	signer, err := f.keys.Signer(ctx, keyName, keys.ES256)
	if err != nil {
		return "", err
	}
	bits := make([]byte, listBits/8)
	for _, i := range revoked {
		if i < 0 || i >= listBits {
			return "", fmt.Errorf("status index %d out of range", i)
		}
		bits[i/8] |= 1 << (i % 8)
	}
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	if _, err := w.Write(bits); err != nil {
		return "", fmt.Errorf("compress: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("compress: %w", err)
	}
	payload, err := json.Marshal(map[string]any{
		"iss": f.issuer, "sub": f.listURI(list), "iat": at.Unix(), "exp": at.Add(listLife).Unix(), "ttl": int(listTTL.Seconds()),
		"status_list": map[string]any{"bits": 1, "lst": base64.RawURLEncoding.EncodeToString(z.Bytes())},
	})
	if err != nil {
		return "", fmt.Errorf("status list: %w", err)
	}
	return signer.JWS(map[string]any{"typ": "statuslist+jwt"}, payload)
}

// Issuer returns the metadata that /.well-known/jwt-vc-issuer publishes: our
// name and the keys by which licences are checked.
func (f *Format) Issuer(ctx context.Context) ([]byte, error) {
	publics, err := f.keys.Verifiers(ctx, keyName)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"issuer": f.issuer, "jwks": keys.JWKS(publics)})
}
