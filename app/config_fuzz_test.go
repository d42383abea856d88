package app

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzParseConfig: whatever the file holds, it is taken or refused with a
// reason, and checking what was taken does not fail otherwise.
func FuzzParseConfig(f *testing.F) {
	for _, file := range []string{"causeway.yaml", "replicas/causeway.yaml"} {
		src, err := os.ReadFile(filepath.Join("..", "deploy", file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte("sources: [{kind: http, url: \"http://[::1\", networks: [::/0]}]\nsmtp: {host: x, port: -1}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := parseConfig("fuzz.yaml", src)
		if err != nil {
			if err.Error() == "" {
				t.Error("refused without a reason")
			}
			return
		}
		if c.Listen == "" || c.Operator == "" || c.Database.Connections == 0 || c.SMTP.Port == 0 {
			t.Errorf("a setting without a value: %+v", c)
		}
		c.Database, c.MasterKeyFile, c.Classes, c.Services, c.TLS = databaseConfig{}, "", "", "", tlsConfig{} // it reads no files
		c.SMTP.PasswordFile, c.Sources, c.Bootstrap = "", nil, nil
		if c.check() == nil {
			t.Error("a configuration without a database is taken")
		}
	})
}
