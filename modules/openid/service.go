package openid

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"causeway/modules/consent"
	"causeway/modules/exchange"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/batch"
	"causeway/platform/lang"
	"causeway/platform/trail"
)

// Deps is what the use cases of openid need; app fills it.
type Deps struct {
	Units    Units
	Store    Store
	Clients  Clients
	Orgs     Orgs
	Consents Consents
	Classes  Classes
	Facts    Facts
	Sessions Sessions
	Keys     Keys
	Trail    trail.Recorder
	Now      func() time.Time
	NewID    func() string
	Issuer   string // the address of this Causeway
	MTLS     string // where clients show certificates; "" for nowhere
}

// Units runs f as one unit of work: all of it happens, or none. f may run again.
type Units interface {
	Do(ctx context.Context, f func(ctx context.Context) error) error
}

// Clients finds clients: org.ErrNoClient for none, and for one that was revoked.
type Clients interface {
	OIDCClient(ctx context.Context, id string) (org.OIDCClient, error)
	// OIDCClientName returns what people call a client, one that was revoked too.
	OIDCClientName(ctx context.Context, id string) (lang.Text, bool)
}

// Orgs tells how a department knows a person, and what it is called.
type Orgs interface {
	Subject(ctx context.Context, d org.ID, p identity.PersonID) string
	Remember(ctx context.Context, d org.ID, p identity.PersonID) (string, error)
	Department(ctx context.Context, id org.ID) (org.Department, error)
}

// Consents gives and ends consent, and says it in words.
type Consents interface {
	Notice(ctx context.Context, r consent.Request) (consent.Notice, error)
	Give(ctx context.Context, by identity.Caller, r consent.Request) (consent.Grant, error)
	Withdraw(ctx context.Context, by identity.Caller, id consent.GrantID) error
	// End ends a consent that nobody uses any more; one that has ended stays so.
	End(ctx context.Context, p identity.PersonID, id consent.GrantID) error
	Active(ctx context.Context, p identity.PersonID, id consent.GrantID) (consent.Grant, error)
	Words(ctx context.Context, g consent.Grant) (consent.Notice, error)
}

// Classes knows the data classes.
type Classes interface {
	Class(id string) (exchange.Class, bool)
}

// Facts fetches through the gateway.
type Facts interface {
	FetchAll(ctx context.Context, qs []exchange.Query) ([]exchange.Answer, error)
}

// Sessions tells of the caller's own sessions, of which one is Current.
type Sessions interface {
	OwnSessions(ctx context.Context, by identity.Caller) ([]identity.Session, error)
}

// Keys signs, and makes keyed hashes under a key that is not in the database.
type Keys interface {
	// Sign returns a compact JWS of payload with the header typ.
	Sign(ctx context.Context, typ string, payload []byte) (string, error)
	// Verify returns the payload of a JWS that Sign made, now or under an older key.
	Verify(ctx context.Context, jws string) ([]byte, error)
	// Published returns the public keys as a JWK set.
	Published(ctx context.Context) ([]byte, error)
	MAC(label string, data []byte) []byte
}

// Bounds of batches: how many items one statement carries, and how many
// statements run side by side.
const (
	batchMost = 128
	batchSide = 2
)

// Service is the use cases of openid. It may be used by many goroutines.
type Service struct {
	d       Deps
	clients *clientCache
	burns   *batch.Batch[Burned, bool]
	issues  *batch.Batch[Token, struct{}]
	wrong   mistakes
}

// New returns the use cases over d.
func New(d Deps) *Service {
	s := &Service{d: d, clients: newClientCache(d.Clients, d.Now)}
	s.burns = batch.New(batchMost, batchSide, d.Store.Burn)
	s.issues = batch.New(batchMost, batchSide, func(ctx context.Context, all []Token) ([]struct{}, error) {
		return make([]struct{}, len(all)), d.Store.AddTokens(ctx, all)
	})
	return s
}

// Issuer returns the issuer identifier (RFC 8414, section 2).
func (s *Service) Issuer() string { return s.d.Issuer }

// now returns the instant as it is stored.
func (s *Service) now() time.Time { return s.d.Now().UTC().Truncate(time.Microsecond) }

// secret returns 256 random bits in base64url.
func secret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// hash returns what is stored of a secret: it has 256 bits, so that it needs
// neither salt nor stretching.
func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// ClientService is what a consent names as the service where it was given to a
// client.
func ClientService(client string) string { return "openid:" + client }

// ServiceClient returns the client that ClientService named.
func ServiceClient(service string) (client string, ok bool) {
	return strings.CutPrefix(service, "openid:")
}

// ClientName returns what people call the client.
func (s *Service) ClientName(ctx context.Context, id string) (lang.Text, error) {
	c, err := s.clients.find(ctx, id)
	if err != nil {
		return lang.Text{}, err
	}
	return c.Name, nil
}
