package web

import (
	"testing"
	"time"

	"causeway/modules/identity"
	"causeway/platform/lang"
	"causeway/platform/view"
	"causeway/platform/view/viewtest"
)

func TestPages(t *testing.T) {
	ask := newPrompt("/sign-in", "get", identity.Challenge{Token: "t", Options: []byte(`{"challenge":"x"}`)})
	var bad view.Problems
	bad.Add("passkey", "fault.identity.passkey", nil)
	now := time.Date(2026, 11, 23, 4, 5, 0, 0, time.UTC)
	keys := []identity.Passkey{
		{ID: "k1", Name: "My phone", Created: now, Used: now, Synced: true}, {ID: "k2", Name: "Old", Created: now},
		{ID: "k3", Name: "Bad", Created: now, Suspect: true},
	}
	viewtest.Check(t, Source(), map[string]any{
		"identity/sign-in":          []any{signInPage{Prompt: ask, Next: "/", Instead: "/demo?next=%2F"}, signInPage{Prompt: ask, Next: "/", Lapsed: true, Problems: bad}},
		"identity/sign-out":         []any{signOutPage{}, signOutPage{SignedIn: true}},
		"identity/activate":         codePage{Code: "x"},
		"identity/activate-confirm": []any{confirmPage{Attempts: 5}, confirmPage{Attempts: 1}},
		"identity/activate-passkey": []any{createPage{Prompt: ask, Person: "Chan Tai Man"}, createPage{Prompt: ask, Recovery: true}, createPage{Prompt: ask, Recovery: true, MayKeep: true}},
		"identity/activate-done":    []any{donePage{}, donePage{true}},
		"identity/account": []any{
			accountPage{Passkeys: keys, Sessions: []identity.Session{{ID: "s", Current: true}, {ID: "s2", Device: "Firefox, Linux"}}, Done: "added"},
			accountPage{Profile: identity.Profile{Assurance: identity.Substantial}, Lang: "zh-Hant"},
		},
		"identity/passkey-add":    addPage{Prompt: ask},
		"identity/prove":          provePage{Prompt: ask, Next: "/account"},
		"identity/passkey-rename": renamePage{Passkey: keys[0], Name: "My phone"},
		"identity/passkey-remove": removePage{Passkey: keys[0]},
		"identity/counter":        counterPage{Documents: []view.Dict{{"value": "passport", "text": "Passport"}}},
		"identity/letter":         letterPage{Lang: "zh-Hant", Steps: []string{"one"}, Department: lang.Text{En: "x"}, Link: "http://localhost/activate/X", Site: "y"},
	})
	viewtest.CheckTexts(t, Source(), []string{".."},
		"identity.notice.passkey-added.subject", "identity.notice.passkey-added.body", "identity.notice.recovered.subject",
		"identity.notice.recovered.body", "identity.notice.code-issued.subject", "identity.notice.code-issued.body",
		"identity.notice.email-changed.subject", "identity.notice.email-changed.body")
}
