package httpsig

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func policy(pub crypto.PublicKey) Policy {
	return Policy{
		Now: func() time.Time { return now }, Nonce: true,
		Keys: func(_ context.Context, id string) (Key, error) {
			if id != "k" {
				return Key{}, refuse(UnknownKey, "")
			}
			return PublicKey(pub)
		},
	}
}

func ed(t testing.TB) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return pub, private
}

// TestRoundTrip sends a signed request over a socket and has it answered with a
// signed response.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	_, edKey := ed(t)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []crypto.Signer{edKey, ecKey} {
		for _, body := range []string{"", `{"a":1}`} {
			for _, target := range []string{"/x", "/x?a=1&b=2", "/%E4%B8%AD/a%2Fb?q=%20+", "/?"} {
				t.Run(fmt.Sprintf("%T%s%s", key, target, body), func(t *testing.T) {
					t.Parallel()
					roundTrip(t, key, target, body)
				})
			}
		}
	}
}

func roundTrip(t *testing.T, key crypto.Signer, target, body string) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		v, err := Verify(r, b, policy(key.Public()))
		if err != nil {
			t.Errorf("request: %v", err)
		}
		if !v.Created.Equal(now) || !v.Until.Equal(now.Add(5*time.Minute)) || v.KeyID != "k" || len(v.Nonce) < 16 {
			t.Errorf("verified %+v", v)
		}
		answer := []byte(body)
		if err := SignResponse(w.Header(), http.StatusAccepted, answer, r, Params{Key: key, KeyID: "k", Created: now, Nonce: NewNonce()}); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write(answer)
	}))
	defer srv.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if err := Sign(r, []byte(body), Params{Key: key, KeyID: "k", Created: now, Nonce: NewNonce()}); err != nil {
		t.Fatal(err)
	}
	resp, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	p := policy(key.Public())
	if _, err := VerifyResponse(resp, b, r, p); err != nil {
		t.Errorf("response: %v", err)
	}
	other := r.Clone(t.Context())
	if err := Sign(other, nil, Params{Key: key, KeyID: "k", Created: now, Nonce: NewNonce(), Label: "sig"}); err != nil {
		t.Fatal(err)
	}
	other.Header["Signature"] = other.Header["Signature"][1:]
	if _, err := VerifyResponse(resp, b, other, p); KindOf(err) != Mismatch {
		t.Errorf("response to another request: %v", err)
	}
	resp.StatusCode = http.StatusOK
	if _, err := VerifyResponse(resp, b, r, p); KindOf(err) != Mismatch {
		t.Errorf("another status: %v", err)
	}
}

