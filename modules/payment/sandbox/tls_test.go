package sandbox_test

import (
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"causeway/modules/payment"
	"causeway/modules/payment/sandbox"
)

// TestTLS: the API is trusted by the authority that is configured, and no other.
func TestTLS(t *testing.T) {
	t.Parallel()
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"id":"ps_1","url":"x","status":"waiting","amount":{"minor":1,"currency":"HKD"}}`))
	}))
	t.Cleanup(srv.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]error{ca: nil, "": payment.ErrDown} {
		c, err := sandbox.New(sandbox.Config{API: srv.URL, Origin: srv.URL, Return: srv.URL, Key: "k", Webhook: make([]byte, 32), CA: file, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Status(t.Context(), "ps_1"); !errors.Is(err, want) {
			t.Errorf("with %q: %v, want %v", file, err, want)
		}
	}
}
