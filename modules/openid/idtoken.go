package openid

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
)

func has(all []string, x string) bool { return slices.Contains(all, x) }

// idToken says to c who signed in (OpenID Connect Core, section 2).
func (s *Service) idToken(ctx context.Context, c *client, a Authorization, g Grant, access string) (string, error) {
	now := s.now()
	sum := sha256.Sum256([]byte(access))
	claims := map[string]any{
		"iss": s.d.Issuer, "sub": g.Subject, "aud": c.ID, "iat": now.Unix(), "exp": now.Add(idTokenFor).Unix(), "auth_time": a.AuthTime.Unix(), "acr": a.ACR,
		"at_hash": base64.RawURLEncoding.EncodeToString(sum[:16]), "sid": s.sid(c.ID, a.Session),
	}
	if a.Nonce != "" {
		claims["nonce"] = a.Nonce
	}
	return s.signed(ctx, "JWT", claims)
}

// sid names a session to one client: two clients cannot join theirs.
func (s *Service) sid(client, session string) string {
	return base64.RawURLEncoding.EncodeToString(s.d.Keys.MAC("openid.sid", []byte(client+"\x00"+session))[:16])
}

func (s *Service) signed(ctx context.Context, typ string, claims map[string]any) (string, error) {
	b, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("claims: %w", err)
	}
	return s.d.Keys.Sign(ctx, typ, b)
}

// Published returns the keys that sign, and those that did, as a JWK set.
func (s *Service) Published(ctx context.Context) ([]byte, error) { return s.d.Keys.Published(ctx) }
