package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"causeway/modules/identity"
)

// A Mail is an e-mail about one message.
type Mail struct {
	ID      string // the message's: the same for every try
	To      string // an address
	Subject string
	Body    string // plain text
	Lang    string // BCP 47
}

// String keeps what a mail holds out of logs.
func (Mail) String() string { return "[mail]" }

// Mailer sends e-mails. An error means that it may be tried again, but for
// ErrRefused. It names no address.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// ErrRefused reports an e-mail that will never be taken.
var ErrRefused = errors.New("notice: mail refused for good")

type job struct {
	Person identity.PersonID `json:"person"`
	ID     string            `json:"id"`
}

func payload(r Record) []byte {
	b, err := json.Marshal(job{r.Person, r.ID})
	if err != nil { // two strings
		panic(err)
	}
	return b
}

// Mail does a job of kind MailJob: it sends the e-mail about a message, once as
// far as mail can tell: a crash at the wrong moment has it sent again under the
// same Message-ID. Nothing is sent to whom wants no e-mail or has no address.
func (s *Service) Mail(ctx context.Context, payload []byte) error {
	var j job
	if err := json.Unmarshal(payload, &j); err != nil {
		return fmt.Errorf("mail job: %w", err)
	}
	r, err := s.d.Store.Get(ctx, j.Person, j.ID)
	if errors.Is(err, ErrNoMessage) || err == nil && !r.Mailed.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	if s.d.Now().Sub(r.Sent) < giveUp {
		if err := s.send(ctx, r); err != nil && !errors.Is(err, ErrRefused) {
			return err
		}
	}
	now := s.d.Now()
	return s.d.Units.Do(ctx, func(ctx context.Context) error { return s.d.Store.SetMailed(ctx, r.Person, r.ID, now) })
}

func (s *Service) send(ctx context.Context, r Record) error {
	to, err := s.d.People.Contact(ctx, r.Person)
	if errors.Is(err, identity.ErrNoPerson) {
		return nil
	}
	if err != nil {
		return err
	}
	p, ok, err := s.d.Store.Preferences(ctx, r.Person)
	if err != nil {
		return err
	}
	if ok && !p.Mail {
		return nil
	}
	former, m, err := s.opened(ctx, r)
	if err != nil {
		return err
	}
	if former != "" {
		return s.d.Mailer.Send(ctx, Mail{
			ID: r.ID, To: former, Lang: string(to.Lang), Subject: s.Subject(to.Lang, m),
			Body: s.d.Texts.Text(to.Lang, "notice.mail.former", map[string]any{"body": s.Body(to.Lang, m)}),
		})
	}
	if to.Email == "" {
		return nil
	}
	link := s.d.Origin + "/messages/" + r.ID + "?lang=" + string(to.Lang)
	return s.d.Mailer.Send(ctx, Mail{
		ID: r.ID, To: to.Email, Lang: string(to.Lang),
		Subject: s.d.Texts.Text(to.Lang, "notice.mail.subject", nil),
		Body: s.d.Texts.Text(to.Lang, "notice.mail.body", map[string]any{
			"name": to.Name, "link": link, "preferences": s.d.Origin + "/messages/preferences",
		}),
	})
}
