package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"causeway/modules/consent"
	"causeway/platform/httpx"
	"causeway/platform/lang"
	"causeway/platform/view"
)

type verifyPage struct {
	Text     string
	Genuine  *consent.Receipt
	Words    consent.Notice
	Expired  bool
	Problems view.Problems
}

// check asks for a receipt.
func (h handler) check(w http.ResponseWriter, r *http.Request) error {
	return h.Views.Render(w, r, http.StatusOK, "consent/verify", verifyPage{})
}

// checked says whether a receipt is genuine, and what it says.
func (h handler) checked(w http.ResponseWriter, r *http.Request) error {
	p := verifyPage{Text: strings.Join(strings.Fields(r.PostFormValue("receipt")), "")}
	rec, err := h.Consents.Verify(r.Context(), p.Text)
	if errors.Is(err, consent.ErrReceipt) {
		p.Problems.Add("receipt", "fault.consent.receipt", nil)
		return h.Views.Render(w, r, http.StatusUnprocessableEntity, "consent/verify", p)
	}
	if err != nil {
		return err
	}
	if p.Words, err = h.Consents.ReceiptWords(r.Context(), rec); err != nil {
		return err
	}
	p.Genuine, p.Expired = &rec, !h.Now().Before(rec.Until)
	return h.Views.Render(w, r, http.StatusOK, "consent/verify", p)
}

// keys serves the public keys of receipts.
func (h handler) keys(w http.ResponseWriter, r *http.Request) error {
	set, err := h.Consents.Published(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(set) // the client has gone
	return nil
}

type purposeOut struct {
	ID    string    `json:"id" doc:"What requests and receipts name"`
	DPV   string    `json:"dpv" format:"uri" doc:"The term of the W3C Data Privacy Vocabulary"`
	Label lang.Text `json:"label" doc:"What people read"`
}

type purposesOut struct {
	Body struct {
		Purposes []purposeOut `json:"purposes"`
	}
}

func (h handler) mountJSON(m *httpx.Mux) {
	httpx.Handle(m, httpx.Public, huma.Operation{
		OperationID: "consent-purposes", Method: http.MethodGet, Path: "/api/v1/consent-purposes", Tags: []string{"consent"},
		Summary: "The purposes for which consent may be asked",
	}, func(context.Context, *struct{}) (*purposesOut, error) {
		var out purposesOut
		for _, p := range h.Consents.Purposes() {
			out.Body.Purposes = append(out.Body.Purposes, purposeOut{p.ID, p.DPV, p.Label})
		}
		return &out, nil
	})
}
