package httpsig

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dunglas/httpsfv"
)

// Keys of RFC 9421, appendix B.1.
const (
	testKeyRSAPSS = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----`
	testKeyP256 = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
-----END PUBLIC KEY-----`
	testKeyEd25519 = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----`
	testSharedSecret = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
)

const (
	requestDigest  = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
	responseDigest = "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:"
	requestBody    = `{"hello": "world"}`
	responseBody   = `{"message": "good dog"}`
)

// vectorKeys finds the keys of appendix B.1.
func vectorKeys(_ context.Context, id string) (Key, error) {
	text := map[string]string{"test-key-rsa-pss": testKeyRSAPSS, "test-key-ecc-p256": testKeyP256, "test-key-ed25519": testKeyEd25519}[id]
	if id == "test-shared-secret" {
		secret, err := base64.StdEncoding.DecodeString(testSharedSecret)
		if err != nil {
			return Key{}, err
		}
		return SharedSecret(secret)
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return Key{}, refuse(UnknownKey, "")
	}
	pub, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return Key{}, err
	}
	return PublicKey(pub)
}

// vectorPolicy takes what the vectors leave out.
func vectorPolicy(at int64) Policy {
	return Policy{Keys: vectorKeys, Now: func() time.Time { return time.Unix(at, 0) }, partial: true, Scheme: "https"}
}

// testRequest is test-request of appendix B.2, as a server reads it.
func testRequest() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/foo?param=Value&Pet=dog", strings.NewReader(requestBody))
	r.Host = "example.com"
	r.Header.Set("Date", "Tue, 20 Apr 2021 02:07:55 GMT")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Content-Digest", requestDigest)
	r.Header.Set("Content-Length", "18")
	return r
}

// testResponse is test-response of appendix B.2.
func testResponse() *http.Response {
	h := http.Header{}
	h.Set("Date", "Tue, 20 Apr 2021 02:07:56 GMT")
	h.Set("Content-Type", "application/json")
	h.Set("Content-Digest", responseDigest)
	h.Set("Content-Length", "23")
	return &http.Response{StatusCode: http.StatusOK, Header: h}
}

type vector struct {
	name, input, signature, base string
	alg                          Alg
	response                     bool
}

// vectors are those of appendix B.2.
var vectors = []vector{
	{
		name:      "B.2.1 minimal signature using rsa-pss-sha512",
		input:     `sig-b21=();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"`,
		signature: `sig-b21=:d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==:`,
		base:      `"@signature-params": ();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"`,
		alg:       RSAPSS,
	},
	{
		name:      "B.2.2 selective covered components using rsa-pss-sha512",
		input:     `sig-b22=("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example"`,
		signature: `sig-b22=:LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==:`,
		base: `"@authority": example.com
"content-digest": ` + requestDigest + `
"@query-param";name="Pet": dog
"@signature-params": ("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example"`,
		alg: RSAPSS,
	},
	{
		name:      "B.2.3 full coverage using rsa-pss-sha512",
		input:     `sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"`,
		signature: `sig-b23=:bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==:`,
		base: `"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@query": ?param=Value&Pet=dog
"@authority": example.com
"content-type": application/json
"content-digest": ` + requestDigest + `
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"`,
		alg: RSAPSS,
	},
	{
		name:      "B.2.4 signing a response using ecdsa-p256-sha256",
		input:     `sig-b24=("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"`,
		signature: `sig-b24=:wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==:`,
		base: `"@status": 200
"content-type": application/json
"content-digest": ` + responseDigest + `
"content-length": 23
"@signature-params": ("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"`,
		alg: ES256, response: true,
	},
	{
		name:      "B.2.5 signing a request using hmac-sha256",
		input:     `sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"`,
		signature: `sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:`,
		base: `"date": Tue, 20 Apr 2021 02:07:55 GMT
"@authority": example.com
"content-type": application/json
"@signature-params": ("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"`,
		alg: HMAC,
	},
	{
		name:      "B.2.6 signing a request using ed25519",
		input:     `sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`,
		signature: `sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:`,
		base: `"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@authority": example.com
"content-type": application/json
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`,
		alg: Ed25519,
	},
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			r, resp := testRequest(), testResponse()
			h, m, body := r.Header, message{header: r.Header, req: r, scheme: "https"}, requestBody
			if v.response {
				h, m, body = resp.Header, message{header: resp.Header, status: 200}, responseBody
			}
			h.Set("Signature-Input", v.input)
			h.Set("Signature", v.signature)
			p := vectorPolicy(1618884473)
			in, err := choose(h, p)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := httpsfv.Marshal(in.list); err != nil || v.input != in.label+"="+got {
				t.Errorf("serialised %q, %v", got, err)
			}
			got, _, err := base(m, in.list)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != v.base {
				t.Errorf("base\n%s\nwant\n%s", got, v.base)
			}
			check := func(body string) (Verified, error) {
				if v.response {
					return VerifyResponse(resp, []byte(body), nil, p)
				}
				return Verify(r, []byte(body), p)
			}
			if got, err := check(body); err != nil || got.Alg != v.alg {
				t.Errorf("verify: %+v, %v", got, err)
			}
			if strings.Contains(v.input, "content-digest") {
				if _, err := check(body + " "); KindOf(err) != Digest {
					t.Errorf("another body: %v", err)
				}
			}
			h.Set("Signature-Input", strings.Replace(v.input, "created=1618884473", "created=1618884472", 1))
			if _, err := check(body); KindOf(err) != Mismatch {
				t.Errorf("another instant: %v", err)
			}
		})
	}
}

