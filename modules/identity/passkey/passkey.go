// Package passkey speaks WebAuthn for identity, with go-webauthn.
package passkey

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"causeway/modules/identity"
)

// A Party is one relying party: one origin, and passkeys that belong to its host.
// Passkeys are discoverable, verify their user, and attest nothing.
type Party struct{ w *webauthn.WebAuthn }

var _ identity.RelyingParty = (*Party)(nil)

// New returns the relying party called name at origin, such as
// https://causeway.example. Passkeys need a host with a name, not a number.
func New(origin, name string) (*Party, error) {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme == "" || u.Host == "" || u.Path != "" || u.RawQuery != "" {
		return nil, fmt.Errorf("passkey: %q is no origin: want a scheme and a host, as in https://causeway.example", origin)
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: name, RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		// A client may report extensions that nobody asked for; none of them counts.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("passkey: origin %s: %w", origin, err)
	}
	return &Party{w}, nil
}

// user is a person as the library sees one.
type user struct {
	id   identity.PersonID
	name string
	keys []webauthn.Credential
}

func (u user) WebAuthnID() []byte                         { return []byte(u.id) }
func (u user) WebAuthnName() string                       { return u.name }
func (u user) WebAuthnDisplayName() string                { return u.name }
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.keys }

// BeginCreate asks for a passkey for p, on a device that holds none of has.
func (y *Party) BeginCreate(p identity.PersonID, name string, has [][]byte) (options, state []byte, err error) {
	exclude := make([]protocol.CredentialDescriptor, len(has))
	for i, id := range has {
		exclude[i] = protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: id}
	}
	creation, session, err := y.w.BeginRegistration(user{id: p, name: name}, webauthn.WithExclusions(exclude))
	if err != nil {
		return nil, nil, fmt.Errorf("passkey: begin: %w", err)
	}
	return pair(creation.Response, session)
}

// FinishCreate checks what the browser made after BeginCreate for p.
func (y *Party) FinishCreate(p identity.PersonID, state, response []byte) (identity.Credential, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal(state, &session); err != nil {
		return identity.Credential{}, fmt.Errorf("passkey: state: %w", err)
	}
	answer, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return identity.Credential{}, refused("parse", err)
	}
	key, err := y.w.CreateCredential(user{id: p}, session, answer)
	if err != nil {
		return identity.Credential{}, refused("create", err)
	}
	return credential(key)
}

// BeginUse asks for one of the passkeys in has, or any of this relying party if
// there are none.
func (y *Party) BeginUse(has [][]byte) (options, state []byte, err error) {
	assertion, session, err := y.w.BeginDiscoverableLogin()
	if err != nil {
		return nil, nil, fmt.Errorf("passkey: begin: %w", err)
	}
	for _, id := range has { // for the browser's sake
		assertion.Response.AllowedCredentials = append(assertion.Response.AllowedCredentials,
			protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: id})
	}
	return pair(assertion.Response, session)
}

// FinishUse checks what the browser signed after BeginUse. Find returns the
// record of the passkey; its error is returned as it is.
func (y *Party) FinishUse(state, response []byte, find func(p identity.PersonID, credential []byte) ([]byte, error)) (identity.Use, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal(state, &session); err != nil {
		return identity.Use{}, fmt.Errorf("passkey: state: %w", err)
	}
	answer, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return identity.Use{}, refused("parse", err)
	}
	var found error
	who, key, err := y.w.ValidatePasskeyLogin(func(id, handle []byte) (webauthn.User, error) {
		u := user{id: identity.PersonID(handle)}
		var record []byte
		if record, found = find(u.id, id); found != nil {
			return nil, found
		}
		u.keys = make([]webauthn.Credential, 1)
		found = json.Unmarshal(record, &u.keys[0])
		return u, found
	}, session, answer)
	if found != nil {
		return identity.Use{}, found
	}
	if err != nil {
		return identity.Use{}, refused("use", err)
	}
	suspect := key.Authenticator.CloneWarning
	c, err := credential(key)
	return identity.Use{Person: identity.PersonID(who.WebAuthnID()), Credential: c, Suspect: suspect}, err
}

// pair encodes what the browser gets and what the server keeps.
func pair(options any, session *webauthn.SessionData) ([]byte, []byte, error) {
	o, err := json.Marshal(options)
	if err != nil {
		return nil, nil, fmt.Errorf("passkey: encode options: %w", err)
	}
	s, err := json.Marshal(session)
	if err != nil {
		return nil, nil, fmt.Errorf("passkey: encode state: %w", err)
	}
	return o, s, nil
}

// credential keeps of key what later checks need: no attestation was asked for.
func credential(key *webauthn.Credential) (identity.Credential, error) {
	kept := *key
	kept.Attestation = webauthn.CredentialAttestation{}
	record, err := json.Marshal(kept)
	if err != nil {
		return identity.Credential{}, fmt.Errorf("passkey: encode: %w", err)
	}
	return identity.Credential{ID: key.ID, Record: record, Synced: key.Flags.BackupEligible}, nil
}

// refused is identity.ErrPasskey with the kind of what was wrong: the library's
// details may quote what the browser sent.
func refused(step string, err error) error {
	kind := "other"
	if e, ok := errors.AsType[*protocol.Error](err); ok {
		kind = e.Type
	}
	return fmt.Errorf("%s: %s: %w", step, kind, identity.ErrPasskey)
}
