package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"causeway/modules/identity"
	"causeway/modules/notice"
	noticestore "causeway/modules/notice/store"
	"causeway/platform/day"
	"causeway/platform/db"
	"causeway/platform/lang"
	"causeway/platform/money"
	"causeway/platform/testkit"
)

// world is a Service with everything around it made by hand.
type world struct {
	*notice.Service
	db     *db.DB
	jobs   []string // payloads
	mails  []notice.Mail
	mailer error // what the next Send returns
	people map[identity.PersonID]identity.Contact
	now    time.Time
	n      int
}

func eachWorld(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		w := &world{
			db: d, now: time.Date(2026, 11, 23, 7, 4, 0, 0, time.UTC),
			people: map[identity.PersonID]identity.Contact{
				"p1": {Name: "Chan Tai Man", Email: "chan@example.org", Lang: lang.Hant}, "p2": {Name: "Lee", Lang: lang.English},
			},
		}
		w.Service = notice.New(notice.Deps{
			Units: d, Store: noticestore.New(d), Sealer: sealer{}, Jobs: w, People: w, Texts: w, Mailer: w,
			Now: func() time.Time { return w.now }, NewID: func() string { w.n++; return fmt.Sprintf("m%03d", w.n) }, Origin: "https://city.example",
		})
		f(t, w)
	}, testkit.M{Module: "notice", Files: noticestore.Migrations})
}

func (w *world) Enqueue(_ context.Context, kind, key string, payload []byte, _ time.Time) error {
	if kind != notice.MailJob || key == "" {
		return errors.New("another job")
	}
	w.jobs = append(w.jobs, string(payload))
	return nil
}

func (w *world) Contact(_ context.Context, id identity.PersonID) (identity.Contact, error) {
	c, ok := w.people[id]
	if !ok {
		return c, identity.ErrNoPerson
	}
	return c, nil
}

func (w *world) Text(t lang.Tag, key string, args map[string]any) string {
	return fmt.Sprint(t, " ", key, " ", args)
}

func (w *world) Send(_ context.Context, m notice.Mail) error {
	if w.mailer != nil {
		return w.mailer
	}
	w.mails = append(w.mails, m)
	return nil
}

// sealer seals by turning bytes round, and opens only for the same person.
type sealer struct{}

func (sealer) Seal(_ context.Context, person, label string, plain []byte) ([]byte, error) {
	return append([]byte(person+label+":"), turn(plain)...), nil
}

func (sealer) Open(_ context.Context, person, label string, sealed []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(sealed, []byte(person+label+":"))
	if !ok {
		return nil, errors.New("not sealed for this person")
	}
	return turn(rest), nil
}

func turn(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = ^c
	}
	return out
}

func by(p identity.PersonID) identity.Caller { return identity.Caller{Person: p, Session: "s"} }

func TestInbox(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		args := map[string]any{
			"text": lang.Text{En: "a", Hant: "b", Hans: "c"}, "day": day.Of(2026, 2, 1), "fee": money.Amount{Minor: 5, Currency: "HKD"},
			"at": w.now, "n": 3, "s": "secret-value", "yes": true,
		}
		if err := w.Tell(ctx, notice.Message{Person: "p1", Kind: "x.done", Args: args, Link: "/cases/1"}); err != nil {
			t.Fatal(err)
		}
		if n, err := w.Unread(ctx, "p1"); err != nil || n != 1 {
			t.Errorf("unread = %d, %v", n, err)
		}
		var raw []byte
		if err := w.db.QueryRow(ctx, `SELECT args FROM notice_messages WHERE person_id = $1`, "p1").Scan(&raw); err != nil || bytes.Contains(raw, []byte("secret")) {
			t.Errorf("stored in the clear: %q, %v", raw, err)
		}
		m, err := w.Open(ctx, by("p1"), "m001")
		if err != nil {
			t.Fatal(err)
		}
		same := cmp.Comparer(func(a, b day.Date) bool { return a == b })
		if diff := cmp.Diff(notice.Received{ID: "m001", Person: "p1", Kind: "x.done", Args: args, Link: "/cases/1", Sent: w.now, Read: w.now}, m, same); diff != "" {
			t.Error(diff)
		}
		first := w.now
		w.now = w.now.Add(time.Hour)
		if m, err = w.Open(ctx, by("p1"), "m001"); err != nil || !m.Read.Equal(first) {
			t.Errorf("opened again: %v, %v", m.Read, err)
		}
		if n, err := w.Unread(ctx, "p1"); err != nil || n != 0 {
			t.Errorf("unread = %d, %v", n, err)
		}
		for _, c := range []identity.Caller{by("p2"), by("nobody")} {
			if _, err := w.Open(ctx, c, "m001"); !errors.Is(err, notice.ErrNoMessage) {
				t.Errorf("another's message: %v", err)
			}
		}
		if _, err := w.List(ctx, identity.Caller{}, ""); !errors.Is(err, notice.ErrSignIn) {
			t.Errorf("nobody's inbox: %v", err)
		}
	})
}