// TestProxy checks the vector of appendix B.3: behind a TLS-terminating proxy.
func TestProxy(t *testing.T) {
	t.Parallel()
	const cert = `:MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=:`
	r := testRequest()
	r.Host = "service.internal.example"
	r.Header.Set("Client-Cert", cert)
	r.Header.Set("Signature-Input", `ttrp=("@path" "@query" "@method" "@authority" "client-cert");created=1618884473;keyid="test-key-ecc-p256"`)
	r.Header.Set("Signature", `ttrp=:xVMHVpawaAC/0SbHrKRs9i8I3eOs5RtTMGCWXm/9nvZzoHsIg6Mce9315T6xoklyy0yzhD9ah4JHRwMLOgmizw==:`)
	if _, err := Verify(r, []byte(requestBody), vectorPolicy(1618884473)); err != nil {
		t.Error(err)
	}
	r.Header.Set("Client-Cert", strings.Replace(cert, "MII", "MIJ", 1))
	if _, err := Verify(r, []byte(requestBody), vectorPolicy(1618884473)); KindOf(err) != Mismatch {
		t.Error(err)
	}
}

// TestTransformations checks appendix B.4: what may happen on the way, and what
// may not.
func TestTransformations(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, method, host, target string
		accept                     []string
		ok                         bool
	}{
		{"as signed", "GET", "example.org", "/demo?name1=Value1&Name2=value2", []string{"application/json", "*/*"}, true},
		{"query added", "GET", "example.org", "/demo?name1=Value1&Name2=value2&param=added", []string{"application/json", "*/*"}, true},
		{"lines joined", "GET", "example.org", "/demo?name1=Value1&Name2=value2", []string{"application/json, */*"}, true},
		{"method and authority changed", "POST", "example.com", "/demo?name1=Value1&Name2=value2", []string{"application/json", "*/*"}, false},
		{"lines reordered", "GET", "example.org", "/demo?name1=Value1&Name2=value2", []string{"*/*", "application/json"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(test.method, test.target, nil)
			r.Host = test.host
			r.Header["Accept"] = test.accept
			r.Header.Set("Signature-Input", `transform=("@method" "@path" "@authority" "accept");created=1618884473;keyid="test-key-ed25519"`)
			r.Header.Set("Signature", `transform=:ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA==:`)
			_, err := Verify(r, nil, vectorPolicy(1618884473))
			if test.ok && err != nil || !test.ok && !errors.Is(err, &Error{Kind: Mismatch}) {
				t.Errorf("got %v, want ok=%v", err, test.ok)
			}
		})
	}
}

