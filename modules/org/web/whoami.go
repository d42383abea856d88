package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"causeway/modules/org"
	"causeway/platform/httpx"
)

type whoamiOut struct {
	Body struct {
		Client     string `json:"client" doc:"The software's id"`
		Name       string `json:"name" doc:"What its department calls it"`
		Department org.ID `json:"department" doc:"The department it speaks for"`
		Key        string `json:"key" doc:"The key that signed this request"`
	}
}

func (h handler) mountJSON(m *httpx.Mux) {
	httpx.Handle(m, httpx.System, huma.Operation{
		OperationID: "whoami", Method: http.MethodGet, Path: "/api/v1/whoami", Tags: []string{"org"},
		Summary:     "Who signed this request",
		Description: "Tells a department's software how it is known here, so that it can try its signatures.",
	}, whoami)
	if h.Keys != nil {
		m.Handle("GET /api/v1/answer-keys", httpx.Public, http.HandlerFunc(h.answerKeys))
	}
}

func whoami(ctx context.Context, _ *struct{}) (*whoamiOut, error) {
	c := org.ClientOf(ctx)
	var out whoamiOut
	out.Body.Client, out.Body.Name, out.Body.Department, out.Body.Key = c.ID, c.Name, c.Department, c.Key
	return &out, nil
}

// answerKeys serves the keys by which answers to software are signed.
func (h handler) answerKeys(w http.ResponseWriter, r *http.Request) {
	set, err := h.Keys(r.Context())
	if err != nil {
		refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(set) // the client has gone
}
