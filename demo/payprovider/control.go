package payprovider

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Control tells a running provider how to misbehave.
type Control struct {
	URL   string // such as http://127.0.0.1:9000
	Token string // Secrets.Control
	// Client reaches it; nil: one that trusts the system's authorities.
	Client *http.Client
}

// Modes returns how the provider behaves.
func (c Control) Modes(ctx context.Context) (Modes, error) { return c.call(ctx, http.MethodGet, nil) }

// Set replaces all of the modes; what m leaves zero takes its default.
func (c Control) Set(ctx context.Context, m Modes) (Modes, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return Modes{}, fmt.Errorf("control: %w", err)
	}
	return c.call(ctx, http.MethodPut, b)
}

func (c Control) call(ctx context.Context, method string, body []byte) (Modes, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.URL+"/control", bytes.NewReader(body))
	if err != nil {
		return Modes{}, fmt.Errorf("control: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	client := c.Client
	if client == nil {
		client = &http.Client{}
	}
	res, err := client.Do(req)
	if err != nil {
		return Modes{}, fmt.Errorf("control: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return Modes{}, fmt.Errorf("control: answered %d", res.StatusCode)
	}
	var m Modes
	if err := json.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(&m); err != nil {
		return Modes{}, fmt.Errorf("control: %w", err)
	}
	return m, nil
}
