package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"causeway/modules/exchange"
	"causeway/modules/notice"
	"causeway/modules/payment"
	paymentweb "causeway/modules/payment/web"
	"causeway/platform/db"
	"causeway/platform/keys"
)

// parts are what the world is built of, as a command has prepared them. The
// demo and the real program differ in nothing else.
type parts struct {
	db     *db.DB
	master *keys.Master
	origin string // such as "https://city.example", without a slash
	zone   *time.Location
	now    func() time.Time
	log    *slog.Logger
	demo   bool

	mailer notice.Mailer

	uploads string // the folder of uploaded files

	classes *exchange.Classes
	// sources makes the connectors once the ring is open.
	sources func(w *world) (map[string]exchange.Source, error)

	provider     payment.Provider
	providerName string
	callbacks    map[string]paymentweb.Callbacks
	payOrigin    string // where forms may lead beside our own pages; ""

	address func(*http.Request) string // where a request comes from; nil: the connection's end
	hood    *neighbourhood             // of the demo alone

	observe func(ctx context.Context, pattern string, status int, took time.Duration) // learns of every answer; may be nil
	outer   func(http.Handler) http.Handler                                           // stands before everything; may be nil
}

// tls reports whether browsers reach us over TLS.
func (p parts) tls() bool {
	u, err := url.Parse(p.origin)
	return err == nil && u.Scheme == "https"
}
