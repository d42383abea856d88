package telemetry

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// RequestHeader tells whoever asked the id under which the log has the request.
const RequestHeader = "X-Request-Id"

type requestKey struct{}

// NewLogger returns a logger that writes each record to w as a line of JSON,
// with the id of the request in whose context it was made.
func NewLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(handler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})})
}

// Requests gives every request an id of ours, which is random and outlives
// nothing: what the client calls it is not taken over.
func Requests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		w.Header().Set(RequestHeader, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, id)))
	})
}

// RequestOf returns the id of the request that ctx belongs to, or "".
func RequestOf(ctx context.Context) string {
	id, ok := ctx.Value(requestKey{}).(string)
	if !ok {
		return ""
	}
	return id
}

// LogRequests returns an observer that writes a line for each answer: the
// route's pattern, the status and the time, and nothing else of the request.
func LogRequests(log *slog.Logger) func(ctx context.Context, pattern string, status int, took time.Duration) {
	return func(ctx context.Context, pattern string, status int, took time.Duration) {
		method, route := split(pattern)
		log.LogAttrs(ctx, slog.LevelInfo, "request", slog.String("method", method), slog.String("route", route),
			slog.Int("status", status), slog.Int64("us", took.Microseconds()))
	}
}

// handler adds the request's id.
type handler struct{ slog.Handler }

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if id := RequestOf(ctx); id != "" {
		r.AddAttrs(slog.String("request", id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