// TestRefusals changes a good request in one way each.
func TestRefusals(t *testing.T) {
	t.Parallel()
	pub, key := ed(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"a":1}`)
	for _, test := range []struct {
		name   string
		params func(*Params)
		after  func(*http.Request)
		policy func(*Policy)
		body   string
		want   Kind
	}{
		{name: "good"},
		{name: "no signature", after: func(r *http.Request) { r.Header.Del("Signature") }, want: Missing},
		{name: "no input", after: func(r *http.Request) { r.Header.Del("Signature-Input") }, want: Missing},
		{name: "other label", policy: func(p *Policy) { p.Label = "x" }, want: Missing},
		{name: "other tag", params: func(p *Params) { p.Tag = "a" }, policy: func(p *Policy) { p.Tag = "b" }, want: Missing},
		{name: "tag", params: func(p *Params) { p.Tag = "a" }, policy: func(p *Policy) { p.Tag = "a" }},
		{name: "method", after: func(r *http.Request) { r.Method = "PUT" }, want: Mismatch},
		{name: "host", after: func(r *http.Request) { r.Host = "evil.example" }, want: Mismatch},
		{name: "path", after: func(r *http.Request) { r.URL.Path = "/admin" }, want: Mismatch},
		{name: "query", after: func(r *http.Request) { r.URL.RawQuery = "x=2" }, want: Mismatch},
		{name: "body", body: `{"a":2}`, want: Digest},
		{name: "no body", body: "-", want: Digest},
		{name: "digest removed", after: func(r *http.Request) { r.Header.Del("Content-Digest") }, want: Coverage},
		{name: "digest of another body", body: `{"a":2}`, after: func(r *http.Request) { r.Header.Set("Content-Digest", ContentDigest([]byte(`{"a":2}`))) }, want: Mismatch},
		{name: "type", after: func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, want: Mismatch},
		{name: "no nonce", params: func(p *Params) { p.Nonce = "" }, want: Coverage},
		{name: "short nonce", params: func(p *Params) { p.Nonce = "1234567" }, want: Coverage},
		{name: "long nonce", params: func(p *Params) { p.Nonce = strings.Repeat("x", 257) }, want: TooLarge},
		{name: "no created", params: func(p *Params) { p.Created = time.Time{} }, want: Coverage},
		{name: "old", params: func(p *Params) { p.Created = now.Add(-5*time.Minute - time.Second) }, want: TooOld},
		{name: "not too old", params: func(p *Params) { p.Created = now.Add(-5 * time.Minute) }},
		{name: "new", params: func(p *Params) { p.Created = now.Add(31 * time.Second) }, want: TooNew},
		{name: "a clock ahead", params: func(p *Params) { p.Created = now.Add(30 * time.Second) }},
		{name: "expired", params: func(p *Params) { p.Created, p.Expires = now.Add(-time.Minute), now.Add(-time.Second) }, want: TooOld},
		{name: "no keyid", params: func(p *Params) { p.KeyID = "" }, want: Coverage},
		{name: "unknown key", params: func(p *Params) { p.KeyID = "z" }, want: UnknownKey},
		{name: "key of another kind", policy: func(p *Policy) {
			p.Keys = func(context.Context, string) (Key, error) { return PublicKey(rsaKey.Public()) }
		}, want: Mismatch},
		{name: "public key as secret", policy: func(p *Policy) {
			p.Keys = func(context.Context, string) (Key, error) { return SharedSecret(pub) }
		}, want: Mismatch},
		{name: "method not covered", params: func(p *Params) { p.Components = []string{"@authority", "@path", "@query", "content-digest"} }, want: Coverage},
		{name: "query not covered", params: func(p *Params) { p.Components = []string{"@method", "@authority", "@path", "content-digest"} }, want: Coverage},
		{name: "target covered", params: func(p *Params) { p.Components = []string{"@method", "@authority", "@target-uri", "content-digest"} }},
		{name: "digest not covered", params: func(p *Params) { p.Components = []string{"@method", "@authority", "@target-uri"} }, want: Coverage},
		{name: "digest of the wrong part", params: func(p *Params) {
			p.Components = []string{"@method", "@authority", "@target-uri", `content-digest;key="sha-256"`}
		}, want: Coverage},
		{name: "required", policy: func(p *Policy) { p.Required = []string{"date"} }, want: Coverage},
		{name: "alg", after: func(r *http.Request) {
			r.Header.Set("Signature-Input", r.Header.Get("Signature-Input")+`;alg="hmac-sha256"`)
		}, want: Algorithm},
		{name: "true alg, not signed", after: func(r *http.Request) {
			r.Header.Set("Signature-Input", r.Header.Get("Signature-Input")+`;alg="ed25519"`)
		}, want: Mismatch},
		{name: "created twice", after: func(r *http.Request) { r.Header.Set("Signature-Input", r.Header.Get("Signature-Input")+`;created=1`) }, want: TooOld},
		{name: "created a text", after: func(r *http.Request) { r.Header.Set("Signature-Input", r.Header.Get("Signature-Input")+`;created="1"`) }, want: Malformed},
		{name: "huge", after: func(r *http.Request) { r.Header.Set("Signature-Input", strings.Repeat("a=(),", 4000)+"a=()") }, want: TooLarge},
		{name: "many labels", after: func(r *http.Request) { r.Header.Set("Signature-Input", "a=(),b=(),c=(),d=(),e=(),f=(),g=(),h=(),i=()") }, want: TooLarge},
		{name: "many components", after: func(r *http.Request) {
			r.Header.Set("Signature-Input", `sig=(`+strings.Repeat(`"@method" `, 33)+`);created=`+fmt.Sprint(now.Unix())+`;keyid="k";nonce="123456789"`)
		}, want: TooLarge},
		{name: "component twice", after: func(r *http.Request) {
			r.Header.Set("Signature-Input", `sig=("@method" "@method");created=`+fmt.Sprint(now.Unix())+`;keyid="k";nonce="123456789"`)
		}, want: Malformed},
		{name: "two signatures", after: func(r *http.Request) {
			r.Header.Add("Signature-Input", "b"+r.Header.Get("Signature-Input"))
			r.Header.Add("Signature", "b"+r.Header.Get("Signature"))
		}, want: Malformed},
		{name: "not a dictionary", after: func(r *http.Request) { r.Header.Set("Signature-Input", "((") }, want: Malformed},
		{name: "not bytes", after: func(r *http.Request) { r.Header.Set("Signature", "sig=1") }, want: Malformed},
		{name: "list as signature", after: func(r *http.Request) { r.Header.Set("Signature", "sig=(1)") }, want: Malformed},
		{name: "short signature", after: func(r *http.Request) { r.Header.Set("Signature", "sig=:AAAA:") }, want: Mismatch},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("POST", "http://causeway.example/api/v1/x?a=1", bytes.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			params := Params{Key: key, KeyID: "k", Created: now, Nonce: NewNonce()}
			if test.params != nil {
				test.params(&params)
			}
			if err := Sign(r, body, params); err != nil {
				t.Fatal(err)
			}
			if test.after != nil {
				test.after(r)
			}
			p := policy(pub)
			if test.policy != nil {
				test.policy(&p)
			}
			b := body
			switch test.body {
			case "":
			case "-":
				b = nil
			default:
				b = []byte(test.body)
			}
			if _, err := Verify(r, b, p); KindOf(err) != test.want || (err == nil) != (test.want == 0) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestComponents(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "Date", "@nonsense;x", "@method;sf", "date;bs;sf", "@signature-params", "date;key", "date;req=1", `"`, "a b;", "date;name=\"x\""} {
		if c, err := parseComponent(s); err == nil {
			t.Errorf("%q: accepted as %+v", s, c)
		}
	}
	r := httptest.NewRequest("GET", "/?a=1&a=2&b=%zz", nil)
	r.Header.Set("X-Break", "a\r\n\"@method\": POST")
	r.Header.Set("Server", "x")
	for _, s := range []string{"@nonsense", "@status", "@method;req", `@query-param;name="a"`, `@query-param;name="b"`, `@query-param;name="c"`, "x-absent", "x-break", "server;sf", `server;key="a"`} {
		c, err := parseComponent(s)
		if err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		if v, err := c.value(message{header: r.Header, req: r}); err == nil {
			t.Errorf("%q: value %q", s, v)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err == nil {
		if _, err := PublicKey(small.Public()); err == nil {
			t.Error("a small RSA key is accepted")
		}
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []any{nil, "x", ed25519.PublicKey{1}, p384.Public()} {
		if _, err := PublicKey(k); err == nil {
			t.Errorf("%T is accepted", k)
		}
	}
	if _, err := SharedSecret([]byte("short")); err == nil {
		t.Error("a short secret is accepted")
	}
	if (Key{}).verify(nil, nil) {
		t.Error("the zero key verifies")
	}
}

// FuzzVerify checks that nothing panics, and that what is accepted is what was
// signed.
func FuzzVerify(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.input, v.signature, "content-digest: x", "param=Value&Pet=dog")
	}
	f.Add(`sig=("signature-input";key="sig" "content-type";bs "content-digest";sf "@query-param";name="a");created=1;keyid="k"`, "sig=:AAAA:", "", "a=1")
	f.Add(`sig=("@status";req);created=1618884473;keyid="test-key-ed25519";expires=-1`, "sig=?1", "", "")
	f.Add(`a;b=%"%c3%bc", sig=(1 2 @3 :AA==:);x=1.5`, `sig=*x`, "", "")
	good := map[string]bool{}
	for _, v := range vectors {
		good[v.base] = true
	}
	f.Fuzz(func(t *testing.T, input, signature, typ, query string) {
		r := testRequest()
		r.URL.RawQuery = query
		r.Header.Set("Signature-Input", input)
		r.Header.Set("Signature", signature)
		r.Header.Set("Content-Type", typ)
		p := vectorPolicy(1618884473)
		if _, err := Verify(r, []byte(requestBody), p); err == nil {
			in, err := choose(r.Header, p)
			if err != nil {
				t.Fatal(err)
			}
			b, _, err := base(message{header: r.Header, req: r, scheme: "https"}, in.list)
			if err != nil || !good[string(b)] {
				t.Errorf("accepted %q, %v", b, err)
			}
		} else if KindOf(err) == 0 {
			t.Errorf("a refusal without a kind: %v", err)
		}
		resp := testResponse()
		resp.Header.Set("Signature-Input", input)
		resp.Header.Set("Signature", signature)
		if _, err := VerifyResponse(resp, []byte(responseBody), r, p); err != nil && KindOf(err) == 0 {
			t.Errorf("a refusal without a kind: %v", err)
		}
	})
}

