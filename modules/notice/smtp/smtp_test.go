package smtp_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"mime"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	gosasl "github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"causeway/modules/notice"
	"causeway/modules/notice/smtp"
)

// server is a mail server that keeps what it takes.
type server struct {
	reject *gosmtp.SMTPError // what RCPT answers, or nil
	mu     sync.Mutex        // guards took
	took   [][]byte
}

func (s *server) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return &session{server: s}, nil }

type session struct {
	server *server
	user   string
}

func (s *session) AuthMechanisms() []string { return []string{gosasl.Plain} }

func (s *session) Auth(string) (gosasl.Server, error) {
	return gosasl.NewPlainServer(func(_, user, password string) error {
		if password != "right" {
			return errors.New("wrong")
		}
		s.user = user
		return nil
	}), nil
}
func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }
func (s *session) Mail(string, *gosmtp.MailOptions) error {
	return nil
}

func (s *session) Rcpt(string, *gosmtp.RcptOptions) error {
	if s.server.reject != nil {
		return s.server.reject
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.took = append(s.server.took, b)
	return err
}

// start serves s, with TLS as conf says if it is not nil, and returns its port.
func start(t *testing.T, s *server, conf *tls.Config, implicit bool) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	srv := gosmtp.NewServer(s)
	srv.Domain, srv.AllowInsecureAuth = "localhost", false
	if implicit {
		l = tls.NewListener(l, conf)
	} else {
		srv.TLSConfig = conf
	}
	go srv.Serve(l)
	t.Cleanup(func() { _ = srv.Close() })
	return port
}

func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"mail.example"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}},
		&tls.Config{RootCAs: pool, ServerName: "mail.example", MinVersion: tls.VersionTLS12}
}

func letter() notice.Mail {
	return notice.Mail{ID: "0192", To: "chan@example.org", Subject: "你在通途有一則新訊息", Body: "你好\n\nhttps://city.example/messages/0192?lang=zh-Hant\n", Lang: "zh-Hant"}
}

func mailer(t *testing.T, c smtp.Config) *smtp.Mailer {
	t.Helper()
	c.Host, c.From, c.Timeout = "127.0.0.1", "Causeway <no-reply@city.example>", 5*time.Second
	c.Now = func() time.Time { return time.Date(2026, 11, 23, 7, 4, 0, 0, time.UTC) }
	m, err := smtp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSend(t *testing.T) {
	t.Parallel()
	serverTLS, clientTLS := certificate(t)
	for name, test := range map[string]struct {
		conf     *tls.Config
		implicit bool
		config   smtp.Config
	}{
		"in the clear, on this machine": {nil, false, smtp.Config{Security: smtp.None}},
		"STARTTLS and a password":       {serverTLS, false, smtp.Config{TLS: clientTLS, Username: "u", Password: "right"}},
		"TLS from the start":            {serverTLS, true, smtp.Config{Security: smtp.TLS, TLS: clientTLS}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{}
			test.config.Port = start(t, s, test.conf, test.implicit)
			m := mailer(t, test.config)
			for range 2 {
				if err := m.Send(t.Context(), letter()); err != nil {
					t.Fatal(err)
				}
			}
			if len(s.took) != 2 {
				t.Fatalf("%d mails", len(s.took))
			}
			for _, raw := range s.took {
				msg, err := mail.ReadMessage(bytes.NewReader(raw))
				if err != nil {
					t.Fatal(err)
				}
				subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
				if err != nil || subject != letter().Subject {
					t.Errorf("subject %q, %v", subject, err)
				}
				for header, want := range map[string]string{
					"Message-ID": "<0192@city.example>", "From": `"Causeway" <no-reply@city.example>`, "To": "<chan@example.org>",
					"Content-Language": "zh-Hant", "Auto-Submitted": "auto-generated", "Date": "Mon, 23 Nov 2026 07:04:00 +0000",
				} {
					if got := msg.Header.Get(header); got != want {
						t.Errorf("%s: %q, want %q", header, got, want)
					}
				}
			}
		})
	}
}

func TestSendFails(t *testing.T) {
	t.Parallel()
	serverTLS, clientTLS := certificate(t)
	_, stranger := certificate(t)
	for _, test := range []struct {
		name   string
		reject *gosmtp.SMTPError
		conf   *tls.Config
		config smtp.Config
		to     string
		final  bool
	}{
		{"no such mailbox", &gosmtp.SMTPError{Code: 550, Message: "no chan@example.org here"}, nil, smtp.Config{Security: smtp.None}, "", true},
		{"full for now", &gosmtp.SMTPError{Code: 452, Message: "chan@example.org is full"}, nil, smtp.Config{Security: smtp.None}, "", false},
		{"no STARTTLS", nil, nil, smtp.Config{TLS: clientTLS}, "", false},
		{"another certificate", nil, serverTLS, smtp.Config{TLS: stranger}, "", false},
		{"a wrong password", nil, serverTLS, smtp.Config{TLS: clientTLS, Username: "u", Password: "wrong"}, "", false},
		{"no address", nil, nil, smtp.Config{Security: smtp.None}, "chan", true},
		{"two addresses", nil, nil, smtp.Config{Security: smtp.None}, "a@example.org, b@example.org", true},
		{"a header in the address", nil, nil, smtp.Config{Security: smtp.None}, "a@example.org\r\nBcc: b@example.org", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := &server{reject: test.reject}
			test.config.Port = start(t, s, test.conf, false)
			x := letter()
			if test.to != "" {
				x.To = test.to
			}
			err := mailer(t, test.config).Send(t.Context(), x)
			if err == nil || errors.Is(err, notice.ErrRefused) != test.final {
				t.Fatalf("got %v, final %v", err, test.final)
			}
			if strings.Contains(err.Error(), "chan") || strings.Contains(err.Error(), "@") {
				t.Errorf("the error names the address: %v", err)
			}
			if len(s.took) != 0 {
				t.Error("a mail was taken")
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]smtp.Config{
		"no sender":              {Host: "h", Port: 25},
		"no such security":       {Host: "h", Port: 25, From: "a@b", Security: "maybe"},
		"a password in clear":    {Host: "h", Port: 25, From: "a@b", Security: smtp.None, Username: "u", Password: "p"},
		"no server":              {Port: 25, From: "a@b"},
		"a port that is no port": {Host: "h", Port: 99999, From: "a@b"},
	} {
		if _, err := smtp.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
