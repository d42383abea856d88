package web

import (
	"testing"
	"time"

	"causeway/modules/consent"
	"causeway/modules/org"
	"causeway/platform/lang"
	"causeway/platform/view"
	"causeway/platform/view/viewtest"
)

func same(s string) lang.Text { return lang.Text{En: s, Hant: s, Hans: s} }

func TestPages(t *testing.T) {
	t.Parallel()
	at := time.Unix(1790000000, 0).UTC()
	words := consent.Notice{
		Recipient: org.Department{ID: "t", Name: same("Transport")}, Service: same("Renewal"), Until: at, Keep: consent.Period{Years: 2, Months: 1, Days: 3},
		Sources: []consent.NoticeSource{{Department: org.Department{Name: same("Immigration")}, Items: []consent.NoticeItem{
			{Label: same("Identity"), Purpose: same("Age"), Otherwise: consent.ByHand, Fields: []consent.NoticeField{{Name: "a", Label: same("A")}, {Name: "b", Label: same("B")}}},
			{Label: same("Passport"), Purpose: same("Age"), Otherwise: consent.OnPaper, Fields: []consent.NoticeField{{Name: "a", Label: same("A")}}},
			{Label: same("Visa"), Purpose: same("Age"), Otherwise: consent.AtCounter},
		}}},
	}
	asking := words
	asking.Asking = true
	grant := consent.Grant{ID: "g", Given: at, Until: at, Case: "c", Previous: "p", Receipt: "eyJ"}
	var lines []line
	var pages, receipts []any
	for _, s := range []consent.State{consent.Active, consent.Expired, consent.Withdrawn, consent.Used, consent.Replaced} {
		l := line{Grant: grant, Words: words, State: s, Ended: at}
		if s == consent.Active {
			l.Ended = time.Time{}
		}
		lines, pages, receipts = append(lines, l), append(pages, l), append(receipts, l)
	}
	viewtest.Check(t, Source(), map[string]any{
		"consent/list":    []any{listPage{}, listPage{Active: lines[:1]}, listPage{Active: lines[:1], Past: lines[1:]}},
		"consent/grant":   append(pages, line{Words: words}),
		"consent/receipt": receipts,
		"consent/verify": []any{
			verifyPage{Genuine: &consent.Receipt{}, Words: asking}, verifyPage{}, verifyPage{Text: "x", Problems: view.Problems{{Field: "receipt", Key: "fault.consent.receipt"}}},
			verifyPage{Genuine: &consent.Receipt{ID: "g", Issuer: "https://causeway.example"}, Words: words}, verifyPage{Genuine: &consent.Receipt{}, Words: words, Expired: true},
		},
	})
}

func TestTexts(t *testing.T) {
	t.Parallel()
	viewtest.CheckTexts(t, Source(), []string{".."})
}
