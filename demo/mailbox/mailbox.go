// Package mailbox is the post of the fictional city: an SMTP server that
// delivers to nobody, and keeps what it took for the demo's page of mails.
package mailbox

import (
	"bufio"
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Config says how a mailbox runs. A parent hands it over on standard input.
type Config struct {
	Dir   string         `json:"dir"`
	Token string         `json:"token"` // admits to the list
	Ports map[string]int `json:"ports"` // "smtp" and "list"; 0 for a free one

	Now func() time.Time `json:"-"`
}

// Ready is where a mailbox serves.
type Ready struct {
	SMTP string `json:"smtp"` // HOST:PORT
	List string `json:"list"`
}

// A Mail is one that was taken.
type Mail struct {
	At      time.Time `json:"at"`
	To      []string  `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
}

const (
	keep     = 500     // mails; older ones go
	maxBytes = 1 << 20 // of one mail
)

type box struct {
	cfg  Config
	file *os.File

	mu    sync.Mutex // guards mails and the file's end
	mails []Mail
}

// Run serves until ctx ends. It calls ready once, when it does.
func Run(ctx context.Context, cfg Config, ready func(Ready)) error {
	b := &box{cfg: cfg}
	if err := b.load(); err != nil {
		return err
	}
	defer b.file.Close() //nolint:errcheck // each mail was written when it came
	var lc net.ListenConfig
	in, err := lc.Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", cfg.Ports["smtp"]))
	if err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	list, err := lc.Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", cfg.Ports["list"]))
	if err != nil {
		return errors.Join(fmt.Errorf("mailbox: %w", err), in.Close())
	}
	post := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{box: b}, nil }))
	post.Domain, post.MaxMessageBytes, post.MaxRecipients = "localhost", maxBytes, 10
	post.ReadTimeout, post.WriteTimeout = 30*time.Second, 30*time.Second
	web := &http.Server{Handler: http.HandlerFunc(b.list), ReadHeaderTimeout: 5 * time.Second}
	var wg sync.WaitGroup
	wg.Go(func() { _ = post.Serve(in) })  // it ends when it is closed
	wg.Go(func() { _ = web.Serve(list) }) // likewise
	ready(Ready{SMTP: in.Addr().String(), List: list.Addr().String()})
	<-ctx.Done()
	err = errors.Join(post.Close(), web.Close())
	wg.Wait()
	return err
}

func (b *box) load() error {
	if err := os.MkdirAll(b.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(b.cfg.Dir, "mails.jsonl"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	b.file = f
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 2*maxBytes)
	for lines.Scan() {
		var m Mail
		if json.Unmarshal(lines.Bytes(), &m) == nil { // a line cut short by a crash is dropped
			b.add(m)
		}
	}
	return lines.Err()
}

func (b *box) add(m Mail) {
	b.mails = append(b.mails, m)
	if len(b.mails) > keep {
		b.mails = slices.Delete(b.mails, 0, len(b.mails)-keep)
	}
}

// take keeps one message.
func (b *box) take(to []string, raw []byte) error {
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return &smtp.SMTPError{Code: 554, Message: "this is no message"}
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil {
		subject = msg.Header.Get("Subject")
	}
	m := Mail{At: b.cfg.Now().UTC(), To: to, Subject: subject, Text: text(msg.Header, msg.Body)}
	line, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.file.Write(append(line, '\n')); err != nil {
		return &smtp.SMTPError{Code: 452, Message: "there is no room"}
	}
	b.add(m)
	return nil
}

// list answers with the mails to one address, or all, newest first.
func (b *box) list(w http.ResponseWriter, r *http.Request) {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+b.cfg.Token)) != 1 {
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	to := r.URL.Query().Get("to")
	b.mu.Lock()
	found := []Mail{}
	for _, m := range slices.Backward(b.mails) {
		if to == "" || slices.Contains(m.To, to) {
			found = append(found, m)
		}
	}
	b.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(found) // the other side may leave
}

// session takes the messages of one connection.
type session struct {
	box *box
	to  []string
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(r, maxBytes))
	if err != nil {
		return err
	}
	return s.box.take(s.to, raw)
}

func (s *session) Reset()        { s.to = nil }
func (s *session) Logout() error { return nil }