// TestContentDigest checks RFC 9530, appendix B.
func TestContentDigest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ body, want string }{
		{"{\"hello\": \"world\"}\n", "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"},
		{"", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"},
		{"\"world\"}\n", "sha-256=:jjcgBDWNAtbYUXI37CVG3gRuGOAjaaDRGpIUFsdyepQ=:"},
		{"{\"title\": \"New Title\"}\n", "sha-256=:mEkdbO7Srd9LIOegftO0aBX+VPTVz7/CSHes2Z27gc4=:"},
	} {
		if got := ContentDigest([]byte(test.body)); got != test.want {
			t.Errorf("%q: %s, want %s", test.body, got, test.want)
		}
		if err := CheckDigest(http.Header{"Content-Digest": {test.want}}, []byte(test.body)); err != nil {
			t.Errorf("%q: %v", test.body, err)
		}
	}
	for _, field := range []string{"", "sha-256=x", "md5=:RK/0qy18MlBSVnWgjwz6lQ==:", "sha-256=:AAAA:", `sha-256=("a")`, requestDigest + ", sha-256=:AAAA:"} {
		if err := CheckDigest(http.Header{"Content-Digest": {field}}, []byte(requestBody)); err == nil {
			t.Errorf("%q: accepted", field)
		}
	}
}

// TestValues checks examples of sections 2.1 and 2.2.
func TestValues(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/path?param=value&foo=bar&baz=batman&qux=&a=%28b%20c%29&var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something", nil)
	r.Host = "WWW.Example.com:443"
	r.Header = http.Header{
		"X-Ows-Header":    {"  Leading and trailing whitespace.    "},
		"Cache-Control":   {"max-age=60", "   must-revalidate"},
		"Example-Dict":    {"  a=1,    b=2;x=1;y=2,   c=(a   b   c)"},
		"X-Empty-Header":  {""},
		"Example-Header":  {"value, with, lots", "of, commas"},
		"Signature-Input": {`sig1=("@method")`},
	}
	for _, test := range []struct{ component, want string }{
		{"x-ows-header", "Leading and trailing whitespace."},
		{"cache-control", "max-age=60, must-revalidate"},
		{"x-empty-header", ""},
		{"example-dict", "a=1,    b=2;x=1;y=2,   c=(a   b   c)"},
		{"example-dict;sf", "a=1, b=2;x=1;y=2, c=(a b c)"},
		{`example-dict;key="a"`, "1"},
		{`example-dict;key="b"`, "2;x=1;y=2"},
		{`example-dict;key="c"`, "(a b c)"},
		{"example-header;bs", ":dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:"},
		{"@method", "POST"},
		{"@authority", "www.example.com"},
		{"@scheme", "https"},
		{"@path", "/path"},
		{`@query-param;name="baz"`, "batman"},
		{`@query-param;name="qux"`, ""},
		{`@query-param;name="param"`, "value"},
		{`@query-param;name="var"`, "this%20is%20a%20big%0Amultiline%20value"},
		{`@query-param;name="bar"`, "with%20plus%20whitespace"},
		{`@query-param;name="fa%C3%A7ade%22%3A%20"`, "something"},
	} {
		c, err := parseComponent(test.component)
		if err != nil {
			t.Errorf("%s: %v", test.component, err)
			continue
		}
		if got, err := c.value(message{header: r.Header, req: r, scheme: "https"}); err != nil || got != test.want {
			t.Errorf("%s: %q, %v, want %q", test.component, got, err, test.want)
		}
	}
	empty := httptest.NewRequest("GET", "http://www.example.com", nil)
	empty.URL.Path = ""
	for _, test := range []struct{ component, want string }{{"@path", "/"}, {"@query", "?"}, {"@target-uri", "http://www.example.com/"}} {
		c, err := parseComponent(test.component)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.value(message{header: empty.Header, req: empty, scheme: "http"}); err != nil || got != test.want {
			t.Errorf("%s: %q, %v, want %q", test.component, got, err, test.want)
		}
	}
}
