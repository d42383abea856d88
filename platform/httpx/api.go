package httpx

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-json-experiment/json"

	"causeway/platform/fault"
)

// validation replaces huma's error body, which repeats what the client sent and
// prints private errors. It says what is wrong and, for a field that the
// operation declares, where; never with which value.
func validation(_ huma.Context, code int, _ string, errs ...error) huma.StatusError {
	p := &huma.ErrorModel{Status: code, Title: http.StatusText(code)}
	if code >= http.StatusInternalServerError {
		return p
	}
	for _, e := range errs {
		d, ok := errors.AsType[*huma.ErrorDetail](e)
		switch {
		case !ok:
		case strings.HasPrefix(d.Message, "unexpected property"):
			p.Errors = append(p.Errors, &huma.ErrorDetail{Message: "unexpected property"})
		default:
			p.Errors = append(p.Errors, &huma.ErrorDetail{Message: "not as declared", Location: d.Location})
		}
	}
	return p
}

// strictJSON refuses what is not UTF-8 and keys that come twice.
func strictJSON() huma.Format {
	return huma.Format{
		Marshal:   huma.DefaultJSONFormat.Marshal,
		Unmarshal: func(data []byte, v any) error { return json.Unmarshal(data, v) },
	}
}

// hook replaces huma's error body, which huma keeps in a package variable.
var hook = sync.OnceFunc(func() { huma.NewErrorWithContext = validation }) //nolint:gochecknoglobals // as huma's own

// newAPI returns the JSON API, whose operations end up in m.
func newAPI(m *Mux, title, version string) huma.API {
	hook()
	c := huma.DefaultConfig(title, version)
	c.DocsPath = ""     // the docs page loads scripts from a CDN
	c.SchemasPath = ""  // the document holds them
	c.CreateHooks = nil // no $schema links built from the Host header
	c.Formats = map[string]huma.Format{"application/json": strictJSON(), "json": strictJSON()}
	return humago.New(humaMux{m}, c)
}

// humaMux lets huma register its operations in a Mux.
type humaMux struct{ m *Mux }

func (h humaMux) HandleFunc(pattern string, f func(http.ResponseWriter, *http.Request)) {
	h.m.Handle(pattern, h.m.access, http.HandlerFunc(f))
}

func (h humaMux) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.m.ServeHTTP(w, r) }

// SignatureScheme is what the OpenAPI document calls the signature that
// operations for System ask for.
const SignatureScheme = "signature"

// Handle registers h as the JSON operation op, open to those whom a admits. A
// fault becomes a problem document (RFC 9457) with its code; every other error
// is logged once and becomes 500 without a word.
func Handle[I, O any](m *Mux, a Access, op huma.Operation, h func(context.Context, *I) (*O, error)) {
	if a == System {
		op.Security = []map[string][]string{{SignatureScheme: {}}}
	}
	m.access = a
	defer func() { m.access = Public }()
	huma.Register(m.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err != nil {
			return nil, problem(ctx, op.OperationID, err)
		}
		return out, nil
	})
}

func problem(ctx context.Context, op string, err error) error {
	code := Status(err)
	p := &huma.ErrorModel{Status: code, Title: http.StatusText(code)}
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind != fault.Internal {
		p.Type = "/problems/" + f.Code
	} else {
		slog.ErrorContext(ctx, "request failed", "op", op, "err", err)
	}
	return p
}
