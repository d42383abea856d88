package web

import (
	"errors"
	"net/http"

	"causeway/modules/identity"
	"causeway/modules/payment"
	"causeway/platform/httpx"
	"causeway/platform/lang"
	"causeway/platform/view"
)

// orderPage is what order.html shows.
type orderPage struct {
	Order payment.Order
	Payee lang.Text
	Down  bool // the provider did not answer
}

func (h handler) order(w http.ResponseWriter, r *http.Request) error {
	o, err := h.Payments.Order(r.Context(), identity.CallerOf(r.Context()), r.PathValue("order"))
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, o, false)
}

func (h handler) show(w http.ResponseWriter, r *http.Request, status int, o payment.Order, down bool) error {
	name, err := h.Departments.Name(r.Context(), o.Payee)
	if err != nil {
		return err
	}
	return h.Views.Render(w, r, status, "payment/order", orderPage{Order: o, Payee: name, Down: down})
}

// pay leads to the provider's page.
func (h handler) pay(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("order")
	by := identity.CallerOf(ctx)
	to, err := h.Payments.Pay(ctx, by, id, view.LangOf(ctx))
	switch {
	case errors.Is(err, payment.ErrDown):
		o, err := h.Payments.Order(ctx, by, id)
		if err != nil {
			return err
		}
		return h.show(w, r, httpx.Status(payment.ErrDown), o, true)
	case errors.Is(err, payment.ErrSettled), errors.Is(err, payment.ErrClosed): // from another window: show how it stands
		to = "/payments/" + id
	case err != nil:
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// back is where the provider's page leads to, and "check again".
func (h handler) back(w http.ResponseWriter, r *http.Request) error {
	o, err := h.Payments.Check(r.Context(), identity.CallerOf(r.Context()), r.PathValue("order"))
	if err != nil {
		return err
	}
	to := "/payments/" + o.ID
	if o.State == payment.Paid && o.Return != "" {
		to = o.Return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// receiptPage is what receipt.html shows.
type receiptPage struct {
	Order payment.Order
	Payee lang.Text
}

func (h handler) receipt(w http.ResponseWriter, r *http.Request) error {
	o, err := h.Payments.Order(r.Context(), identity.CallerOf(r.Context()), r.PathValue("order"))
	if err != nil {
		return err
	}
	if !o.WasPaid() {
		return payment.ErrNoReceipt
	}
	name, err := h.Departments.Name(r.Context(), o.Payee)
	if err != nil {
		return err
	}
	return h.Views.Render(w, r, http.StatusOK, "payment/receipt", receiptPage{Order: o, Payee: name})
}