func TestPages(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		for range 2*notice.PageSize + 1 {
			if err := w.Tell(ctx, notice.Message{Person: "p1", Kind: "x"}); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		before := ""
		for pages := 0; ; pages++ {
			p, err := w.List(ctx, by("p1"), before)
			if err != nil || len(p.Messages) > notice.PageSize || pages > 3 {
				t.Fatalf("page %d of %d messages, %v", pages, len(p.Messages), err)
			}
			for _, m := range p.Messages {
				got = append(got, m.ID)
			}
			if before = p.Next; before == "" {
				break
			}
		}
		if len(got) != 2*notice.PageSize+1 || got[0] != "m041" || got[40] != "m001" {
			t.Errorf("messages %v", got)
		}
		if l, err := w.Latest(ctx, by("p1"), 3); err != nil || len(l) != 3 || l[0].ID != "m041" {
			t.Errorf("latest %v, %v", l, err)
		}
	})
}

func TestTellRefuses(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		for name, m := range map[string]notice.Message{
			"nobody": {Kind: "x"}, "nothing": {Person: "p1"}, "another site": {Person: "p1", Kind: "x", Link: "https://evil.example"},
			"another host": {Person: "p1", Kind: "x", Link: "//evil.example"}, "a backslash": {Person: "p1", Kind: "x", Link: `/\evil.example`},
			"an argument": {Person: "p1", Kind: "x", Args: map[string]any{"a": 1.5}},
		} {
			if err := w.Tell(t.Context(), m); !errors.Is(err, notice.ErrMessage) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(w.jobs) != 0 {
			t.Errorf("jobs %v", w.jobs)
		}
	})
}

// TestTellJoins: what is told in a unit that fails was never told.
func TestTellJoins(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, failed := t.Context(), errors.New("failed")
		err := w.db.Do(ctx, func(ctx context.Context) error {
			if err := w.Tell(ctx, notice.Message{Person: "p1", Kind: "x"}); err != nil {
				return err
			}
			return failed
		})
		if !errors.Is(err, failed) {
			t.Fatal(err)
		}
		if n, err := w.Unread(ctx, "p1"); err != nil || n != 0 {
			t.Errorf("unread = %d, %v", n, err)
		}
	})
}

