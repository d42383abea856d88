package app

import (
	"context"

	"causeway/modules/casework"
	"causeway/modules/credential"
	"causeway/modules/home"
	"causeway/modules/identity"
	"causeway/modules/notice"
	"causeway/modules/service"
	"causeway/platform/day"
	"causeway/platform/lang"
)

const (
	soonDays     = 120 // a licence that ends within them is near its end
	homeMessages = 3
	homeCases    = 5
)

// newHome gathers the front page from the modules that have something for it.
func newHome(w *world) *home.Service {
	return home.New(
		home.Source{Provider: casesCards{w}, Sections: []home.Section{home.ToDo, home.Cases}},
		home.Source{Provider: paymentCards{w}, Sections: []home.Section{home.ToDo}},
		home.Source{Provider: licenceCards{w}, Sections: []home.Section{home.Licences, home.Services}},
		home.Source{Provider: messageCards{w}, Sections: []home.Section{home.Messages}},
	)
}

type casesCards struct{ w *world }

func (p casesCards) Cards(ctx context.Context, c identity.Caller) ([]home.Card, error) {
	list, err := p.w.casework.Recent(ctx, c)
	if err != nil {
		return nil, err
	}
	var cards []home.Card
	shown := 0
	for _, x := range list {
		card := home.Card{Section: home.Cases, Title: x.Title, Link: "/cases/" + string(x.ID), Reference: x.Reference, At: x.Changed}
		switch x.State {
		case casework.Draft:
			card.Section, card.Status = home.ToDo, home.Continue
		case casework.MoreInformation:
			card.Section, card.Status = home.ToDo, home.Answer
		case casework.ToPay, casework.Ineligible, casework.Expired:
			continue // the first is a payment; the others are over and in the list of applications
		case casework.Deciding:
			card.Status = home.Deciding
		case casework.Approved:
			card.Status = home.Approved
		case casework.Done:
			card.Status = home.Done
		case casework.Refused:
			card.Status = home.Refused
		case casework.Refusing, casework.Withdrawing:
			card.Status = home.Undoing
		case casework.Withdrawn:
			card.Status = home.Withdrawn
		}
		if card.Section == home.Cases {
			if shown == homeCases {
				continue
			}
			shown++
		}
		cards = append(cards, card)
	}
	return cards, nil
}

type paymentCards struct{ w *world }

func (p paymentCards) Cards(ctx context.Context, c identity.Caller) ([]home.Card, error) {
	orders, err := p.w.payment.ToPay(ctx, c)
	if err != nil {
		return nil, err
	}
	cards := make([]home.Card, 0, len(orders))
	for _, o := range orders {
		cards = append(cards, home.Card{Section: home.ToDo, Status: home.Pay, Title: o.Description, Link: "/payments/" + o.ID, Amount: o.Amount, At: o.Opened})
	}
	return cards, nil
}

type licenceCards struct{ w *world }

func (p licenceCards) Cards(ctx context.Context, c identity.Caller) ([]home.Card, error) {
	list, err := p.w.credential.ByPerson(ctx, c)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	today := p.w.credential.Today()
	var cards []home.Card
	newest := map[string]credential.Licence{}
	for _, l := range list {
		card := home.Card{Section: home.Licences, Title: l.Label, Link: "/licences/" + l.ID, Day: l.Until, At: l.Issued}
		switch l.On(today) {
		case credential.Revoked:
			card.Status = home.Revoked
		case credential.Expired:
			card.Status = home.Ended
		case credential.Valid, credential.Future:
			card.Status = home.Valid
			if l.Until.Sub(today) <= soonDays {
				card.Status = home.Soon
			}
		}
		cards = append(cards, card)
		if old, ok := newest[l.Type]; card.Status != home.Revoked && (!ok || l.Until.After(old.Until)) {
			newest[l.Type] = l
		}
	}
	services, err := p.relevant(ctx, newest, today)
	return append(cards, services...), err
}

// relevant returns the services that issue licences of the types that somebody
// holds: possible from the day on which the service reminds of the end.
func (p licenceCards) relevant(ctx context.Context, held map[string]credential.Licence, today day.Date) ([]home.Card, error) {
	services, err := p.w.catalogue.List(ctx)
	if err != nil {
		return nil, err
	}
	var cards []home.Card
	for _, s := range services {
		for _, e := range s.Definition.Effects {
			l, ok := held[e.Type]
			if e.Kind != service.Credential || !ok {
				continue
			}
			from := l.Until
			if s.Definition.Reminder != nil {
				from = s.Definition.Reminder.Before.Before(l.Until)
			}
			card := home.Card{Section: home.Services, Status: home.From, Title: s.Definition.Title, Link: "/services/" + s.Definition.ID, Day: from}
			if !today.Before(from) {
				card.Status = home.Today
			}
			cards = append(cards, card)
		}
	}
	return cards, nil
}

type messageCards struct{ w *world }

func (p messageCards) Cards(ctx context.Context, c identity.Caller) ([]home.Card, error) {
	list, err := p.w.notice.Latest(ctx, c, homeMessages)
	if err != nil {
		return nil, err
	}
	cards := make([]home.Card, 0, len(list))
	for _, m := range list {
		card := home.Card{Section: home.Messages, Status: home.Read, Title: p.subject(m), Link: "/messages/" + m.ID, At: m.Sent}
		if m.Unread() {
			card.Status = home.Unread
		}
		cards = append(cards, card)
	}
	return cards, nil
}

func (p messageCards) subject(m notice.Received) lang.Text {
	s := p.w.notice.Subject
	return lang.Text{En: s(lang.English, m), Hant: s(lang.Hant, m), Hans: s(lang.Hans, m)}
}
