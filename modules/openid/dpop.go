package openid

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"strings"
	"time"

	"causeway/modules/openid/jws"
)

// A proof shows that a request was made with a key (RFC 9449).
type proof struct {
	jkt string // the key's thumbprint
	id  Burned
}

type proofClaims struct {
	jws.Claims
	Method string `json:"htm"`
	URL    string `json:"htu"`
	Nonce  string `json:"nonce"`
	Hash   string `json:"ath"`
}

// proofFor bounds the age of a proof. Its nonce bounds it too, whatever the
// client's clock says.
const proofFor = 5 * time.Minute

// prove checks the DPoP proof of a, which is made for token if it is not "". It
// returns nil if there is none.
func (s *Service) prove(a Ask, token string) (*proof, error) {
	if len(a.Proofs) == 0 {
		return nil, nil //nolint:nilnil // none is a proper answer
	}
	if len(a.Proofs) > 1 {
		return nil, fail(CodeProof, "send one DPoP header, not several")
	}
	t, err := jws.Parse(a.Proofs[0])
	if err != nil {
		return nil, fail(CodeProof, "the DPoP proof is no JWS signed by ES256, PS256 or EdDSA")
	}
	if t.Typ != "dpop+jwt" {
		return nil, fail(CodeProof, "typ of the DPoP proof must be dpop+jwt")
	}
	jkt, err := t.Thumbprint()
	if err != nil {
		return nil, fail(CodeProof, "the DPoP proof needs a public key in its jwk header")
	}
	payload, err := t.Verify(t.JWK.Key)
	if err != nil {
		return nil, fail(CodeProof, "the signature of the DPoP proof does not hold for the key in its header")
	}
	var c proofClaims
	if err := jws.Decode(payload, &c); err != nil {
		return nil, fail(CodeProof, "the claims of the DPoP proof cannot be read")
	}
	if err := s.checkProof(a, c, token); err != nil {
		return nil, err
	}
	return &proof{jkt, burned("proof", jkt, c.ID, s.now().Add(nonceFor+skew))}, nil
}

func (s *Service) checkProof(a Ask, c proofClaims, token string) error {
	now := s.now()
	switch {
	case c.Method != a.Method:
		return fail(CodeProof, "htm of the DPoP proof is not the method of the request")
	case !sameURL(c.URL, a.URL):
		return fail(CodeProof, "htu of the DPoP proof is not the address of the request, "+a.URL)
	case c.ID == "" || len(c.ID) > maxJTI:
		return fail(CodeProof, "the DPoP proof needs a jti that is never used again")
	case c.Issued.IsZero() || c.Issued.Before(now.Add(-proofFor)) || c.Issued.After(now.Add(proofFor)):
		return fail(CodeProof, "iat of the DPoP proof is not now")
	}
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		if c.Hash != base64.RawURLEncoding.EncodeToString(sum[:]) {
			return fail(CodeProof, "ath of the DPoP proof is not the hash of the access token")
		}
	}
	if !s.nonceHolds(c.Nonce) {
		return &Error{Code: CodeNonce, Description: "make the DPoP proof again with the nonce of the DPoP-Nonce header", Nonce: s.Nonce()}
	}
	return nil
}

// sameURL compares addresses without query and fragment (RFC 9449, section 4.3).
func sameURL(said, asked string) bool {
	if said == asked {
		return true
	}
	u, err := url.Parse(said)
	if err != nil {
		return false
	}
	v, err := url.Parse(asked)
	return err == nil && strings.EqualFold(u.Scheme, v.Scheme) && strings.EqualFold(u.Host, v.Host) && u.Path == v.Path && u.User == nil
}

// Nonces name the minute in which they were made, under a key that all replicas
// have: they need no store, and a proof made in advance is worth nothing.
const (
	nonceStep = time.Minute
	nonceFor  = 4 * time.Minute
	nonceMAC  = "openid.dpop-nonce"
)

// Nonce returns the nonce that DPoP proofs are to hold now.
func (s *Service) Nonce() string { return s.nonceAt(s.now().Unix() / int64(nonceStep/time.Second)) }

func (s *Service) nonceAt(step int64) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(step)) //nolint:gosec // after 1970
	b = append(b, s.d.Keys.MAC(nonceMAC, b)[:16]...)
	return base64.RawURLEncoding.EncodeToString(b)
}

func (s *Service) nonceHolds(nonce string) bool {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) != 24 {
		return false
	}
	step := int64(binary.BigEndian.Uint64(b)) //nolint:gosec // compared with the clock below
	now := s.now().Unix() / int64(nonceStep/time.Second)
	if step > now+1 || step < now-int64(nonceFor/nonceStep)+1 {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(nonce), []byte(s.nonceAt(step))) == 1
}
