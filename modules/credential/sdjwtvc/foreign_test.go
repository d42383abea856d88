package sdjwtvc_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/privacybydesign/irmago/eudi/sdjwt"

	"causeway/modules/credential"
	"causeway/modules/credential/sdjwtvc"
	"causeway/platform/day"
	"causeway/platform/keys"
	"causeway/platform/lang"
	"causeway/platform/testkit"
)

// TestPresentsToAnotherImplementation shows a licence of ours to the verifier of
// a wallet that is not ours (irmago): our published keys, our disclosures and
// our key binding must satisfy it, and a change must not.
func TestPresentsToAnotherImplementation(t *testing.T) {
	f, l := format(t), licence()
	text, holder, err := f.Issue(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := f.Present(t.Context(), text, holder, []string{"number", "classes"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	claims, err := foreign(t, f, shown)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{"number": claims["number"], "classes": claims["classes"], "name": claims["name"], "vct": claims["vct"]}
	want := map[string]any{"number": "TDL-1", "classes": "1, 2", "name": nil, "vct": "urn:causeway:credential:td.driving-licence"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the other implementation reads (-want +got):\n%s", diff)
	}
	parts := strings.Split(shown, "~")
	parts[1], parts[2] = parts[2], parts[1]
	if _, err := foreign(t, f, strings.Join(parts, "~")); err == nil {
		t.Error("the other implementation takes a presentation whose binding covers something else")
	}
	extra, err := f.Present(t.Context(), text, holder, []string{"name"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	mixed := append(append([]string{parts[0]}, strings.Split(extra, "~")[1]), parts[1:]...)
	if _, err := foreign(t, f, strings.Join(mixed, "~")); err == nil {
		t.Error("the other implementation takes a claim that was not presented")
	}
}

// foreign checks a presentation with irmago and returns the claims.
func foreign(t *testing.T, f *sdjwtvc.Format, shown string) (map[string]any, error) {
	t.Helper()
	jwt, disclosures, raw, kb, err := sdjwt.SplitKb(sdjwt.SdJwtKb(shown))
	if err != nil {
		return nil, err
	}
	meta, err := f.Issuer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var issuer struct {
		JWKS json.RawMessage `json:"jwks"`
	}
	if err := json.Unmarshal(meta, &issuer); err != nil {
		t.Fatal(err)
	}
	set, err := jwk.Parse(issuer.JWKS)
	if err != nil {
		t.Fatal(err)
	}
	key, ok := set.Key(0)
	if !ok {
		t.Fatal("no key is published")
	}
	verifier := sdjwt.NewJwxJwtVerifier()
	payload, err := verifier.Verify(string(jwt), key, jwa.ES256())
	if err != nil {
		return nil, err
	}
	alg, holder, err := sdjwt.ExtractHashingAlgorithmAndHolderPubKey(raw)
	if err != nil {
		return nil, err
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, err
	}
	out, _, err := sdjwt.VerifyAndProcessDisclosures(alg, &claims, disclosures)
	if err != nil {
		return nil, err
	}
	bound, err := verifier.Verify(string(*kb), holder, jwa.ES256())
	if err != nil {
		return nil, err
	}
	var binding struct {
		Hash string `json:"sd_hash"`
	}
	if err := json.Unmarshal(bound, &binding); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(raw))
	if binding.Hash != base64.RawURLEncoding.EncodeToString(sum[:]) {
		return nil, credential.ErrForged
	}
	return out, nil
}

func licence() credential.Licence {
	return credential.Licence{
		ID: "1", Type: "td.driving-licence", Number: "TDL-1", From: day.Of(2026, 1, 1), Until: day.Of(2036, 1, 1), Issued: time.Now(),
		Label: lang.Text{En: "Licence"}, StatusList: 1, StatusIndex: 77,
		Claims: []credential.Claim{{Name: "name", Value: "陳大文"}, {Name: "classes", Value: "1, 2"}},
	}
}

func format(t *testing.T) *sdjwtvc.Format {
	t.Helper()
	d := testkit.SQLite(t, testkit.M{Module: "keys", Files: keys.Migrations})
	master, err := keys.CreateMaster(t.TempDir() + "/m")
	if err != nil {
		t.Fatal(err)
	}
	return sdjwtvc.New(keys.New(d, master, time.Now), "https://city.example", time.FixedZone("HKT", 8*60*60))
}
