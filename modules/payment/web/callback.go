package web

import (
	"errors"
	"io"
	"log/slog"
	"net/http"

	"causeway/platform/httpx"
)

// maxCallback is the longest callback that is read.
const maxCallback = 16 << 10

// callback takes what a provider tells. The answers are for a machine: 204 when
// it is kept (or was before), 4xx for what no repetition cures, 5xx for what
// should come again.
func (h handler) callback(w http.ResponseWriter, r *http.Request) {
	provider, ok := h.Callbacks[r.PathValue("provider")]
	if !ok {
		http.Error(w, "no such provider", http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallback))
	if err != nil {
		code := http.StatusBadRequest
		if _, long := errors.AsType[*http.MaxBytesError](err); long {
			code = http.StatusRequestEntityTooLarge
		}
		http.Error(w, http.StatusText(code), code)
		return
	}
	e, err := provider.Event(r.Header, body)
	if err == nil {
		err = h.Payments.Settle(r.Context(), e)
	}
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	code := httpx.Status(err)
	if code == http.StatusInternalServerError {
		slog.ErrorContext(r.Context(), "callback failed", "event", e.ID, "err", err)
	} else {
		slog.WarnContext(r.Context(), "callback refused", "status", code, "err", err)
	}
	http.Error(w, http.StatusText(code), code)
}
