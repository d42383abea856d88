package web

import (
	"net/http"

	"causeway/modules/identity"
	"causeway/modules/payment"
)

// listPage is what list.html shows.
type listPage struct {
	ToPay []payment.Order
	Past  []payment.Order
	Next  string // the address of the next page of Past, or ""
	First bool   // the first page, which alone has ToPay
}

func (h handler) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	by, before := identity.CallerOf(ctx), r.URL.Query().Get("before")
	if len(before) > 64 {
		before = ""
	}
	orders, more, err := h.Payments.List(ctx, by, before)
	if err != nil {
		return err
	}
	page := listPage{First: before == ""}
	for _, o := range orders {
		if !o.Payable() {
			page.Past = append(page.Past, o)
		}
	}
	if more {
		page.Next = "/payments?before=" + orders[len(orders)-1].ID
	}
	if page.First {
		if page.ToPay, err = h.Payments.ToPay(ctx, by); err != nil {
			return err
		}
	}
	return h.Views.Render(w, r, http.StatusOK, "payment/list", page)
}
