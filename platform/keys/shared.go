package keys

import (
	"context"
	"crypto/cipher"
	"database/sql"
	"errors"
	"fmt"
)

// nobody is the row of keys_persons with the key for what concerns no person. It
// is wrapped as those of persons are, and so wrapped anew with them.
const nobody = "shared"

// underShared begins what is sealed under that key. What is sealed under a
// wrapping key begins with the length of its id, which is never zero.
const underShared = 0

// LoadShared reads the key under which SealShared seals, and makes it if there is
// none and create is set. Before it was called, and in databases older than that
// key, SealShared seals under the first wrapping key itself.
func (r *Ring) LoadShared(ctx context.Context, create bool) error {
	aead, err := r.stored(ctx, nobody)
	if errors.Is(err, sql.ErrNoRows) {
		if !create {
			return nil
		}
		if _, err := r.db.Exec(ctx, insertPersonKey, nobody, r.newPersonKey(nobody)); err != nil {
			return fmt.Errorf("make the shared key: %w", err)
		}
		aead, err = r.stored(ctx, nobody)
	}
	if err != nil {
		return fmt.Errorf("shared key: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shared = aead
	return nil
}

func (r *Ring) sharedKey() cipher.AEAD {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.shared
}

// SealShared encrypts what concerns no person.
func (r *Ring) SealShared(label string, plain []byte) ([]byte, error) {
	aead := r.sharedKey()
	if aead == nil {
		return r.master.seal(nobody+"\x00"+label, plain), nil
	}
	return aead.Seal([]byte{underShared}, nil, plain, additional(nobody, label)), nil //nolint:gosec // the AEAD draws its own nonce
}

// OpenShared decrypts what SealShared encrypted. It returns ErrSealed if the bytes
// are damaged, of another label, or under a key that is not loaded.
func (r *Ring) OpenShared(label string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != underShared {
		return r.master.open(nobody+"\x00"+label, sealed)
	}
	aead := r.sharedKey()
	if aead == nil {
		return nil, fmt.Errorf("%w: the shared key is not loaded", ErrSealed)
	}
	plain, err := aead.Open(nil, nil, sealed[1:], additional(nobody, label))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", label, ErrSealed)
	}
	return plain, nil
}
