package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"causeway/modules/org"
	"causeway/platform/httpx"
)

type stateIn struct {
	Reference string `path:"reference" maxLength:"32" doc:"The case's reference, such as CW-7K3M-92QF"`
}

type stateOut struct {
	Body stateBody
}

type stateBody struct {
	Reference string     `json:"reference"`
	Service   string     `json:"service"`
	State     string     `json:"state" enum:"to-pay,deciding,more-information,approved,done,refusing,refused,withdrawing,withdrawn"`
	Step      string     `json:"step,omitempty" doc:"The step that it waits at"`
	Due       string     `json:"due,omitempty" format:"date" doc:"The last day for that step"`
	Submitted time.Time  `json:"submitted"`
	Ended     *time.Time `json:"ended,omitempty"`
}

func (h handler) mountAPI(m *httpx.Mux) {
	httpx.Handle(m, httpx.System, huma.Operation{
		OperationID: "get-case-state", Method: http.MethodGet, Path: "/api/v1/cases/{reference}",
		Summary: "The state of a case that the caller's department decides", Tags: []string{"cases"},
	}, h.state)
}

func (h handler) state(ctx context.Context, in *stateIn) (*stateOut, error) {
	c, err := h.Cases.ByReference(ctx, org.ClientOf(ctx), in.Reference)
	if err != nil {
		return nil, err
	}
	b := stateBody{Reference: c.Reference, Service: c.Service, State: string(c.State), Due: c.Due.String(), Submitted: c.Submitted}
	if c.State.WithOfficer() {
		b.Step = c.StepName
	}
	if !c.Ended.IsZero() {
		b.Ended = &c.Ended
	}
	return &stateOut{Body: b}, nil
}
