package openid

import (
	"causeway/platform/fault"
)

// An Error is what a client is told (RFC 6749, sections 4.1.2.1 and 5.2, and the
// specifications that extend it). Code is of the registry; Description is for the
// developer who reads it and holds no secret and nothing about a person.
type Error struct {
	Code        string
	Description string
	Nonce       string // a new DPoP nonce, for CodeNonce
}

func (e *Error) Error() string { return e.Code + ": " + e.Description }

// Error codes.
const (
	CodeRequest      = "invalid_request"
	CodeClient       = "invalid_client"
	CodeGrant        = "invalid_grant"
	CodeUnauthorized = "unauthorized_client"
	CodeGrantType    = "unsupported_grant_type"
	CodeResponseType = "unsupported_response_type"
	CodeScope        = "invalid_scope"
	CodeDenied       = "access_denied"
	CodeLogin        = "login_required"
	CodeConsent      = "consent_required"
	CodeInteraction  = "interaction_required"
	CodeAssurance    = "unmet_authentication_requirements"
	CodeObject       = "invalid_request_object"
	CodeRequestURI   = "invalid_request_uri"
	CodeDetails      = "invalid_authorization_details"
	CodeGrantID      = "invalid_grant_id"
	CodeTarget       = "invalid_target"
	CodeToken        = "invalid_token"
	CodeScopeShort   = "insufficient_scope"
	CodeProof        = "invalid_dpop_proof"
	CodeNonce        = "use_dpop_nonce"
	CodeServer       = "server_error"
)

func fail(code, description string) *Error { return &Error{Code: code, Description: description} }

// Failures that a person can act on. What they read about each is the text
// fault.<code>.
var (
	ErrClient   = fault.New(fault.Invalid, "openid.client")
	ErrRedirect = fault.New(fault.Invalid, "openid.redirect")
	ErrRequest  = fault.New(fault.Invalid, "openid.request")
	ErrNoAsk    = fault.New(fault.NotFound, "openid.no-request")
	ErrAnswered = fault.New(fault.Conflict, "openid.answered")
	ErrNoGrant  = fault.New(fault.NotFound, "openid.no-connection")
)

// A BackError is a failure that the browser carries back to the client.
type BackError struct {
	To    string // where to
	Cause *Error
}

func (b *BackError) Error() string { return b.Cause.Error() }

// Unwrap returns what the client is told.
func (b *BackError) Unwrap() error { return b.Cause }
