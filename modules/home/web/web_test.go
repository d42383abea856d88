package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"causeway/modules/home"
	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/money"
	"causeway/platform/view/viewtest"
)

func same(s string) lang.Text { return lang.Text{En: s, Hant: s, Hans: s} }

// full is a page with every status.
func full() homePage {
	at, d := time.Date(2026, 11, 23, 7, 4, 0, 0, time.UTC), day.Of(2027, 7, 24)
	var p homePage
	p.ToDo.Cards = []home.Card{
		{Status: home.Continue, Title: same("Renew"), Link: "/cases/1", Reference: "CW-7K3M-92QF"},
		{Status: home.Answer, Title: same("Permit"), Link: "/cases/2"},
		{Status: home.Pay, Title: same("Rates"), Link: "/payments/1", Amount: money.Amount{Minor: 90000, Currency: "HKD"}},
		{Status: home.Pay, Title: same("Rates"), Link: "/payments/2", Amount: money.Amount{Minor: 90000, Currency: "HKD"}, Day: d},
	}
	for _, s := range []home.Status{home.Valid, home.Soon, home.Ended, home.Revoked} {
		p.Licences.Cards = append(p.Licences.Cards, home.Card{Status: s, Title: same("Licence " + string(s)), Link: "/licences/1", Day: d})
	}
	for _, s := range []home.Status{home.Deciding, home.Approved, home.Done, home.Refused, home.Undoing, home.Withdrawn} {
		p.Cases.Cards = append(p.Cases.Cards, home.Card{Status: s, Title: same("Case " + string(s)), Link: "/cases/1", Reference: "CW-1"})
	}
	p.Services.Cards = []home.Card{{Status: home.Today, Title: same("Now"), Link: "/services/a"}, {Status: home.From, Title: same("Later"), Link: "/services/b", Day: d}}
	p.Messages.Cards = []home.Card{{Status: home.Unread, Title: same("Hello"), Link: "/messages/1", At: at}, {Status: home.Read, Title: same("Old"), Link: "/messages/2", At: at}}
	return p
}

func TestPages(t *testing.T) {
	t.Parallel()
	failed := full()
	failed.Licences, failed.Services, failed.Cases, failed.Messages = part{Failed: true}, part{Failed: true}, part{Failed: true}, part{Failed: true}
	viewtest.Check(t, Source(), map[string]any{
		"home/front": []any{frontPage{}, frontPage{Demo: true}},
		"home/home":  []any{full(), homePage{}, failed},
	})
	viewtest.CheckTexts(t, Source(), []string{".."})
}

func TestStates(t *testing.T) {
	t.Parallel()
	set := viewtest.Set(t, Source())
	for name, test := range map[string]struct {
		page      homePage
		want, not []string
	}{
		"nothing yet": {homePage{}, []string{"Nothing needs you now.", "You hold no licence here yet.", "You have no messages yet."}, []string{"could not be loaded", "Your applications"}},
		"many":        {full(), []string{"Pay HKD 900.00 by 24 July 2027", "Last day: 24 July 2027", "From today", "From 24 July 2027", "CW-7K3M-92QF"}, []string{"could not be loaded", "Nothing needs you"}},
		"failed":      {homePage{Licences: part{Failed: true}}, []string{"could not be loaded"}, []string{"You hold no licence"}},
	} {
		got := string(viewtest.Render(t, set, lang.English, "home/home", test.page))
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q", name, want)
			}
		}
		for _, not := range test.not {
			if strings.Contains(got, not) {
				t.Errorf("%s: says %q", name, not)
			}
		}
	}
}

func BenchmarkHome(b *testing.B) {
	set, page := viewtest.Set(b, Source()), full()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		if err := set.Render(httptest.NewRecorder(), r, http.StatusOK, "home/home", page); err != nil {
			b.Fatal(err)
		}
	}
}
