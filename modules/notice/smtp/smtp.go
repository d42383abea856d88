// Package smtp sends e-mails through a mail server (RFC 5321).
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/mail"
	"time"

	gomail "github.com/wneessen/go-mail"

	"causeway/modules/notice"
)

// Security is how the connection is protected.
type Security string

// The kinds of protection. None is for a server on this machine.
const (
	StartTLS Security = "starttls" // refused if the server does not offer it
	TLS      Security = "tls"      // from the first byte
	None     Security = "none"
)

// Config names the mail server.
type Config struct {
	Host     string
	Port     int
	Security Security // "": StartTLS
	Username string   // "": no authentication
	Password string
	From     string        // an address, or "Name <address>"
	Domain   string        // what Message-IDs end with; "": the domain of From
	Timeout  time.Duration // of a whole delivery; 0: 30 seconds
	TLS      *tls.Config   // nil: the system's authorities, TLS 1.2 and above
	Now      func() time.Time
}

// Mailer implements notice.Mailer. Each e-mail has a connection of its own.
type Mailer struct {
	client  *gomail.Client
	from    *mail.Address
	domain  string
	timeout time.Duration
	now     func() time.Time
}

var _ notice.Mailer = (*Mailer)(nil)

// New returns a Mailer, or an error if c makes no sense. It connects to nothing.
func New(c Config) (*Mailer, error) {
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("smtp: sender: %w", err)
	}
	m := &Mailer{from: from, domain: c.Domain, timeout: c.Timeout, now: c.Now}
	if m.domain == "" {
		m.domain = domain(from.Address)
	}
	if m.timeout == 0 {
		m.timeout = 30 * time.Second
	}
	options := []gomail.Option{gomail.WithPort(c.Port), gomail.WithTimeout(m.timeout), gomail.WithHELO(m.domain)}
	conf := c.TLS
	if conf == nil {
		conf = &tls.Config{ServerName: c.Host, MinVersion: tls.VersionTLS12}
	}
	switch c.Security {
	case StartTLS, "":
		options = append(options, gomail.WithTLSConfig(conf), gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLS:
		options = append(options, gomail.WithTLSConfig(conf), gomail.WithSSL())
	case None:
		if c.Username != "" {
			return nil, errors.New("smtp: a password over a connection without TLS")
		}
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("smtp: security %q: want starttls, tls or none", c.Security)
	}
	if c.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(c.Username), gomail.WithPassword(c.Password))
	}
	if m.client, err = gomail.NewClient(c.Host, options...); err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	return m, nil
}

// Send delivers x to the server. The Message-ID is made of x's, so that a second
// delivery can be known as such. Errors name no address; notice.ErrRefused is in
// the tree of one that will not go away.
func (m *Mailer) Send(ctx context.Context, x notice.Mail) error {
	msg, err := m.message(x)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	conn, err := m.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("smtp: connect: %w", err)
	}
	err = m.client.SendWithSMTPClient(conn, msg)
	_ = m.client.CloseWithSMTPClient(conn) // the server has taken the e-mail, or has not
	return clean(err)
}

func (m *Mailer) message(x notice.Mail) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(m.from)
	to, err := mail.ParseAddress(x.To)
	if err != nil {
		return nil, fmt.Errorf("smtp: recipient's address: %w", notice.ErrRefused)
	}
	msg.ToMailAddress(&mail.Address{Address: to.Address})
	msg.Subject(x.Subject)
	msg.SetDateWithValue(m.now())
	msg.SetMessageIDWithValue(x.ID + "@" + m.domain)
	msg.SetGenHeader(gomail.HeaderContentLang, x.Lang)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	msg.SetBodyString(gomail.TypeTextPlain, x.Body)
	return msg, nil
}

// clean returns err without the addresses that the library's errors name.
func clean(err error) error {
	if err == nil {
		return nil
	}
	var refused *gomail.SendError
	if !errors.As(err, &refused) {
		return errors.New("smtp: delivery failed")
	}
	if refused.IsTemp() || refused.ErrorCode() < 500 {
		return fmt.Errorf("smtp: %s: code %d", refused.Reason, refused.ErrorCode())
	}
	return fmt.Errorf("smtp: %s: code %d: %w", refused.Reason, refused.ErrorCode(), notice.ErrRefused)
}

func domain(address string) string {
	for i := len(address) - 1; i >= 0; i-- {
		if address[i] == '@' {
			return address[i+1:]
		}
	}
	return "localhost"
}
