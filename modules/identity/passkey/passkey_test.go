package passkey_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"causeway/modules/identity"
	"causeway/modules/identity/passkey"
	"causeway/modules/identity/passkeytest"
)

const origin = "https://causeway.example"

func TestNew(t *testing.T) {
	t.Parallel()
	for _, good := range []string{origin, "http://localhost:8080", "https://a.b.example:8443"} {
		if _, err := passkey.New(good, "Causeway"); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "causeway.example", "https://", origin + "/", origin + "/x", origin + "?x", "https://192.0.2.1", "https://[::1]:8080"} {
		if _, err := passkey.New(bad, "Causeway"); err == nil {
			t.Errorf("%s makes a relying party", bad)
		}
	}
}

func party(t testing.TB) *passkey.Party {
	t.Helper()
	p, err := passkey.New(origin, "Causeway")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestCreateRefuses: what a browser or an authenticator can get wrong, or lie
// about, when a passkey is made.
func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	y := party(t)
	for name, test := range map[string]struct {
		lie  func(d *passkeytest.Device)
		ok   bool
		swap bool
	}{
		"the truth":        {lie: func(*passkeytest.Device) {}, ok: true},
		"kept here alone":  {lie: func(d *passkeytest.Device) { d.Synced = false }, ok: true},
		"another origin":   {lie: func(d *passkeytest.Device) { d.Origin, d.RPID = "https://evil.example", "causeway.example" }},
		"without TLS":      {lie: func(d *passkeytest.Device) { d.Origin = "http://causeway.example" }},
		"a subdomain":      {lie: func(d *passkeytest.Device) { d.Origin, d.RPID = "https://x.causeway.example", "causeway.example" }},
		"another party":    {lie: func(d *passkeytest.Device) { d.RPID = "evil.example" }},
		"unverified user":  {lie: func(d *passkeytest.Device) { d.Verified = false }},
		"in a frame":       {lie: func(d *passkeytest.Device) { d.Framed = true }},
		"another ceremony": {lie: func(d *passkeytest.Device) { d.Type = "webauthn.get" }},
		"another challenge": {
			lie: func(*passkeytest.Device) {}, swap: true,
		},
	} {
		options, state, err := y.BeginCreate("p1", "Chan Tai Man", nil)
		if err != nil {
			t.Fatal(err)
		}
		if test.swap {
			if _, state, err = y.BeginCreate("p1", "Chan Tai Man", nil); err != nil {
				t.Fatal(err)
			}
		}
		d := passkeytest.New(origin)
		test.lie(d)
		response, err := d.Create(options)
		if err != nil {
			t.Fatal(err)
		}
		c, err := y.FinishCreate("p1", state, response)
		if test.ok && (err != nil || c.Synced != d.Synced || len(c.ID) == 0) || !test.ok && !errors.Is(err, identity.ErrPasskey) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "evil") {
			t.Errorf("%s: the error repeats what was sent: %v", name, err)
		}
		if _, err := y.FinishCreate("p2", state, response); !errors.Is(err, identity.ErrPasskey) {
			t.Errorf("%s for another person: %v", name, err)
		}
	}
}

// TestAsks: what the page is asked to ask for.
func TestAsks(t *testing.T) {
	t.Parallel()
	y := party(t)
	options, _, err := y.BeginCreate("p1", "Chan Tai Man", [][]byte{[]byte("one")})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"residentKey":"required"`, `"userVerification":"required"`, `"attestation":"none"`, `"id":"causeway.example"`, `"excludeCredentials":[{"type":"public-key","id":"b25l"}]`} {
		if !bytes.Contains(options, []byte(want)) {
			t.Errorf("no %s in %s", want, options)
		}
	}
	if options, _, err = y.BeginUse(nil); err != nil || !bytes.Contains(options, []byte(`"userVerification":"required"`)) || bytes.Contains(options, []byte("allowCredentials")) {
		t.Errorf("%s, %v", options, err)
	}
}

// TestChanged: an answer of which a byte was changed signs nobody in.
func TestChanged(t *testing.T) {
	t.Parallel()
	y, d := party(t), passkeytest.New(origin)
	options, state, err := y.BeginCreate("p1", "Chan Tai Man", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := d.Create(options)
	if err != nil {
		t.Fatal(err)
	}
	made, err := y.FinishCreate("p1", state, response)
	if err != nil {
		t.Fatal(err)
	}
	find := func(p identity.PersonID, id []byte) ([]byte, error) {
		if p != "p1" || !bytes.Equal(id, made.ID) {
			return nil, identity.ErrPasskeyUnknown
		}
		return made.Record, nil
	}
	if options, state, err = y.BeginUse(nil); err != nil {
		t.Fatal(err)
	}
	if response, err = d.Get(options); err != nil {
		t.Fatal(err)
	}
	if use, err := y.FinishUse(state, response, find); err != nil || use.Person != "p1" || use.Suspect {
		t.Fatalf("%+v, %v", use, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		b := bytes.Clone(response)
		at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		b[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		_, err := y.FinishUse(state, b, find)
		if err == nil && !reflect.DeepEqual(content(b), content(response)) { // else the change was in what is not signed
			t.Fatalf("signed in with %s", b)
		}
		if err != nil && !errors.Is(err, identity.ErrPasskey) && !errors.Is(err, identity.ErrPasskeyUnknown) {
			t.Fatal(err)
		}
	})
}

// content returns what of an answer counts.
func content(answer []byte) any {
	var a struct {
		Response struct{ ClientDataJSON, AuthenticatorData, Signature, UserHandle string }
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return err
	}
	r := a.Response
	var parts [][]byte
	for _, s := range []string{r.ClientDataJSON, r.AuthenticatorData, r.Signature, r.UserHandle} {
		b, _ := base64.RawURLEncoding.DecodeString(s)
		parts = append(parts, b)
	}
	return parts
}

func FuzzAnswers(f *testing.F) {
	y := party(f)
	_, made, err := y.BeginCreate("p1", "x", nil)
	if err != nil {
		f.Fatal(err)
	}
	_, used, err := y.BeginUse(nil)
	if err != nil {
		f.Fatal(err)
	}
	d := passkeytest.New(origin)
	options, _, err := y.BeginCreate("p1", "x", nil)
	if err != nil {
		f.Fatal(err)
	}
	seed, err := d.Create(options)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := y.FinishCreate("p1", made, b); err == nil {
			t.Error("a passkey was made")
		}
		_, err := y.FinishUse(used, b, func(identity.PersonID, []byte) ([]byte, error) { return nil, identity.ErrPasskeyUnknown })
		if err == nil {
			t.Error("a passkey was used")
		}
	})
}
