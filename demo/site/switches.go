package site

import (
	"net/http"
	"slices"
	"strconv"

	"causeway/demo/payprovider"
	"causeway/demo/registry"
)

type switchesPage struct {
	Sources   []registry.Setting
	Payments  payprovider.Modes
	Modes     []string
	Callbacks []string
}

func (h handler) switches(w http.ResponseWriter, r *http.Request) error {
	sources, err := h.Neighbours.Sources(r.Context())
	if err != nil {
		return err
	}
	pay, err := h.Neighbours.Payments(r.Context())
	if err != nil {
		return err
	}
	return h.View.Render(w, r, http.StatusOK, "demo/switches", switchesPage{sources, pay, modes(), callbacks()})
}

func modes() []string {
	return []string{payprovider.ModeFine, payprovider.ModeSlow, payprovider.ModeDown}
}

func callbacks() []string {
	return []string{
		payprovider.CallbacksNormal, payprovider.CallbacksLate, payprovider.CallbacksTwice,
		payprovider.CallbacksOutOfOrder, payprovider.CallbacksNever,
	}
}

func (h handler) setSource(w http.ResponseWriter, r *http.Request) error {
	sources, err := h.Neighbours.Sources(r.Context())
	if err != nil {
		return err
	}
	s := registry.Setting{Source: r.PathValue("source"), Mode: r.PostFormValue("mode")}
	i := slices.IndexFunc(sources, func(x registry.Setting) bool { return x.Source == s.Source })
	if i < 0 {
		return ErrNobody
	}
	if !slices.Contains(sources[i].Modes, s.Mode) {
		return ErrSwitch
	}
	if s.Mode == registry.Slow {
		s.SlowMS = 1800
	}
	if err := h.Neighbours.SetSource(r.Context(), s); err != nil {
		return err
	}
	http.Redirect(w, r, "/demo/switches", http.StatusSeeOther)
	return nil
}

func (h handler) setPayments(w http.ResponseWriter, r *http.Request) error {
	fails, err := strconv.Atoi(r.PostFormValue("fail_refunds"))
	m := payprovider.Modes{Mode: r.PostFormValue("mode"), Callbacks: r.PostFormValue("callbacks"), FailRefunds: fails}
	if err != nil || fails < 0 || fails > 20 || !slices.Contains(modes(), m.Mode) || !slices.Contains(callbacks(), m.Callbacks) {
		return ErrSwitch
	}
	if err := h.Neighbours.SetPayments(r.Context(), m); err != nil {
		return err
	}
	http.Redirect(w, r, "/demo/switches", http.StatusSeeOther)
	return nil
}
