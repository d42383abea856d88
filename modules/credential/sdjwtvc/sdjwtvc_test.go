package sdjwtvc_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"causeway/modules/credential"
	"causeway/platform/day"
)

func TestReadsWhatItPresents(t *testing.T) {
	f := format(t)
	text, holder, err := f.Issue(t.Context(), licence())
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1_790_000_000, 0).UTC()
	shown, err := f.Present(t.Context(), text, holder, []string{"name"}, at)
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.Read(t.Context(), " "+shown[:40]+"\n"+shown[40:]+"\n")
	if err != nil {
		t.Fatal(err)
	}
	if p.List != 1 || p.Index != 77 || p.Type != "td.driving-licence" || p.From != day.Of(2026, 1, 1) || p.Until != day.Of(2036, 1, 1) || !p.Presented.Equal(at) {
		t.Errorf("proof = %+v", p)
	}
	if len(p.Claims) != 1 || p.Claims[0].Name != "name" || p.Claims[0].Value != "陳大文" {
		t.Errorf("claims = %v", p.Claims)
	}
	foreignFormat := format(t)
	for name, test := range map[string]struct {
		text string
		want error
	}{
		"nothing":     {text: "", want: credential.ErrUnreadable},
		"words":       {text: "hello ~ there", want: credential.ErrUnreadable},
		"not UTF-8":   {text: "\xff\xfe~", want: credential.ErrUnreadable},
		"huge":        {text: strings.Repeat("a.b.c~", 100_000), want: credential.ErrUnreadable},
		"unbound":     {text: shown[:strings.LastIndex(shown, "~")+1], want: credential.ErrUnbound},
		"whole":       {text: text, want: credential.ErrUnbound},
		"changed":     {text: strings.Replace(shown, ".", "A.", 1), want: credential.ErrForged},
		"cut binding": {text: shown[:len(shown)-8], want: credential.ErrForged},
	} {
		if _, err := f.Read(t.Context(), test.text); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	if _, err := foreignFormat.Read(t.Context(), shown); !errors.Is(err, credential.ErrForged) {
		t.Errorf("another issuer's: %v, want ErrForged", err)
	}
}

func TestStatusListHoldsTheRevoked(t *testing.T) {
	f := format(t)
	token, err := f.StatusList(t.Context(), 1, []int{0, 77, 131071}, time.Unix(1_790_000_000, 0))
	if err != nil {
		t.Fatal(err)
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Sub  string
		List struct {
			Bits int
			Lst  string
		} `json:"status_list"`
	}
	if err := json.Unmarshal(b, &p); err != nil {
		t.Fatal(err)
	}
	z, err := base64.RawURLEncoding.DecodeString(p.List.Lst)
	if err != nil {
		t.Fatal(err)
	}
	r, err := zlib.NewReader(bytes.NewReader(z))
	if err != nil {
		t.Fatal(err)
	}
	bits, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	set := 0
	for i := range len(bits) * 8 {
		if bits[i/8]>>(i%8)&1 == 1 {
			set++
			if i != 0 && i != 77 && i != 131071 {
				t.Errorf("index %d is revoked", i)
			}
		}
	}
	if set != 3 || p.List.Bits != 1 || p.Sub != "https://city.example/status-lists/1" {
		t.Errorf("%d revoked, %+v", set, p)
	}
}
