package mailbox_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/smtp"
	"testing"
	"time"

	"causeway/demo/mailbox"
)

func run(t *testing.T, dir string) (mailbox.Ready, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan mailbox.Ready, 1), make(chan error, 1)
	go func() {
		done <- mailbox.Run(ctx, mailbox.Config{Dir: dir, Token: "t", Now: time.Now}, func(r mailbox.Ready) { ready <- r })
	}()
	return <-ready, func() { cancel(); <-done }
}

func list(t *testing.T, r mailbox.Ready, token string) (int, []mailbox.Mail) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.List+"/?to=b@example.org", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var mails []mailbox.Mail
	_ = json.NewDecoder(res.Body).Decode(&mails) // a refusal is no list
	return res.StatusCode, mails
}

func TestMailsAreKept(t *testing.T) {
	dir := t.TempDir()
	r, stop := run(t, dir)
	msg := "From: a@example.org\r\nTo: b@example.org\r\nSubject: =?utf-8?B?5L2g5aW9?=\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n" +
		"--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n5L2g5aW9\r\n--x--\r\n"
	if err := smtp.SendMail(r.SMTP, nil, "a@example.org", []string{"b@example.org"}, []byte(msg)); err != nil {
		t.Fatal(err)
	}
	if code, _ := list(t, r, "wrong"); code != http.StatusForbidden {
		t.Errorf("without the token: %d, want 403", code)
	}
	stop()
	r, stop = run(t, dir)
	defer stop()
	_, mails := list(t, r, "t")
	if len(mails) != 1 || mails[0].Subject != "你好" || mails[0].Text != "你好" {
		t.Errorf("after a restart: %+v", mails)
	}
}
