package main

import (
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"causeway/demo/relying"
)

const partyCallback = "https://bench.example/callback"

// A party is a client of the OpenID Provider.
type party struct {
	*relying.Client
	nonce sync.Map // by worker: the latest DPoP nonce
}

// register has the transport department's administrator register a client of a
// profile at its console.
func register(origin, profile string, key *ecdsa.PrivateKey) (*party, error) {
	c, err := newClient(origin)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if _, err := c.post("/demo/sign-in/transport-admin", nil); err != nil {
		return nil, err
	}
	jwks, err := relying.Public(key, "bench")
	if err != nil {
		return nil, err
	}
	res, err := c.post("/work/transport-department/clients/new", url.Values{
		"en": {"Bench"}, "zh-Hant": {"測試"}, "zh-Hans": {"测试"}, "profile": {profile}, "sign-in": {"yes"}, "own": {"yes"}, "keys": {string(jwks)}, "redirects": {partyCallback},
	})
	if err != nil {
		return nil, err
	}
	if res.Status != http.StatusSeeOther {
		return nil, fmt.Errorf("register: status %d", res.Status)
	}
	id := res.Location[strings.LastIndexByte(res.Location, '/')+1:]
	return &party{Client: &relying.Client{Issuer: origin, ID: id, Redirect: partyCallback, Key: key, KeyID: "bench", Now: clock}}, nil
}

// ask posts a form to an endpoint, signed anew, by worker w on c; with a DPoP
// proof if there is a key.
func (p *party) ask(c *client, w int, path string, form url.Values, key *ecdsa.PrivateKey, out any) error {
	for range 2 {
		assertion, err := p.Assertion()
		if err != nil {
			return err
		}
		form.Set("client_id", p.ID)
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", assertion)
		header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		if key != nil {
			proof, err := p.prove(w, key, http.MethodPost, path, "")
			if err != nil {
				return err
			}
			header.Set("DPoP", proof)
		}
		res, err := c.do(http.MethodPost, path, header, []byte(form.Encode()))
		if err != nil {
			return err
		}
		if again, err := p.read(w, res, out); !again {
			return err
		}
	}
	return errors.New("the provider wants one nonce after another")
}

// read takes an answer; again reports that it wants a nonce.
func (p *party) read(w int, res *reply, out any) (again bool, err error) {
	if n := res.Header.Get("DPoP-Nonce"); n != "" {
		p.nonce.Store(w, n)
	}
	if res.Status >= http.StatusMultipleChoices {
		return strings.Contains(string(res.Body), "use_dpop_nonce"), fmt.Errorf("status %d: %.200s", res.Status, res.Body)
	}
	return false, json.Unmarshal(res.Body, out)
}

func (p *party) prove(w int, key *ecdsa.PrivateKey, method, path, token string) (string, error) {
	nonce, _ := p.nonce.Load(w)
	text, _ := nonce.(string)
	return relying.Proof(key, p.Issuer, method, path, token, text, clock())
}

// waited has n workers call f as hammer does, each on a connection of its own,
// and keeps how long each call took.
func waited(origin string, n int, span time.Duration, f func(c *client, w int) error) (rate, error) {
	clients, waits := make([]*client, n), make([][]time.Duration, n)
	for i := range clients {
		c, err := newClient(origin)
		if err != nil {
			return rate{}, err
		}
		defer c.close()
		clients[i] = c
	}
	r := hammer(n, span, func(w int) error {
		began := clock()
		err := f(clients[w], w)
		if err == nil {
			waits[w] = append(waits[w], time.Since(began))
		}
		return err
	})
	for _, w := range waits {
		r.Waits = append(r.Waits, w...)
	}
	if r.Done == 0 {
		return r, fmt.Errorf("openid: %w: %w", errNone, r.First)
	}
	return r, nil
}

// credentials asks for tokens of the client's own.
func (p *party) credentials(origin string, span time.Duration, bound bool) (rate, error) {
	keys := make([]*ecdsa.PrivateKey, 32)
	if bound {
		for i := range keys {
			var err error
			if keys[i], err = relying.NewKey(); err != nil {
				return rate{}, err
			}
		}
	}
	return waited(origin, len(keys), span, func(c *client, w int) error {
		var t relying.Tokens
		if err := p.ask(c, w, relying.TokenPath, url.Values{"grant_type": {"client_credentials"}}, keys[w], &t); err != nil {
			return err
		}
		if t.AccessToken == "" {
			return errors.New("no token")
		}
		return nil
	})
}

// introspections looks at one live token, again and again.
func (p *party) introspections(origin string, span time.Duration) (rate, error) {
	c, err := newClient(origin)
	if err != nil {
		return rate{}, err
	}
	defer c.close()
	var t relying.Tokens
	if err := p.ask(c, 0, relying.TokenPath, url.Values{"grant_type": {"client_credentials"}}, nil, &t); err != nil {
		return rate{}, err
	}
	return waited(origin, 32, span, func(c *client, w int) error {
		var out struct{ Active bool }
		if err := p.ask(c, w, relying.IntrospectPath, url.Values{"token": {t.AccessToken}}, nil, &out); err != nil {
			return err
		}
		if !out.Active {
			return errors.New("the token is not active")
		}
		return nil
	})
}

// agreed has people sign in to p once, so that they need not be asked again.
func (p *party) agreed(people []*journey) error {
	for w, j := range people {
		j.session += "; __Host-openid=" + relying.Secret()
		at, err := p.pushed(j.client, w, relying.Secret())
		if err != nil {
			return err
		}
		res, err := j.get(at)
		if err != nil {
			return err
		}
		if res, err = j.post(res.Location, url.Values{"answer": {"agree"}}); err != nil {
			return err
		}
		if !strings.HasPrefix(res.Location, partyCallback) {
			return fmt.Errorf("agree: %d %s", res.Status, res.Location)
		}
	}
	return nil
}

