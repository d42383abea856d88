package keys

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A Master is the secret that is not in the database: one root for keyed
// hashes, which never changes, and wrapping keys, of which the first wraps and
// all unwrap, so that they can be rotated.
type Master struct {
	mac  []byte
	wrap []wrapKey
}

type wrapKey struct {
	id   string
	aead cipher.AEAD
}

// ErrMaster reports a master file that cannot be used.
var ErrMaster = errors.New("keys: unusable master file")

// LoadMaster reads the master file at path. A line holds "mac KEY" or
// "wrap ID KEY", the keys being 32 bytes in standard base64.
func LoadMaster(path string) (*Master, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("master file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s may be read by others than its owner; chmod 600 it", ErrMaster, path)
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, fmt.Errorf("master file: %w", err)
	}
	return parseMaster(b)
}

func parseMaster(b []byte) (*Master, error) {
	m := &Master{}
	for in := bufio.NewScanner(bytes.NewReader(b)); in.Scan(); {
		f := strings.Fields(in.Text())
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(f[len(f)-1])
		switch {
		case err != nil || len(key) != 32:
			return nil, fmt.Errorf("%w: a key is not 32 bytes of base64", ErrMaster)
		case f[0] == "mac" && len(f) == 2 && m.mac == nil:
			m.mac = key
		case f[0] == "wrap" && len(f) == 3 && len(f[1]) <= 32:
			aead, err := newAEAD(key)
			if err != nil {
				return nil, err
			}
			m.wrap = append(m.wrap, wrapKey{f[1], aead})
		default:
			return nil, fmt.Errorf("%w: a line is neither \"mac KEY\" nor \"wrap ID KEY\"", ErrMaster)
		}
	}
	if m.mac == nil || len(m.wrap) == 0 {
		return nil, fmt.Errorf("%w: it needs one mac and one wrap key", ErrMaster)
	}
	return m, nil
}

// CreateMaster writes a new master file at path unless there is one, and reads it.
func CreateMaster(path string) (*Master, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("master file: %w", err)
		}
		text := "mac " + newKey() + "\nwrap 1 " + newKey() + "\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("master file: %w", err)
		}
	}
	return LoadMaster(path)
}

func newKey() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.StdEncoding.EncodeToString(b)
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("aead: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// seal wraps plain: a byte with the length of the wrapping key's id, the id,
// and the sealed bytes.
func (m *Master) seal(label string, plain []byte) []byte {
	k := m.wrap[0]
	out := append([]byte{byte(len(k.id))}, k.id...)    //nolint:gosec // an id has at most 32 bytes
	return k.aead.Seal(out, nil, plain, []byte(label)) //nolint:gosec // the AEAD draws its own nonce
}

// rewrap returns what seal made under the first wrapping key; ok is false if it
// is under that one already.
func (m *Master) rewrap(label string, sealed []byte) (again []byte, ok bool, err error) {
	if len(sealed) > 0 && len(sealed) > int(sealed[0]) && string(sealed[1:1+sealed[0]]) == m.wrap[0].id {
		return nil, false, nil
	}
	plain, err := m.open(label, sealed)
	if err != nil {
		return nil, false, err
	}
	return m.seal(label, plain), true, nil
}

func (m *Master) open(label string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || len(sealed) < 1+int(sealed[0]) {
		return nil, ErrSealed
	}
	id, body := string(sealed[1:1+sealed[0]]), sealed[1+sealed[0]:]
	for _, k := range m.wrap {
		if k.id == id {
			plain, err := k.aead.Open(nil, nil, body, []byte(label))
			if err != nil {
				return nil, ErrSealed
			}
			return plain, nil
		}
	}
	return nil, fmt.Errorf("%w: no wrapping key %q", ErrSealed, id)
}
