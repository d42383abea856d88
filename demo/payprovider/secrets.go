package payprovider

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Secrets are what the provider and its merchant share.
type Secrets struct {
	API     string // the merchant's key to the API
	Webhook []byte // what callbacks are signed with
	Control string // the key to the control endpoint
}

// OpenSecrets reads the secrets in dir, and makes those that are not there.
func OpenSecrets(dir string) (Secrets, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Secrets{}, fmt.Errorf("secrets: %w", err)
	}
	api, err := secret(filepath.Join(dir, "api.key"))
	if err != nil {
		return Secrets{}, err
	}
	hook, err := secret(filepath.Join(dir, "webhook.key"))
	if err != nil {
		return Secrets{}, err
	}
	control, err := secret(filepath.Join(dir, "control.key"))
	if err != nil {
		return Secrets{}, err
	}
	key, err := hex.DecodeString(hook)
	if err != nil || len(key) < 24 {
		return Secrets{}, errors.New("secrets: webhook.key is no key of 24 bytes or more in hexadecimal")
	}
	return Secrets{API: api, Webhook: key, Control: control}, nil
}

// secret reads 32 random bytes in hexadecimal from path, or writes them there.
// Of two processes that write at once, one wins and both read the same.
func secret(path string) (string, error) {
	b, err := os.ReadFile(path) //nolint:gosec // the operator's own path
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("secrets: %w", err)
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	tmp := path + "." + rand.Text()
	if err := os.WriteFile(tmp, []byte(hex.EncodeToString(raw)+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("secrets: %w", err)
	}
	defer os.Remove(tmp) //nolint:errcheck // a second name of the same file, or a loser's
	if err := os.Link(tmp, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("secrets: %w", err)
	}
	b, err = os.ReadFile(path) //nolint:gosec // the operator's own path
	if err != nil {
		return "", fmt.Errorf("secrets: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}
