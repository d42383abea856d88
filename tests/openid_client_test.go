package tests

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"causeway/demo/relying"
)

// TestOpenIDClient is a whole sign-in by openid-client of
// the npm registry. It needs Node.js, and the packages that package-lock.json
// names; where CI is set it fails without them.
func TestOpenIDClient(t *testing.T) {
	t.Parallel()
	node, dir := nodeClient(t)
	c := shared(t)
	key := newKey(t)
	jwks, err := relying.Public(key, "n1")
	if err != nil {
		t.Fatal(err)
	}
	id, _ := c.registers(t, url.Values{"profile": {"fapi2"}, "sign-in": {"yes"}, "stay": {"yes"}, "keys": {string(jwks)}, "redirects": {callback}})
	told, err := json.Marshal(map[string]any{
		"issuer": c.origin, "clientID": id, "redirect": callback, "persona": "resident-920", "details": json.RawMessage(licence),
		"key": jose.JSONWebKey{Key: key, KeyID: "n1", Algorithm: "ES256"},
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "flow.mjs")
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(told)
	var said, wrong bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &wrong
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, wrong.String())
	}
	var found struct {
		Sub, ACR, Type         string
		Details                []map[string]any
		Active, Bound, Revoked bool
		Info                   struct {
			Data []struct{ Outcome string } `json:"causeway_data"`
		}
	}
	if err := json.Unmarshal(said.Bytes(), &found); err != nil {
		t.Fatal(err)
	}
	if len(found.Sub) != 26 || found.ACR != "urn:causeway:assurance:substantial" || found.Type != "dpop" || len(found.Details) != 1 || !found.Active || !found.Bound || !found.Revoked ||
		len(found.Info.Data) != 1 || found.Info.Data[0].Outcome != "found" {
		t.Errorf("found %s", said.String())
	}
}

var nodePackages sync.Mutex // guards their installation

// nodeClient returns the node program and the folder in which openid-client is
// installed.
func nodeClient(t *testing.T) (node, dir string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		without(t, "node is not installed: run scripts/setup")
	}
	if dir, err = filepath.Abs("openidclient"); err != nil {
		t.Fatal(err)
	}
	nodePackages.Lock()
	defer nodePackages.Unlock()
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "openid-client")); errors.Is(err, os.ErrNotExist) {
		cmd := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			without(t, "npm ci: "+string(out))
		}
	}
	return node, dir
}

// without skips a test for which the machine lacks something, but never where CI
// is set.
func without(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}
