package app

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const deployed = "../deploy/"

// placed are the files that deploy/*.yaml name, and what stands for them.
var (
	placedRx  = regexp.MustCompile(`(/etc/causeway|/run/secrets|/var/lib/causeway)(/[A-Za-z0-9./_-]+)?`)
	placedAs  = map[string]string{"master": "master", "database-url": "url", "smtp-password": "password", "first-administrator.yaml": "person", "administrator.yaml": "person"}
	fromHere  = regexp.MustCompile(`^\./([^:]+):([^:]+)(:ro)?$`)
	bySecrets = "/run/secrets/"
)

// TestDeployConfigurations: the examples pass the checks of the program, with
// files of ours in the place of those that they name.
func TestDeployConfigurations(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"causeway.yaml", "replicas/causeway.yaml"} {
		s := newPremises(t)
		s.write("url", "postgres://causeway:secret@database/causeway?sslmode=verify-full\n", 0o600)
		src, err := os.ReadFile(deployed + name)
		if err != nil {
			t.Fatal(err)
		}
		text := placedRx.ReplaceAllStringFunc(string(src), func(path string) string {
			if as, ok := placedAs[filepath.Base(path)]; ok {
				return s.path(as)
			}
			return s.path(filepath.Base(path))
		})
		if err := os.MkdirAll(s.path("services"), 0o700); err != nil {
			t.Fatal(err)
		}
		c, err := readConfig(s.write("causeway.yaml", text, 0o644))
		for line := range strings.Lines(errorText(err)) {
			// What only its owner has: a certificate, and the keys to registries.
			if !strings.Contains(line, "configuration: tls: ") && !strings.Contains(line, "configuration: sources[") {
				t.Errorf("deploy/%s: %s", name, line)
			}
		}
		if len(c.Bootstrap) == 0 || c.Bootstrap[0].Administrator.PersonFile == "" {
			t.Errorf("deploy/%s makes no administrator", name)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestDeployCompose: what the replicas' configuration names is mounted or a
// secret, and what is mounted lies there or is made as deploy/README.md says.
func TestDeployCompose(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		b, err := os.ReadFile(deployed + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	type part struct {
		Secrets []string `yaml:"secrets"`
		Volumes []string `yaml:"volumes"`
	}
	var all struct {
		Services map[string]part `yaml:"services"`
		Secrets  map[string]struct {
			File string `yaml:"file"`
		} `yaml:"secrets"`
	}
	if err := yaml.Unmarshal([]byte(read("replicas/compose.yaml")), &all); err != nil {
		t.Fatal(err)
	}
	guide := read("README.md")
	made := func(path string) {
		t.Helper()
		if _, err := os.Stat(deployed + "replicas/" + path); err != nil && !strings.Contains(guide, path) {
			t.Errorf("nobody says how to make %s", path)
		}
	}
	for name, s := range all.Secrets {
		if s.File != "./secrets/"+name {
			t.Errorf("the secret %s is %s", name, s.File)
		}
		made("secrets/" + name)
	}
	for name, p := range all.Services {
		for _, s := range p.Secrets {
			if _, ok := all.Secrets[s]; !ok {
				t.Errorf("%s wants the secret %s, which is none", name, s)
			}
		}
		for _, v := range p.Volumes {
			if m := fromHere.FindStringSubmatch(v); m != nil {
				made(m[1])
			}
		}
	}
	program, ok := all.Services["causeway-1"]
	if !ok || len(all.Services["causeway-2"].Volumes) != len(program.Volumes) {
		t.Fatal("there are no two replicas that are alike")
	}
	for _, path := range placedRx.FindAllString(read("replicas/causeway.yaml"), -1) {
		there := path == "/var/lib/causeway/letter.txt" // in the image's own folder
		if name, secret := strings.CutPrefix(path, bySecrets); secret {
			for _, s := range program.Secrets {
				there = there || s == name
			}
		}
		for _, v := range program.Volumes {
			_, at, _ := strings.Cut(strings.TrimSuffix(v, ":ro"), ":")
			there = there || path == at || strings.HasPrefix(path, at+"/")
		}
		if !there {
			t.Errorf("%s is not there in a replica", path)
		}
	}
}
