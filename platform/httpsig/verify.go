package httpsig

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"math/big"
	"net/http"
	"time"

	"github.com/dunglas/httpsfv"
)

// A Policy says which signatures are accepted.
//
// A request must cover @method, @authority, and either @target-uri or @path and,
// where there is a query, @query; and content-digest where there is a body. A
// response must cover @status, content-digest where there is a body, and the
// signature of the request it answers where that has one. Both need created and
// keyid.
type Policy struct {
	// Keys returns the key that keyID names, if it may be used now; an *Error of
	// Kind UnknownKey if none. Other errors are handed on.
	Keys func(ctx context.Context, keyID string) (Key, error)

	Now      func() time.Time
	MaxAge   time.Duration // since created; 5 minutes if 0
	Skew     time.Duration // how far ahead the other clock may be; 30 seconds if 0
	Required []string      // further components, in the form of Params.Components
	Nonce    bool          // a nonce is required; whether it is new is for Nonces to say
	Tag      string        // the tag that the signature must have; "" for any
	Label    string        // the label of the signature; "" for the only one there is
	Scheme   string        // of the request, where a proxy ends TLS; else as it came

	partial bool // tests alone: the vectors of the RFC cover less
}

// Verified says what was signed, by which key.
type Verified struct {
	Label, KeyID, Nonce, Tag string
	Alg                      Alg
	Created                  time.Time
	Until                    time.Time // the last instant at which this signature would be accepted
	Components               []string  // as in the signature base: "@method", "@path";req
}

const (
	defaultAge  = 5 * time.Minute
	defaultSkew = 30 * time.Second
	minNonce    = 8
	maxText     = 256 // bytes of keyid, nonce and tag
)

// Verify checks the signature of a request whose whole body is body.
func Verify(r *http.Request, body []byte, p Policy) (Verified, error) {
	s := p.Scheme
	if s == "" {
		s = scheme(r)
	}
	return verify(r.Context(), message{header: r.Header, req: r, scheme: s}, body, p)
}

// VerifyResponse checks the signature of a response to req whose whole body is
// body.
func VerifyResponse(resp *http.Response, body []byte, req *http.Request, p Policy) (Verified, error) {
	ctx := context.Background()
	if req != nil {
		ctx = req.Context()
	}
	s := p.Scheme
	if s == "" {
		s = scheme(req)
	}
	return verify(ctx, message{header: resp.Header, req: req, status: resp.StatusCode, scheme: s}, body, p)
}

func verify(ctx context.Context, m message, body []byte, p Policy) (Verified, error) {
	in, err := choose(m.header, p)
	if err != nil {
		return Verified{}, err
	}
	v, alg, err := in.params(p)
	if err != nil {
		return Verified{}, err
	}
	b, covered, err := base(m, in.list)
	if err != nil {
		return Verified{}, err
	}
	if err := p.coverage(m, covered, body); err != nil {
		return Verified{}, err
	}
	if covers(covered, `"content-digest"`) {
		if err := CheckDigest(m.header, body); err != nil {
			return Verified{}, err
		}
	}
	key, err := p.Keys(ctx, v.KeyID)
	if err != nil {
		return Verified{}, err
	}
	if alg != "" && alg != key.alg {
		return Verified{}, refuse(Algorithm, "")
	}
	if !key.verify(b, in.sig) {
		return Verified{}, refuse(Mismatch, "")
	}
	v.Alg = key.alg
	v.Components = make([]string, len(covered))
	for i, c := range covered {
		v.Components[i] = c.id
	}
	return v, nil
}

// An input is one signature of a message, parsed.
type input struct {
	label string
	list  httpsfv.InnerList
	sig   []byte
}

// choose parses the signatures in h and returns the one that p wants.
func choose(h http.Header, p Policy) (input, error) {
	in, sigs := h["Signature-Input"], h["Signature"]
	if len(in) == 0 || len(sigs) == 0 {
		return input{}, refuse(Missing, "")
	}
	if size(in) > maxField || size(sigs) > maxField {
		return input{}, refuse(TooLarge, "signature fields")
	}
	inputs, err := httpsfv.UnmarshalDictionary(in)
	if err != nil {
		return input{}, refuse(Malformed, "Signature-Input")
	}
	signatures, err := httpsfv.UnmarshalDictionary(sigs)
	if err != nil {
		return input{}, refuse(Malformed, "Signature")
	}
	if len(inputs.Names()) > maxSignatures || len(signatures.Names()) > maxSignatures {
		return input{}, refuse(TooLarge, "signatures")
	}
	var chosen []input
	for _, label := range inputs.Names() {
		if p.Label != "" && label != p.Label {
			continue
		}
		one, err := inputOf(label, inputs, signatures)
		if err != nil {
			return input{}, err
		}
		if tag, _ := one.list.Params.Get("tag"); p.Tag != "" && tag != p.Tag {
			continue
		}
		chosen = append(chosen, one)
	}
	switch len(chosen) {
	case 0:
		return input{}, refuse(Missing, "")
	case 1:
		return chosen[0], nil
	}
	return input{}, refuse(Malformed, "several signatures to choose from")
}

