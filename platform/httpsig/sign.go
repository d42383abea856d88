package httpsig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"time"

	"github.com/dunglas/httpsfv"
)

// Params say how a message is signed.
type Params struct {
	Key     crypto.Signer // Ed25519 or ECDSA P-256
	KeyID   string
	Created time.Time
	Expires time.Time // optional
	Nonce   string    // required by Policy; NewNonce makes one
	Tag     string    // optional: what the signature is for
	Label   string    // "sig" if empty

	// Components are the covered parts, as in `@method`, `content-type`,
	// `@path;req`, `@query-param;name="id"`. If empty, a request covers what
	// Policy requires, and a response its status and body, the request's method,
	// authority, path and query, and its signature if it has one under Label.
	Components []string
}

const defaultLabel = "sig"

// NewNonce returns a fresh nonce: 128 random bits.
func NewNonce() string { return rand.Text() }

// Sign adds Signature-Input and Signature to r, and Content-Digest if body is
// not empty. r.Header must not change afterwards where it is covered.
func Sign(r *http.Request, body []byte, p Params) error {
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if len(body) > 0 && r.Header.Get("Content-Digest") == "" {
		r.Header.Set("Content-Digest", ContentDigest(body))
	}
	if len(p.Components) == 0 {
		p.Components = []string{"@method", "@authority", "@path", "@query"}
		if len(body) > 0 {
			p.Components = append(p.Components, "content-digest")
			if r.Header.Get("Content-Type") != "" {
				p.Components = append(p.Components, "content-type")
			}
		}
	}
	return sign(r.Header, message{header: r.Header, req: r, scheme: scheme(r)}, p)
}

// SignResponse adds Signature-Input, Signature and Content-Digest to the header
// h of a response that answers req with status and body.
func SignResponse(h http.Header, status int, body []byte, req *http.Request, p Params) error {
	if len(body) > 0 && h.Get("Content-Digest") == "" {
		h.Set("Content-Digest", ContentDigest(body))
	}
	if len(p.Components) == 0 {
		p.Components = []string{"@status"}
		if len(body) > 0 {
			p.Components = append(p.Components, "content-digest")
			if h.Get("Content-Type") != "" {
				p.Components = append(p.Components, "content-type")
			}
		}
		if req != nil {
			p.Components = append(p.Components, "@method;req", "@authority;req", "@path;req", "@query;req")
			if req.Header.Get("Signature") != "" {
				p.Components = append(p.Components, answers(p.Label))
			}
		}
	}
	return sign(h, message{header: h, req: req, status: status, scheme: scheme(req)}, p)
}

// answers names the component that ties a response to one signed request.
func answers(label string) string {
	if label == "" {
		label = defaultLabel
	}
	return `signature;req;key="` + label + `"`
}

func sign(h http.Header, m message, p Params) error {
	list := httpsfv.InnerList{Params: httpsfv.NewParams()}
	for _, s := range p.Components {
		c, err := parseComponent(s)
		if err != nil {
			return err
		}
		item, err := httpsfv.UnmarshalItem([]string{c.id})
		if err != nil {
			return refuse(Malformed, "component identifier")
		}
		list.Items = append(list.Items, item)
	}
	if !p.Created.IsZero() {
		list.Params.Add("created", p.Created.Unix())
	}
	if !p.Expires.IsZero() {
		list.Params.Add("expires", p.Expires.Unix())
	}
	for _, param := range []struct{ name, value string }{{"nonce", p.Nonce}, {"keyid", p.KeyID}, {"tag", p.Tag}} {
		if param.value != "" {
			list.Params.Add(param.name, param.value)
		}
	}
	b, _, err := base(m, list)
	if err != nil {
		return err
	}
	sig, err := signature(p.Key, b)
	if err != nil {
		return err
	}
	label := p.Label
	if label == "" {
		label = defaultLabel
	}
	return attach(h, label, list, sig)
}

func attach(h http.Header, label string, list httpsfv.InnerList, sig []byte) error {
	input, signatures := httpsfv.NewDictionary(), httpsfv.NewDictionary()
	input.Add(label, list)
	signatures.Add(label, httpsfv.NewItem(sig))
	in, err := httpsfv.Marshal(input)
	if err != nil {
		return fmt.Errorf("httpsig: signature input: %w", err)
	}
	out, err := httpsfv.Marshal(signatures)
	if err != nil {
		return fmt.Errorf("httpsig: signature: %w", err)
	}
	h.Add("Signature-Input", in)
	h.Add("Signature", out)
	return nil
}

// signature signs b with key.
func signature(key crypto.Signer, b []byte) ([]byte, error) {
	if key == nil {
		return nil, ErrKey
	}
	switch pub := key.Public().(type) {
	case ed25519.PublicKey:
		sig, err := key.Sign(rand.Reader, b, crypto.Hash(0))
		if err != nil {
			return nil, fmt.Errorf("httpsig: sign: %w", err)
		}
		return sig, nil
	case *ecdsa.PublicKey:
		if pub.Curve != elliptic.P256() {
			return nil, ErrKey
		}
		sum := sha256.Sum256(b)
		der, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
		if err != nil {
			return nil, fmt.Errorf("httpsig: sign: %w", err)
		}
		return fixed(der)
	}
	return nil, ErrKey
}

// fixed turns a DER signature by P-256 into the 64 octets of section 3.3.4.
func fixed(der []byte) ([]byte, error) {
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		return nil, fmt.Errorf("httpsig: signer: %w", err)
	}
	if rs.R.Sign() <= 0 || rs.S.Sign() <= 0 || rs.R.BitLen() > 256 || rs.S.BitLen() > 256 {
		return nil, errors.New("httpsig: signer: integer out of range")
	}
	sig := make([]byte, 64)
	rs.R.FillBytes(sig[:32])
	rs.S.FillBytes(sig[32:])
	return sig, nil
}

// scheme is that of the connection on which r came, or of the URL it goes to.
func scheme(r *http.Request) string {
	switch {
	case r == nil:
		return ""
	case r.URL != nil && r.URL.Scheme != "":
		return r.URL.Scheme
	case r.TLS != nil:
		return "https"
	}
	return "http"
}
