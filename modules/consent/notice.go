package consent

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"causeway/modules/org"
	"causeway/platform/lang"
)

// A Notice is what a consent question, a grant or a receipt says, in words: who
// asks, for which facts, held by whom, why, how long, and what if not. Every
// page that asks for consent or shows one renders it.
type Notice struct {
	Recipient org.Department // who asks
	Service   lang.Text      // for what
	Sources   []NoticeSource // in the order of the request
	Until     time.Time      // until when the facts may be fetched
	Keep      Period         // how long they are kept after the case ended; zero: not said
	ByHand    bool           // some of the facts may be typed instead
	Asking    bool           // nothing is agreed yet: say what refusing leads to
}

// A NoticeSource is one department that holds facts.
type NoticeSource struct {
	Department org.Department
	Items      []NoticeItem
}

// A NoticeItem is the facts of one class for one purpose.
type NoticeItem struct {
	Class     string // the class's id
	Label     lang.Text
	Fields    []NoticeField
	Purpose   lang.Text
	Otherwise string // ByHand, OnPaper or AtCounter
}

// A NoticeField is one fact.
type NoticeField struct {
	Name  string
	Label lang.Text
}

// A Period is a span of the calendar (ISO 8601).
type Period struct{ Years, Months, Days int }

// IsZero reports whether p is no time at all.
func (p Period) IsZero() bool { return p == Period{} }

// ParsePeriod reads P2Y, P18M, P90D and their combinations; "" is the zero
// Period.
func ParsePeriod(s string) (Period, error) {
	var p Period
	if s == "" {
		return p, nil
	}
	m := periodRx.FindStringSubmatch(s)
	if m == nil || s == "P" {
		return p, ErrRequest
	}
	for i, to := range []*int{&p.Years, &p.Months, &p.Days} {
		if m[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(m[i+1][:len(m[i+1])-1])
		if err != nil {
			return p, ErrRequest
		}
		*to = n
	}
	return p, nil
}

// Notice says in words what r asks for. It returns ErrRequest if r names what
// does not exist.
func (s *Service) Notice(ctx context.Context, r Request) (Notice, error) {
	r.Items = whole(r.Items)
	for _, it := range r.Items {
		if err := s.checkItem(ctx, it); err != nil {
			return Notice{}, err
		}
	}
	n, err := s.notice(ctx, r.Recipient, r.Service, r.Items, r.Keep, s.now().Add(r.For))
	n.Asking = true
	return n, err
}

// Words says in words what g allows. What has been renamed since shows its new
// name; what has been abolished, its id.
func (s *Service) Words(ctx context.Context, g Grant) (Notice, error) {
	return s.notice(ctx, g.Recipient, g.Service, g.Items, g.Keep, g.Until)
}

// ReceiptWords says in words what a receipt says.
func (s *Service) ReceiptWords(ctx context.Context, r Receipt) (Notice, error) {
	return s.notice(ctx, r.Recipient, r.Service, r.Items, r.Keep, r.Until)
}

func (s *Service) notice(ctx context.Context, recipient org.ID, service string, items []Item, keep string, until time.Time) (Notice, error) {
	n := Notice{Until: until}
	var err error
	if n.Recipient, err = s.department(ctx, recipient); err != nil {
		return n, err
	}
	if n.Keep, err = ParsePeriod(keep); err != nil {
		return n, err
	}
	n.Service = s.ServiceName(ctx, service)
	place := map[org.ID]int{}
	for _, it := range items {
		i, ok := place[it.Source]
		if !ok {
			d, err := s.department(ctx, it.Source)
			if err != nil {
				return n, err
			}
			i = len(n.Sources)
			place[it.Source] = i
			n.Sources = append(n.Sources, NoticeSource{Department: d})
		}
		n.Sources[i].Items = append(n.Sources[i].Items, s.noticeItem(it))
		n.ByHand = n.ByHand || it.Otherwise == ByHand
	}
	return n, nil
}

func (s *Service) noticeItem(it Item) NoticeItem {
	label, ok := s.d.Labels.Class(it.Class)
	if !ok {
		label.Label = same(it.Class)
	}
	p, ok := s.Purpose(it.Purpose)
	if !ok {
		p.Label = same(it.Purpose)
	}
	n := NoticeItem{Class: it.Class, Label: label.Label, Purpose: p.Label, Otherwise: it.Otherwise}
	for _, f := range it.Fields {
		text, ok := label.Fields[f]
		if !ok {
			text = same(f)
		}
		n.Fields = append(n.Fields, NoticeField{Name: f, Label: text})
	}
	return n
}

// ServiceName returns what people call a service, its id if there is none.
func (s *Service) ServiceName(ctx context.Context, id string) lang.Text {
	if t, ok := s.d.Labels.Service(ctx, id); ok {
		return t
	}
	return same(id)
}

// department returns the department, or one that has nothing but its id.
func (s *Service) department(ctx context.Context, id org.ID) (org.Department, error) {
	d, err := s.d.Orgs.Department(ctx, id)
	if errors.Is(err, org.ErrNoDepartment) {
		return org.Department{ID: id, Name: same(string(id))}, nil
	}
	if err != nil {
		return d, fmt.Errorf("department %s: %w", id, err)
	}
	return d, nil
}

func same(s string) lang.Text { return lang.Text{En: s, Hant: s, Hans: s} }
