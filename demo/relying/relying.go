// Package relying is a small client of an OpenID Provider that follows FAPI 2.0:
// pushed requests, client assertions (private_key_jwt), PKCE and DPoP with server
// nonces. The demo's shop uses it, and so do tests and benchmarks: it shows how
// little a relying party needs beside HTTP and a JOSE library.
package relying

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// A Client is one registered client. It may be used by many goroutines.
type Client struct {
	Issuer   string
	ID       string
	Redirect string
	Key      *ecdsa.PrivateKey // signs assertions
	KeyID    string
	HTTP     *http.Client
	Now      func() time.Time

	mu    sync.Mutex // guards nonce
	nonce string     // the latest that the provider gave
}

// Endpoints below the issuer; a client that knows nothing would read them from
// the discovery document.
const (
	PushPath       = "/openid/par"
	AuthorizePath  = "/openid/authorize"
	TokenPath      = "/openid/token"
	UserInfoPath   = "/openid/userinfo"
	IntrospectPath = "/openid/introspect"
	RevokePath     = "/openid/revoke"
)

// NewKey returns a new key for ES256.
func NewKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// Public returns key as a JWK set, to be registered.
func Public(key *ecdsa.PrivateKey, id string) ([]byte, error) {
	return json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: id, Algorithm: "ES256", Use: "sig"}}})
}

// Secret returns 256 random bits in base64url: for a state, nonce or verifier.
func Secret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Challenge returns the code challenge of a verifier (RFC 7636).
func Challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// An Error is what the provider answered.
type Error struct {
	Status      int
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (e *Error) Error() string {
	return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Description)
}

// Tokens is the answer of the token endpoint.
type Tokens struct {
	AccessToken  string          `json:"access_token"`
	TokenType    string          `json:"token_type"`
	RefreshToken string          `json:"refresh_token"`
	IDToken      string          `json:"id_token"`
	Scope        string          `json:"scope"`
	ExpiresIn    int             `json:"expires_in"`
	Details      json.RawMessage `json:"authorization_details"`
	GrantID      string          `json:"grant_id"`
}

// Push pushes an authorization request and returns the address to send the
// browser to.
func (c *Client) Push(ctx context.Context, verifier string, params url.Values) (string, error) {
	form := url.Values{
		"response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {c.Redirect}, "code_challenge": {Challenge(verifier)}, "code_challenge_method": {"S256"},
	}
	for name, values := range params {
		form[name] = values
	}
	var out struct {
		RequestURI string `json:"request_uri"`
	}
	if err := c.Post(ctx, PushPath, form, nil, &out); err != nil {
		return "", err
	}
	return c.Issuer + AuthorizePath + "?" + url.Values{"client_id": {c.ID}, "request_uri": {out.RequestURI}}.Encode(), nil
}

// Exchange redeems a code, and binds what it gives to key.
func (c *Client) Exchange(ctx context.Context, code, verifier string, key *ecdsa.PrivateKey) (Tokens, error) {
	return c.Token(ctx, url.Values{"grant_type": {"authorization_code"}, "code": {code}, "code_verifier": {verifier}, "redirect_uri": {c.Redirect}}, key)
}

// Refresh exchanges a refresh token.
func (c *Client) Refresh(ctx context.Context, token string, key *ecdsa.PrivateKey) (Tokens, error) {
	return c.Token(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, key)
}

// Token asks the token endpoint.
func (c *Client) Token(ctx context.Context, form url.Values, key *ecdsa.PrivateKey) (Tokens, error) {
	var t Tokens
	return t, c.Post(ctx, TokenPath, form, key, &t)
}

// UserInfo returns what the access token opens.
func (c *Client) UserInfo(ctx context.Context, token string, key *ecdsa.PrivateKey, out any) error {
	return c.again(func() (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Issuer+UserInfoPath, nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "DPoP "+token)
		proof, err := c.Proof(key, http.MethodGet, UserInfoPath, token)
		if err != nil {
			return nil, err
		}
		req.Header.Set("DPoP", proof)
		return c.HTTP.Do(req)
	}, out)
}

// Post posts form with a client assertion, and a DPoP proof if there is a key.
func (c *Client) Post(ctx context.Context, path string, form url.Values, key *ecdsa.PrivateKey, out any) error {
	return c.again(func() (*http.Response, error) {
		assertion, err := c.Assertion()
		if err != nil {
			return nil, err
		}
		form.Set("client_id", c.ID)
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", assertion)
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Issuer+path, strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if key != nil {
			proof, err := c.Proof(key, http.MethodPost, path, "")
			if err != nil {
				return nil, err
			}
			req.Header.Set("DPoP", proof)
		}
		return c.HTTP.Do(req)
	}, out)
}

// again sends what do makes, once more if the provider gave a nonce to use.
func (c *Client) again(do func() (*http.Response, error), out any) error {
	for try := 0; ; try++ {
		res, err := do()
		if err != nil {
			return fmt.Errorf("provider: %w", err)
		}
		err = c.read(res, out)
		if e, ok := errors.AsType[*Error](err); !ok || e.Code != "use_dpop_nonce" || try > 0 {
			return err
		}
	}
}

func (c *Client) read(res *http.Response, out any) error {
	defer res.Body.Close()
	if nonce := res.Header.Get("DPoP-Nonce"); nonce != "" {
		c.mu.Lock()
		c.nonce = nonce
		c.mu.Unlock()
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("provider: %w", err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		e := &Error{Status: res.StatusCode}
		_ = json.Unmarshal(body, e) // the status says enough
		return e
	}
	if out == nil || len(body) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("provider: %w", err)
	}
	return nil
}

// Assertion returns a new client assertion (RFC 7523).
func (c *Client) Assertion() (string, error) {
	now := c.Now()
	return Sign(c.Key, map[string]any{"kid": c.KeyID}, map[string]any{
		"iss": c.ID, "sub": c.ID, "aud": c.Issuer, "jti": Secret(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	})
}

// Proof returns a DPoP proof with the latest nonce, for an access token if it is
// not "".
func (c *Client) Proof(key *ecdsa.PrivateKey, method, path, token string) (string, error) {
	c.mu.Lock()
	nonce := c.nonce
	c.mu.Unlock()
	return Proof(key, c.Issuer, method, path, token, nonce, c.Now())
}

// Proof returns a DPoP proof (RFC 9449). The token and the nonce may be "".
func Proof(key *ecdsa.PrivateKey, issuer, method, path, token, nonce string, now time.Time) (string, error) {
	claims := map[string]any{"jti": Secret(), "htm": method, "htu": issuer + path, "iat": now.Unix()}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	if token != "" {
		claims["ath"] = Challenge(token)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return "", fmt.Errorf("proof: %w", err)
	}
	enc := base64.RawURLEncoding
	jwk := map[string]any{"kty": "EC", "crv": "P-256", "x": enc.EncodeToString(point[1:33]), "y": enc.EncodeToString(point[33:])}
	return Sign(key, map[string]any{"typ": "dpop+jwt", "jwk": jwk}, claims)
}

// Sign returns claims as a JWS by ES256 with header.
func Sign(key *ecdsa.PrivateKey, header, claims map[string]any) (string, error) {
	header["alg"] = "ES256"
	head, err := json.Marshal(header)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	enc := base64.RawURLEncoding
	text := enc.EncodeToString(head) + "." + enc.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return text + "." + enc.EncodeToString(sig), nil
}