func TestMail(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		tell := func(p identity.PersonID) []byte {
			t.Helper()
			if err := w.Tell(ctx, notice.Message{Person: p, Kind: "x", Args: map[string]any{"s": "secret-value"}, Link: "/cases/secret"}); err != nil {
				t.Fatal(err)
			}
			return []byte(w.jobs[len(w.jobs)-1])
		}
		mail := func(job []byte, want int) {
			t.Helper()
			if err := w.Mail(ctx, job); err != nil {
				t.Error(err)
			}
			if len(w.mails) != want {
				t.Errorf("%d mails, want %d", len(w.mails), want)
			}
		}
		job := tell("p1")
		w.mailer = errors.New("the server is away")
		if err := w.Mail(ctx, job); err == nil {
			t.Error("a mail that was not taken is done")
		}
		w.mailer = nil
		mail(job, 1)
		mail(job, 1) // once
		m := w.mails[0]
		if m.To != "chan@example.org" || m.Lang != "zh-Hant" || m.ID != "m001" || !strings.Contains(m.Body, "https://city.example/messages/m001?lang=zh-Hant") {
			t.Errorf("mail = %+v", m.Body)
		}
		if strings.Contains(m.Body+m.Subject, "secret") {
			t.Error("a mail says what the message says")
		}
		if s := fmt.Sprintf("%v %s", m, m); strings.Contains(s, "chan@") {
			t.Errorf("a mail in a log: %s", s)
		}

		w.people["p1"] = identity.Contact{Name: "Chan Tai Man", Email: "chan@example.org", Lang: lang.Hans}
		mail(tell("p1"), 2)
		if w.mails[1].Lang != "zh-Hans" {
			t.Errorf("language %s", w.mails[1].Lang)
		}
		if err := w.SetPreferences(ctx, by("p1"), notice.Preferences{Mail: false}); err != nil {
			t.Fatal(err)
		}
		mail(tell("p1"), 2)   // wants none
		mail(tell("p2"), 2)   // has no address
		mail(tell("gone"), 2) // is gone
		mail([]byte(`{"person":"p1","id":"no-such"}`), 2)

		if err := w.SetPreferences(ctx, by("p1"), notice.Preferences{Mail: true}); err != nil {
			t.Fatal(err)
		}
		w.mailer = fmt.Errorf("550: %w", notice.ErrRefused)
		job = tell("p1")
		mail(job, 2) // refused for good
		w.mailer = nil
		mail(job, 2) // and not tried again
		job = tell("p1")
		w.now = w.now.Add(80 * time.Hour)
		mail(job, 2) // too old to be news
		if err := w.Mail(ctx, []byte("{")); err == nil {
			t.Error("a broken job is done")
		}
	})
}

// TestMailFormer: what is said to an address that the person no longer has goes
// there, says it, and names nobody; the inbox shows it without the address.
func TestMailFormer(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		m := notice.Message{Person: "p1", Kind: "x.changed", Link: "/account", Former: "old@example.org"}
		if err := w.Tell(ctx, m); err != nil {
			t.Fatal(err)
		}
		if err := w.Mail(ctx, []byte(w.jobs[0])); err != nil || len(w.mails) != 1 {
			t.Fatalf("%d mails, %v", len(w.mails), err)
		}
		got := w.mails[0]
		if got.To != "old@example.org" || !strings.Contains(got.Subject, "x.changed.subject") || !strings.Contains(got.Body, "x.changed.body") || strings.Contains(got.Body, "Chan") {
			t.Errorf("mail %q %q", got.Subject, got.Body)
		}
		var raw []byte
		if err := w.db.QueryRow(ctx, `SELECT args FROM notice_messages WHERE person_id = $1`, "p1").Scan(&raw); err != nil || bytes.Contains(raw, []byte("old@")) {
			t.Errorf("the address is stored in the clear: %q, %v", raw, err)
		}
		if r, err := w.Open(ctx, by("p1"), "m001"); err != nil || len(r.Args) != 0 {
			t.Errorf("the inbox has %v, %v", r.Args, err)
		}
	})
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		if p, err := w.Preferences(ctx, by("p1")); err != nil || p != (notice.Preferences{Mail: true}) {
			t.Errorf("at first %+v, %v", p, err)
		}
		for _, want := range []notice.Preferences{{Mail: false}, {Mail: true}} {
			if err := w.SetPreferences(ctx, by("p1"), want); err != nil {
				t.Fatal(err)
			}
			if p, err := w.Preferences(ctx, by("p1")); err != nil || p != want {
				t.Errorf("%+v, %v, want %+v", p, err, want)
			}
		}
		if err := w.SetPreferences(ctx, identity.Caller{}, notice.Preferences{}); !errors.Is(err, notice.ErrSignIn) {
			t.Errorf("nobody: %v", err)
		}
	})
}
