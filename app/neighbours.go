package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"causeway/demo/city"
	"causeway/demo/mailbox"
	"causeway/demo/payprovider"
	"causeway/demo/registry"
	"causeway/modules/notice/smtp"
)

// Sources returns how each source behaves.
func (n *neighbourhood) Sources(ctx context.Context) ([]registry.Setting, error) {
	var all []registry.Setting
	for _, at := range []string{n.http.Control, n.sql.Control} {
		var some []registry.Setting
		if err := n.call(ctx, http.MethodGet, "http://"+at+"/control", nil, &some); err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// SetSource changes how one source behaves.
func (n *neighbourhood) SetSource(ctx context.Context, s registry.Setting) error {
	at := n.http.Control
	if _, ok := n.sql.Sources[s.Source]; ok {
		at = n.sql.Control
	}
	return n.call(ctx, http.MethodPost, "http://"+at+"/control", s, nil)
}

func (n *neighbourhood) control() payprovider.Control {
	return payprovider.Control{URL: n.pay.api, Token: n.pay.secrets.Control, Client: n.pay.client}
}

// Payments returns how the payment provider behaves.
func (n *neighbourhood) Payments(ctx context.Context) (payprovider.Modes, error) {
	return n.control().Modes(ctx)
}

// SetPayments changes how the payment provider behaves.
func (n *neighbourhood) SetPayments(ctx context.Context, m payprovider.Modes) error {
	_, err := n.control().Set(ctx, m)
	return err
}

// Mails returns what the post took, newest first.
func (n *neighbourhood) Mails(ctx context.Context) ([]mailbox.Mail, error) {
	var all []mailbox.Mail
	err := n.call(ctx, http.MethodGet, "http://"+n.post.List+"/", nil, &all)
	return all, err
}

func (n *neighbourhood) call(ctx context.Context, method, url string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("companion: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return fmt.Errorf("companion: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+n.token)
	res, err := (&http.Client{}).Do(req)
	if err != nil {
		return fmt.Errorf("companion: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("companion: answered %d", res.StatusCode)
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 8<<20)).Decode(out); err != nil {
		return fmt.Errorf("companion: %w", err)
	}
	return nil
}

// city is who lives there.
func (n *neighbourhood) city() *city.City { return n.people }

// renewable returns the residents who can renew a driving licence at once.
func (n *neighbourhood) renewable() []city.Resident { return n.renewing }

// mail says how mails go to the post.
func (n *neighbourhood) mail() smtp.Config {
	return smtp.Config{Host: "127.0.0.1", Port: port(n.post.SMTP), Security: smtp.None, From: "noreply@causeway.example", Now: n.now}
}
