package web

import (
	"testing"
	"time"

	"causeway/platform/view"
	"causeway/platform/view/viewtest"
)

func TestPages(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 7, 4, 0, 0, time.UTC)
	viewtest.Check(t, Source(), map[string]any{
		"notice/inbox":       []any{inboxPage{}, inboxPage{Messages: []row{{"1", "a <b>", at, true}, {"2", "c", at, false}}, Next: "/messages?before=2", Saved: true}, inboxPage{Older: true}},
		"notice/message":     []any{messagePage{Subject: "s", Paragraphs: []string{"a", "b"}, Sent: at, Link: "/cases/1"}, messagePage{}},
		"notice/preferences": []any{preferencesPage{Mail: "yes"}, preferencesPage{Problems: view.Problems{{Field: "mail", Key: "notice.preferences.mail.missing"}}}},
	})
	viewtest.CheckTexts(t, Source(), []string{".."})
}
