// Package passkeytest is an authenticator in software, for tests alone: it makes
// passkeys and signs with them as a browser and a device would together.
package passkeytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/fxamacker/cbor/v2"
)

// A Device holds passkeys. Its fields may be changed to have it lie.
type Device struct {
	Origin   string // what the browser says it is at
	RPID     string // whose passkeys it makes and uses; "" is whom the options name
	Verified bool   // it checked who its user is
	Synced   bool   // passkeys may be copied
	Counts   bool   // its signature counter moves
	Count    uint32
	Forged   bool // its signatures are wrong
	Framed   bool // the page was in a frame of another site
	Type     string

	keys []key
}

type key struct {
	id, handle []byte
	rp         string
	private    *ecdsa.PrivateKey
}

// New returns a device without passkeys in a browser at origin.
func New(origin string) *Device { return &Device{Origin: origin, Verified: true, Synced: true} }

// Clone returns a device with the same passkeys and its own counter.
func (d *Device) Clone() *Device {
	c := *d
	c.keys = append([]key(nil), d.keys...)
	return &c
}

const (
	flagPresent  = 0x01
	flagVerified = 0x04
	flagEligible = 0x08
	flagBackedUp = 0x10
	flagAttested = 0x40
)

var b64 = base64.RawURLEncoding //nolint:gochecknoglobals // never changed

type bytesJSON []byte

func (b *bytesJSON) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	v, err := b64.DecodeString(s)
	*b = v
	return err
}

// Create makes a passkey as options (a PublicKeyCredentialCreationOptionsJSON)
// ask, and returns the RegistrationResponseJSON.
func (d *Device) Create(options []byte) ([]byte, error) {
	var o struct {
		Challenge string
		RP        struct{ ID string }
		User      struct{ ID bytesJSON }
		Exclude   []struct{ ID bytesJSON } `json:"excludeCredentials"`
	}
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, err
	}
	if u, err := url.Parse(d.Origin); err != nil || d.RPID == "" && u.Hostname() != o.RP.ID {
		return nil, fmt.Errorf("SecurityError: %s is not %s", d.Origin, o.RP.ID)
	}
	for _, e := range o.Exclude {
		for _, k := range d.keys {
			if string(k.id) == string(e.ID) {
				return nil, errors.New("InvalidStateError: it is here already")
			}
		}
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	k := key{id: make([]byte, 32), handle: o.User.ID, rp: o.RP.ID, private: private}
	if _, err := rand.Read(k.id); err != nil {
		return nil, err
	}
	point, err := private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return nil, err
	}
	enc, err := cbor.CTAP2EncOptions().EncMode()
	if err != nil {
		return nil, err
	}
	cose, err := enc.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		return nil, err
	}
	data := d.authData(k, flagAttested)
	data = append(data, make([]byte, 16)...) // AAGUID
	data = binary.BigEndian.AppendUint16(data, uint16(len(k.id)))
	data = append(append(data, k.id...), cose...)
	attestation, err := enc.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		return nil, err
	}
	d.keys = append(d.keys, k)
	client, err := d.clientData("webauthn.create", o.Challenge)
	if err != nil {
		return nil, err
	}
	return d.answer(k, map[string]any{
		"clientDataJSON": b64.EncodeToString(client), "attestationObject": b64.EncodeToString(attestation), "transports": []string{"internal"},
	})
}

// Get signs with the passkey that was made last for the relying party that
// options (a PublicKeyCredentialRequestOptionsJSON) name, and returns the
// AuthenticationResponseJSON.
func (d *Device) Get(options []byte) ([]byte, error) {
	var o struct {
		Challenge string
		RPID      string `json:"rpId"`
	}
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, err
	}
	for i := len(d.keys) - 1; i >= 0; i-- {
		if d.keys[i].rp == o.RPID {
			return d.sign(d.keys[i], o.Challenge)
		}
	}
	return nil, errors.New("NotAllowedError: no passkey for " + o.RPID)
}

func (d *Device) sign(k key, challenge string) ([]byte, error) {
	client, err := d.clientData("webauthn.get", challenge)
	if err != nil {
		return nil, err
	}
	data, hash := d.authData(k, 0), sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte(nil), data...), hash[:]...))
	if d.Forged {
		digest[0]++
	}
	signature, err := ecdsa.SignASN1(rand.Reader, k.private, digest[:])
	if err != nil {
		return nil, err
	}
	return d.answer(k, map[string]any{
		"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data),
		"signature": b64.EncodeToString(signature), "userHandle": b64.EncodeToString(k.handle),
	})
}

func (d *Device) authData(k key, flags byte) []byte {
	rp := k.rp
	if d.RPID != "" {
		rp = d.RPID
	}
	if d.Counts {
		d.Count++
	}
	flags |= flagPresent
	if d.Verified {
		flags |= flagVerified
	}
	if d.Synced {
		flags |= flagEligible | flagBackedUp
	}
	hash := sha256.Sum256([]byte(rp))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), d.Count)
}

func (d *Device) clientData(kind, challenge string) ([]byte, error) {
	if d.Type != "" {
		kind = d.Type
	}
	return json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.Origin, "crossOrigin": d.Framed})
}

func (d *Device) answer(k key, response map[string]any) ([]byte, error) {
	id := b64.EncodeToString(k.id)
	return json.Marshal(map[string]any{
		"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": map[string]any{},
		"authenticatorAttachment": "platform",
	})
}