func (p *party) pushed(c *client, w int, verifier string) (string, error) {
	var out struct {
		RequestURI string `json:"request_uri"`
	}
	err := p.ask(c, w, relying.PushPath, url.Values{
		"response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {partyCallback}, "state": {"s"}, "nonce": {"n"},
		"code_challenge": {relying.Challenge(verifier)}, "code_challenge_method": {"S256"},
	}, nil, &out)
	return relying.AuthorizePath + "?" + url.Values{"client_id": {p.ID}, "request_uri": {out.RequestURI}}.Encode(), err
}

// signIns has people who are signed in to Causeway sign in to p: pushed request,
// authorization, code, DPoP-bound token, userinfo.
func (p *party) signIns(people []*journey, span time.Duration) (rate, error) {
	software := make([]*client, len(people))
	for i := range software {
		c, err := newClient(p.Issuer)
		if err != nil {
			return rate{}, err
		}
		defer c.close()
		software[i] = c
	}
	r := hammer(len(people), span, func(w int) error {
		verifier := relying.Secret()
		key, err := relying.NewKey()
		if err != nil {
			return err
		}
		soft := software[w]
		at, err := p.pushed(soft, w, verifier)
		if err != nil {
			return err
		}
		res, err := people[w].get(at)
		if err != nil {
			return err
		}
		to, err := url.Parse(res.Location)
		if err != nil || to.Query().Get("code") == "" {
			return fmt.Errorf("authorize: %d %s", res.Status, res.Location)
		}
		var t relying.Tokens
		err = p.ask(soft, w, relying.TokenPath, url.Values{
			"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "code_verifier": {verifier}, "redirect_uri": {partyCallback},
		}, key, &t)
		if err != nil {
			return err
		}
		proof, err := p.prove(w, key, http.MethodGet, relying.UserInfoPath, t.AccessToken)
		if err != nil {
			return err
		}
		info, err := soft.do(http.MethodGet, relying.UserInfoPath, http.Header{"Authorization": {"DPoP " + t.AccessToken}, "Dpop": {proof}}, nil)
		if err != nil {
			return err
		}
		var who struct{ Sub string }
		if _, err := p.read(w, info, &who); err != nil || who.Sub == "" || t.IDToken == "" {
			return fmt.Errorf("userinfo: %w", err)
		}
		return nil
	})
	if r.Done == 0 {
		return r, fmt.Errorf("sign-ins: %w: %w", errNone, r.First)
	}
	return r, nil
}

// openid measures the OpenID Provider: tokens and introspection by a client that
// authenticates by ES256, and whole sign-ins under FAPI 2.0.
func (b *bench) openid(context.Context) error {
	plain, err := register(b.program.Origin, "plain", b.party)
	if err != nil {
		return err
	}
	fapi, err := register(b.program.Origin, "fapi2", b.party)
	if err != nil {
		return err
	}
	people, err := signedIn(b.program.Origin, 16, &b.next)
	if err != nil {
		return err
	}
	for _, j := range people {
		defer j.close()
	}
	if err := fapi.agreed(people); err != nil {
		return err
	}
	bare := &party{Client: &relying.Client{Issuer: b.floor, ID: "bench", Key: b.party, KeyID: "bench", Now: clock}}
	var tokens, waits, floors, bound, looks, lookWaits, lookFloors, ins []float64
	for range b.runs {
		for _, x := range []struct {
			name  string
			run   func() (rate, error)
			rates *[]float64
			p99s  *[]float64
		}{
			{"tokens", func() (rate, error) { return plain.credentials(b.program.Origin, b.span, false) }, &tokens, &waits},
			{"floor of tokens", func() (rate, error) { return bare.credentials(b.floor, b.span, false) }, &floors, nil},
			{"bound tokens", func() (rate, error) { return fapi.credentials(b.program.Origin, b.span, true) }, &bound, nil},
			{"introspection", func() (rate, error) { return plain.introspections(b.program.Origin, b.span) }, &looks, &lookWaits},
			{"floor of introspection", func() (rate, error) { return bare.introspections(b.floor, b.span) }, &lookFloors, nil},
			{"sign-ins", func() (rate, error) { return fapi.signIns(people, b.span) }, &ins, nil},
		} {
			r, err := x.run()
			if err != nil {
				return fmt.Errorf("%s: %w", x.name, err)
			}
			b.failed(x.name, r)
			*x.rates = append(*x.rates, r.perSecond())
			if x.p99s != nil {
				*x.p99s = append(*x.p99s, r.percentile(99))
			}
		}
	}
	rateBar, waitBar := 3000.0, 40.0
	if b.engine == "postgres" {
		rateBar, waitBar = 1800, 60
	}
	add := func(what, unit string, bar float64, most bool, floor, runs []float64) {
		b.report.add(figure{Engine: b.engine, What: what, Unit: unit, Bar: bar, Most: most, Floor: median(floor), Runs: runs})
	}
	add("client-credentials token, ES256, durable jti, 32 at a time", "/s", rateBar, false, floors, tokens)
	add("client-credentials token, p99", "ms", waitBar, true, nil, waits)
	add("introspection of a live token, ES256, durable jti, 32 at a time", "/s", 4000, false, lookFloors, looks)
	add("introspection, p99", "ms", 20, true, nil, lookWaits)
	add("whole FAPI 2.0 sign-in, 16 at a time", "/s", 250, false, nil, ins)
	b.report.Notes = append(b.report.Notes, fmt.Sprintf("%s: client-credentials tokens bound to a DPoP key, with two signatures and two used ids each: %.0f/s", b.engine, median(bound)))
	return nil
}
