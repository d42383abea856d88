package openid

import (
	"context"
	"errors"
	"time"

	"causeway/modules/identity"
)

// ErrNoToken reports that there is no such token.
var ErrNoToken = errors.New("openid: no such token")

// Store keeps what openid owns. Every method that changes something says whether
// it was the one that did: of several at the same moment one is.
type Store interface {
	// Burn keeps ids and reports of each whether it was new. Of equal ones in one
	// call the first is.
	Burn(ctx context.Context, ids []Burned) ([]bool, error)

	AddRequest(ctx context.Context, r Request) error
	// OpenRequest gives the client's request to a browser if nobody opened it and it
	// has not expired, and has it last until; else ErrNoAsk.
	OpenRequest(ctx context.Context, ref []byte, client string, browser []byte, now, until time.Time) (Request, error)
	// Request returns ErrNoAsk if there is none.
	Request(ctx context.Context, id string) (Request, error)
	// CloseRequest returns ErrAnswered if it was closed before.
	CloseRequest(ctx context.Context, id string, at time.Time) error

	AddGrant(ctx context.Context, g Grant) error
	// SetGrant stores what may change of a grant that is not revoked, else ErrNoGrant.
	SetGrant(ctx context.Context, g Grant) error
	// Grant returns a grant, revoked ones too, or ErrNoGrant.
	Grant(ctx context.Context, id string) (Grant, error)
	// GrantOf returns the newest grant of a person to a client that is not revoked, or ErrNoGrant.
	GrantOf(ctx context.Context, p identity.PersonID, client string) (Grant, error)
	// GrantsOf returns a person's grants that are not revoked, newest first, at most 200.
	GrantsOf(ctx context.Context, p identity.PersonID) ([]Grant, error)
	// RevokeGrant returns ErrNoGrant if it was revoked before.
	RevokeGrant(ctx context.Context, p identity.PersonID, id string, at time.Time) error
	// NoteUsed stores that facts were read under a grant.
	NoteUsed(ctx context.Context, p identity.PersonID, id string, at time.Time) error

	AddAuthorization(ctx context.Context, a Authorization) error
	// AuthorizationByCode returns ErrNoGrant if there is none, or its grant was revoked.
	AuthorizationByCode(ctx context.Context, code []byte) (Authorization, Grant, error)
	// Redeem reports whether this was the first time.
	Redeem(ctx context.Context, p identity.PersonID, id string, at time.Time) (bool, error)
	RevokeAuthorization(ctx context.Context, p identity.PersonID, id string, at time.Time) error

	AddTokens(ctx context.Context, tokens []Token) error
	// Live returns ErrNoToken if there is none of the hash.
	Live(ctx context.Context, hash []byte) (Live, error)
	// UseRefresh reports whether this was the first time and nothing had revoked it.
	UseRefresh(ctx context.Context, hash []byte, at time.Time) (bool, error)
	RevokeToken(ctx context.Context, hash []byte, at time.Time) error

	// Purge removes up to most rows of each kind that ended before the instant, and
	// authorizations whose code ended before families, when no token of theirs is
	// left. It returns how many it removed.
	Purge(ctx context.Context, before, families time.Time, most int) (int, error)
}
