package web

import (
	"testing"
	"time"

	"causeway/modules/payment"
	"causeway/platform/lang"
	"causeway/platform/money"
	"causeway/platform/view/viewtest"
)

func TestPages(t *testing.T) {
	t.Parallel()
	payee := lang.Text{En: "Transport Department", Hant: "運輸署", Hans: "运输署"}
	base := payment.Order{
		ID: "0199", Description: lang.Text{En: "Driving licence renewal", Hant: "續領駕駛執照", Hans: "驾驶执照续领"},
		Amount: money.Amount{Minor: 90000, Currency: "HKD"}, Return: "/cases/1", Opened: time.Unix(1790000000, 0).UTC(),
	}
	var orders, receipts []any
	var list []payment.Order
	for _, s := range []payment.State{payment.Open, payment.Pending, payment.Paid, payment.Failed, payment.Abandoned, payment.Refunding, payment.Refunded} {
		o := base
		o.State = s
		if !o.Payable() {
			o.PaidBy, o.Settled, o.Refunded = 1, o.Opened, o.Opened
			receipts = append(receipts, receiptPage{Order: o, Payee: payee})
		}
		orders = append(orders, orderPage{Order: o, Payee: payee}, orderPage{Order: o, Payee: payee, Down: true})
		list = append(list, o)
	}
	closed := base
	closed.State, closed.Closed = payment.Abandoned, true
	orders = append(orders, orderPage{Order: closed, Payee: payee})
	viewtest.Check(t, Source(), map[string]any{
		"payment/order":   orders,
		"payment/receipt": receipts,
		"payment/list":    []any{listPage{First: true}, listPage{First: true, ToPay: list, Past: append(list, closed), Next: "/payments?before=1"}, listPage{}},
	})
}

func TestTexts(t *testing.T) {
	t.Parallel()
	viewtest.CheckTexts(t, Source(), []string{".."})
}