func inputOf(label string, inputs, signatures *httpsfv.Dictionary) (input, error) {
	m, _ := inputs.Get(label)
	list, ok := m.(httpsfv.InnerList)
	if !ok {
		return input{}, refuse(Malformed, "Signature-Input")
	}
	m, ok = signatures.Get(label)
	if !ok {
		return input{}, refuse(Missing, "a label without signature")
	}
	item, ok := m.(httpsfv.Item)
	if !ok {
		return input{}, refuse(Malformed, "Signature")
	}
	sig, ok := item.Value.([]byte)
	if !ok {
		return input{}, refuse(Malformed, "Signature")
	}
	return input{label: label, list: list, sig: sig}, nil
}

// params reads the parameters of in and holds them against p.
func (in input) params(p Policy) (Verified, Alg, error) {
	v := Verified{Label: in.label}
	var alg string
	for _, t := range []struct {
		name string
		to   *string
	}{{"keyid", &v.KeyID}, {"nonce", &v.Nonce}, {"tag", &v.Tag}, {"alg", &alg}} {
		x, ok := in.list.Params.Get(t.name)
		if !ok {
			continue
		}
		s, ok := x.(string)
		if !ok {
			return v, "", refuse(Malformed, t.name)
		}
		if len(s) > maxText {
			return v, "", refuse(TooLarge, t.name)
		}
		*t.to = s
	}
	switch {
	case v.KeyID == "":
		return v, "", refuse(Coverage, "keyid")
	case p.Nonce && len(v.Nonce) < minNonce:
		return v, "", refuse(Coverage, "nonce")
	}
	return v, Alg(alg), in.instants(p, &v)
}

// instants reads created and expires and holds them against the clock.
func (in input) instants(p Policy, v *Verified) error {
	now, age, skew := p.Now(), p.MaxAge, p.Skew
	if age == 0 {
		age = defaultAge
	}
	if skew == 0 {
		skew = defaultSkew
	}
	x, ok := in.list.Params.Get("created")
	if !ok {
		return refuse(Coverage, "created")
	}
	created, ok := x.(int64)
	if !ok {
		return refuse(Malformed, "created")
	}
	v.Created = time.Unix(created, 0).UTC()
	v.Until = v.Created.Add(age)
	if x, ok := in.list.Params.Get("expires"); ok {
		expires, ok := x.(int64)
		if !ok {
			return refuse(Malformed, "expires")
		}
		if t := time.Unix(expires, 0).UTC(); t.Before(v.Until) {
			v.Until = t
		}
	}
	switch {
	case v.Created.After(now.Add(skew)):
		return refuse(TooNew, "")
	case now.After(v.Until):
		return refuse(TooOld, "")
	}
	return nil
}

// coverage refuses a signature that leaves out what p requires.
func (p Policy) coverage(m message, covered []component, body []byte) error {
	if p.partial {
		return nil
	}
	var want []string
	switch {
	case m.status != 0:
		want = append(want, `"@status"`)
		if m.req != nil && m.req.Header.Get("Signature") != "" && !coversAnswer(covered) {
			return refuse(Coverage, "the signature of the request")
		}
	default:
		want = append(want, `"@method"`, `"@authority"`)
		if !covers(covered, `"@target-uri"`) {
			want = append(want, `"@path"`)
			if m.req.URL.RawQuery != "" || m.req.URL.ForceQuery {
				want = append(want, `"@query"`)
			}
		}
	}
	if len(body) > 0 {
		want = append(want, `"content-digest"`)
	}
	for _, id := range want {
		if !covers(covered, id) {
			return refuse(Coverage, id)
		}
	}
	for _, s := range p.Required {
		c, err := parseComponent(s)
		if err != nil {
			return err
		}
		if !covers(covered, c.id) {
			return refuse(Coverage, c.id)
		}
	}
	return nil
}

// coversAnswer reports whether the request's signature is covered, whole or by
// a label.
func coversAnswer(covered []component) bool {
	for _, c := range covered {
		if c.name == "signature" && c.req {
			return true
		}
	}
	return false
}

// verify reports whether sig is k's signature of b.
func (k Key) verify(b, sig []byte) bool {
	switch k.alg {
	case Ed25519:
		pub, ok := k.public.(ed25519.PublicKey)
		return ok && ed25519.Verify(pub, b, sig)
	case ES256:
		pub, ok := k.public.(*ecdsa.PublicKey)
		if !ok || len(sig) != 64 {
			return false
		}
		sum := sha256.Sum256(b)
		return ecdsa.Verify(pub, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
	case HMAC:
		mac := hmac.New(sha256.New, k.secret)
		mac.Write(b)
		return hmac.Equal(mac.Sum(nil), sig)
	case RSAPSS:
		pub, ok := k.public.(*rsa.PublicKey)
		if !ok {
			return false
		}
		sum := sha512.Sum512(b)
		return rsa.VerifyPSS(pub, crypto.SHA512, sum[:], sig, &rsa.PSSOptions{SaltLength: 64, Hash: crypto.SHA512}) == nil
	}
	return false
}
