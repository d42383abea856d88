package sdjwt_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"causeway/platform/keys"
	"causeway/platform/sdjwt"
)

func signer(t testing.TB) *keys.Signer {
	t.Helper()
	s, err := keys.NewSigner(keys.ES256)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func public(s *keys.Signer) keys.Public {
	return keys.Public{KID: s.KID, Alg: s.Alg, Key: s.Public()}
}

func issue(t testing.TB, issuer, holder *keys.Signer) sdjwt.Token {
	t.Helper()
	var ds []sdjwt.Disclosure
	for name, v := range map[string]any{"name": "陳大文", "number": "T1", "classes": []any{"1", "2"}} {
		d, err := sdjwt.Disclose(name, v)
		if err != nil {
			t.Fatal(err)
		}
		ds = append(ds, d)
	}
	tok, err := sdjwt.Issue(issuer, "dc+sd-jwt", map[string]any{"iss": "https://city.example", "vct": "licence"}, ds, holder)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestPresentationShowsWhatWasChosen(t *testing.T) {
	t.Parallel()
	issuer, holder := signer(t), signer(t)
	p, err := issue(t, issuer, holder).Present([]string{"number", "classes"}, holder, "https://v.example", "n1", 7)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := sdjwt.Parse(p.String())
	if err != nil {
		t.Fatal(err)
	}
	v, err := sdjwt.Verify(parsed, "dc+sd-jwt", []keys.Public{public(signer(t)), public(issuer)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"number": "T1", "classes": []any{"1", "2"}}, v.Disclosed); diff != "" {
		t.Error(diff)
	}
	if v.Binding == nil || v.Binding.Nonce != "n1" || v.Binding.Audience != "https://v.example" || v.Binding.IssuedAt != 7 {
		t.Errorf("Binding = %+v", v.Binding)
	}
	if strings.Contains(p.String(), "陳") || v.Plain["vct"] != "licence" {
		t.Errorf("plain claims %v", v.Plain)
	}
}

func TestForgeriesAreRefused(t *testing.T) {
	t.Parallel()
	issuer, holder, thief := signer(t), signer(t), signer(t)
	full := issue(t, issuer, holder)
	present := func(by *keys.Signer, names ...string) sdjwt.Token {
		p, err := full.Present(names, by, "a", "n", 1)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	good := present(holder, "number")
	added := good
	d, err := sdjwt.Disclose("age", 99)
	if err != nil {
		t.Fatal(err)
	}
	added.Disclosures = append(append([]sdjwt.Disclosure(nil), added.Disclosures...), d)
	twice := good
	twice.Disclosures = append(append([]sdjwt.Disclosure(nil), good.Disclosures...), good.Disclosures...)
	dropped := good
	dropped.Disclosures = nil
	other := good
	other.JWT = issue(t, thief, thief).JWT
	swapped := good
	swapped.KB = present(holder, "name").KB
	for name, tok := range map[string]sdjwt.Token{
		"another's key": present(thief, "number"), "a claim added": added, "a claim twice": twice, "a claim taken off": dropped,
		"another issuer": other, "another binding": swapped,
	} {
		if _, err := sdjwt.Verify(tok, "dc+sd-jwt", []keys.Public{public(issuer)}); !errors.Is(err, sdjwt.ErrForged) {
			t.Errorf("%s: %v, want ErrForged", name, err)
		}
	}
	if _, err := sdjwt.Verify(good, "vc+jwt", []keys.Public{public(issuer)}); !errors.Is(err, sdjwt.ErrForged) {
		t.Errorf("another type: %v, want ErrForged", err)
	}
}

// FuzzParse: what is accepted is written again as it was, and nothing panics.
func FuzzParse(f *testing.F) {
	issuer, holder := signer(f), signer(f)
	full := issue(f, issuer, holder)
	p, err := full.Present([]string{"name"}, holder, "a", "n", 1)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{full.String(), p.String(), "", "~", "a.b.c~", "a.b.c~W10~"} {
		f.Add(s)
	}
	issuers := []keys.Public{public(issuer)}
	f.Fuzz(func(t *testing.T, s string) {
		tok, err := sdjwt.Parse(s)
		if err != nil {
			return
		}
		if tok.String() != s {
			t.Errorf("%q comes back as %q", s, tok.String())
		}
		_, _ = sdjwt.Verify(tok, "dc+sd-jwt", issuers)
	})
}
