package sdjwt

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"causeway/platform/keys"
)

// Verified is what a token proves.
type Verified struct {
	Plain     map[string]any // the claims that everybody sees
	Disclosed map[string]any // those that the holder chose to show
	Binding   *Binding       // nil if the token has none
}

// A Binding says for whom and when its holder presented a token.
type Binding struct {
	Audience string `json:"aud"`
	Nonce    string `json:"nonce"`
	IssuedAt int64  `json:"iat"` // seconds since 1970
	Hash     string `json:"sd_hash"`
}

// Verify checks t (RFC 9901, section 7): the issuer's signature by one of
// issuers, that each disclosure was signed for and comes once, and the key
// binding if there is one. typ is the header that the issuer must have set. It
// returns ErrForged for whatever is wrong.
func Verify(t Token, typ string, issuers []keys.Public) (Verified, error) {
	head, payload, err := keys.VerifyJWS(t.JWT, issuers)
	if err != nil {
		return Verified{}, fmt.Errorf("%w: %w", ErrForged, err)
	}
	if got, _ := head.ExtraHeaders[jose.HeaderType].(string); got != typ {
		return Verified{}, fmt.Errorf("%w: type", ErrForged)
	}
	var claims struct {
		SD  []string `json:"_sd"`
		Alg string   `json:"_sd_alg"`
		Cnf struct {
			JWK *jose.JSONWebKey `json:"jwk"`
		} `json:"cnf"`
	}
	v := Verified{Disclosed: map[string]any{}}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return Verified{}, fmt.Errorf("%w: claims", ErrForged)
	}
	if err := json.Unmarshal(payload, &v.Plain); err != nil || claims.Alg != "sha-256" {
		return Verified{}, fmt.Errorf("%w: claims", ErrForged)
	}
	delete(v.Plain, "_sd")
	delete(v.Plain, "_sd_alg")
	for _, d := range t.Disclosures {
		_, twice := v.Disclosed[d.Name]
		_, plain := v.Plain[d.Name]
		if twice || plain || !slices.Contains(claims.SD, d.Digest()) {
			return Verified{}, fmt.Errorf("%w: a disclosure was not signed for", ErrForged)
		}
		v.Disclosed[d.Name] = d.Value
	}
	if t.KB == "" {
		return v, nil
	}
	v.Binding, err = t.binding(claims.Cnf.JWK)
	return v, err
}

// binding checks the key-binding JWT by the key that the issuer confirmed
// (section 7.3).
func (t Token) binding(key *jose.JSONWebKey) (*Binding, error) {
	if key == nil || !key.Valid() || !key.IsPublic() {
		return nil, fmt.Errorf("%w: no key to bind to", ErrForged)
	}
	sig, err := jose.ParseSignedCompact(t.KB, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil, fmt.Errorf("%w: key binding", ErrForged)
	}
	payload, err := sig.Verify(key.Key)
	if typ, _ := sig.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string); err != nil || typ != "kb+jwt" {
		return nil, fmt.Errorf("%w: key binding", ErrForged)
	}
	var b Binding
	shown := t
	shown.KB = ""
	if err := json.Unmarshal(payload, &b); err != nil || b.Hash != digest(shown.String()) || b.Nonce == "" || b.Audience == "" {
		return nil, fmt.Errorf("%w: key binding", ErrForged)
	}
	return &b, nil
}
