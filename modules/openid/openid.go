// Package openid owns the OpenID Provider: how departments, banks and apps sign
// people in and are given facts about them under consent. It follows OpenID
// Connect Core, and FAPI 2.0 Security Profile for every client that is not marked
// as plain. A client learns a pseudonym of its organisation's own and how surely
// the person is known; anything more is an item that the person was shown.
package openid

import (
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
)

// A Request is an authorization request that waits for a person's answer.
type Request struct {
	ID      string
	RefHash []byte // SHA-256 of what request_uri names
	Client  string
	Params  Params
	JKT     string // the DPoP key that the code will be bound to, or ""
	Browser []byte // SHA-256 of the browser's secret, once it was opened
	Created time.Time
	Until   time.Time
	Opened  time.Time // zero: not
	Closed  time.Time // zero: not
}

// A Grant is what a person lets one client have, until it is revoked.
type Grant struct {
	ID         string
	Person     identity.PersonID
	Client     string
	Department org.ID
	Subject    string // how the department knows the person
	Details    []Detail
	Consent    string // the consent.GrantID that Details rest on, or ""
	Created    time.Time
	Changed    time.Time
	Used       time.Time // when facts were last read; zero: never
	SignedIn   time.Time // when the person last signed in to the client
	Revoked    time.Time // zero: not
}

// An Authorization is one answer of a person: the code that it gave, and the
// family of tokens that came of the code.
type Authorization struct {
	ID        string
	CodeHash  []byte
	Person    identity.PersonID
	Session   string // in which the person answered
	Client    string
	Grant     string
	Scopes    []string
	Details   []Detail
	Redirect  string
	Challenge string // PKCE, S256
	Nonce     string
	JKT       string
	ACR       string
	AuthTime  time.Time
	Created   time.Time
	Until     time.Time // of the code
	Redeemed  time.Time // zero: not
	Revoked   time.Time // zero: not
}

// Kinds of token.
const (
	Access  = "access"
	Refresh = "refresh"
)

// A Token is an access or refresh token as stored: by its hash.
type Token struct {
	Hash          []byte
	Kind          string
	Client        string
	Department    org.ID // of the client
	Audience      org.ID // whose software may look at it beside the client's own department
	Person        identity.PersonID
	Authorization string
	Grant         string
	Scopes        []string
	JKT           string // the DPoP key it is bound to (RFC 9449), or ""
	X5T           string // the certificate it is bound to (RFC 8705), or ""
	Created       time.Time
	Until         time.Time
	Used          time.Time // a refresh token that was exchanged; zero: not
	Revoked       time.Time
}

// A Live is a token with what it rests on.
type Live struct {
	Token
	Subject  string
	Consent  string
	Details  []Detail
	ACR      string
	AuthTime time.Time
	Session  string
	Ended    bool // its authorization or grant was revoked
}

// Active reports whether l opens anything at the instant now.
func (l Live) Active(now time.Time) bool {
	return !l.Ended && l.Revoked.IsZero() && l.Used.IsZero() && now.Before(l.Until)
}

// How long things last.
const (
	pushedFor  = 90 * time.Second // a pushed request until it is opened (RFC 9126: short)
	answerFor  = 15 * time.Minute // a request until it is answered
	codeFor    = 60 * time.Second
	accessFor  = 10 * time.Minute
	refreshFor = 90 * 24 * time.Hour
	idTokenFor = 5 * time.Minute
)
