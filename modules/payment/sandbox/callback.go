package sandbox

import (
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"

	"causeway/modules/payment"
	"causeway/platform/money"
	"causeway/platform/webhook"
)

// callback is the body of a callback. A field that it does not have is let be.
type callback struct {
	ID   string `json:"id"`
	Data struct {
		Session string `json:"session"`
		Key     string `json:"key"`
		Status  string `json:"status"`
		Amount  amount `json:"amount"`
	} `json:"data"`
}

// Bounds of what a callback names.
const maxName = 200

// Event reads a callback, once its signature has been checked. It returns
// payment.ErrCallback for one that is not the provider's, is too old, or says
// nothing that is known.
func (c *Client) Event(h http.Header, body []byte) (payment.Event, error) {
	id, err := webhook.Verify(h, c.cfg.Webhook, c.cfg.Now(), body)
	if err != nil {
		return payment.Event{}, fmt.Errorf("%w: %w", payment.ErrCallback, err)
	}
	var in callback
	if err := json.Unmarshal(body, &in); err != nil { // refuses what is not UTF-8 and keys that come twice
		return payment.Event{}, fmt.Errorf("callback %s: %w", id, payment.ErrCallback)
	}
	status, ok := statusOf(in.Data.Status)
	if !ok || in.ID != id || len(in.Data.Session) > maxName || len(in.Data.Key) > maxName {
		return payment.Event{}, fmt.Errorf("callback %s: %w", id, payment.ErrCallback)
	}
	return payment.Event{
		Provider: Name, ID: id, Key: in.Data.Key, Session: in.Data.Session, Status: status, Amount: money.Amount(in.Data.Amount),
	}, nil
}
