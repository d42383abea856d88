package web

import (
	"testing"
	"time"

	"causeway/modules/credential"
	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/view/viewtest"
)

func TestPages(t *testing.T) {
	x := line{ID: "1", Label: lang.Text{En: "Licence", Hant: "牌照", Hans: "牌照"}, From: day.Of(2026, 1, 1), Until: day.Of(2036, 1, 1), State: credential.Valid}
	now := time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC)
	viewtest.Check(t, Source(), map[string]any{
		"credential/list":    listPage{Current: []line{x}, Past: []line{x}},
		"credential/licence": licencePage{line: x, Claims: []claim{{"a", "A", "b"}}, Issued: now, Revoked: now, Shareable: true},
		"credential/shown":   shownPage{ID: "1", Label: x.Label, Address: "http://localhost/verify/x", Text: "a~b", Expires: now, Claims: []claim{{"a", "A", "b"}}},
		"credential/print":   printPage{line: x, Number: "1", Address: "http://localhost/verify/printed/x"},
		"credential/verify":  askPage{},
		"credential/printed": printedPage{},
		"credential/result":  resultPage{Check: credential.Check{Verdict: "valid", Type: "x", Label: x.Label, At: now}},
		"credential/desk":    deskPage{Department: "d", MayAsk: true, Requests: []credential.Request{{ID: "1", Asked: now, State: "open"}}, Found: &x},
		"credential/request": []any{
			requestPage{Request: credential.Request{ID: "1", Asked: now, State: "open"}, Licence: x},
			requestPage{Request: credential.Request{ID: "1", Asked: now, State: "open"}, Licence: x, MayEnd: true},
			requestPage{Request: credential.Request{ID: "1", Asked: now, State: "open"}, Licence: x, Mine: true},
		},
	})
	viewtest.CheckTexts(t, Source(), []string{".."}, "credential.notice.revoked.subject", "credential.notice.revoked.body")
}