// FuzzInput checks that what is parsed is re-serialised to what parses alike.
func FuzzInput(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.input, v.signature)
	}
	f.Fuzz(func(t *testing.T, input, signature string) {
		h := http.Header{"Signature-Input": {input}, "Signature": {signature}}
		in, err := choose(h, Policy{})
		if err != nil {
			return
		}
		out := http.Header{}
		if err := attach(out, in.label, in.list, in.sig); err != nil {
			return // as a date or a display string that has no canonical form
		}
		again, err := choose(out, Policy{})
		if err != nil || again.label != in.label || !bytes.Equal(again.sig, in.sig) || len(again.list.Items) != len(in.list.Items) {
			t.Errorf("%q became %q: %v", input, out, err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	pub, key := ed(b)
	body := []byte(`{"a":1}`)
	r := httptest.NewRequest("POST", "http://causeway.example/api/v1/x?a=1", nil)
	r.Header.Set("Content-Type", "application/json")
	if err := Sign(r, body, Params{Key: key, KeyID: "k", Created: now, Nonce: NewNonce()}); err != nil {
		b.Fatal(err)
	}
	p := policy(pub)
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			if _, err := Verify(r, body, p); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			in, err := choose(r.Header, p)
			if err != nil {
				b.Fatal(err)
			}
			if _, _, err := base(message{header: r.Header, req: r, scheme: "http"}, in.list); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ed25519", func(b *testing.B) {
		sig := ed25519.Sign(key, body)
		for b.Loop() {
			ed25519.Verify(pub, body, sig)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	_, key := ed(b)
	body := []byte(`{"a":1}`)
	r := httptest.NewRequest("POST", "http://causeway.example/api/v1/x?a=1", nil)
	for b.Loop() {
		r.Header = http.Header{}
		if err := Sign(r, body, Params{Key: key, KeyID: "k", Created: now, Nonce: "0123456789abcdef"}); err != nil {
			b.Fatal(err)
		}
	}
}
