package web

import (
	"net/http"
	"net/url"

	"causeway/modules/casework"
	"causeway/modules/org"
	"causeway/platform/view"
)

// queuePage is what queue.html shows.
type queuePage struct {
	Department org.ID
	Cases      []queueRow
	Roles      []view.Dict // of the filter
	States     []view.Dict
	Role       string
	State      string
	Late, Mine bool
	Next       string
	Filtered   bool
}

type queueRow struct {
	casework.Listed
	State string
	Step  string
	Post  string // the role that decides
	Mine  bool
	Taken bool
}

func (h handler) queue(w http.ResponseWriter, r *http.Request) error {
	o, q := org.OfficerOf(r.Context()), r.URL.Query()
	page := queuePage{
		Department: o.Department, Role: clip(q.Get("role")), State: clip(q.Get("state")),
		Late: q.Get("late") == "yes", Mine: q.Get("mine") == "yes",
	}
	if page.State != string(casework.MoreInformation) && page.State != string(casework.Approved) {
		page.State = string(casework.Deciding)
	}
	want := casework.Queue{State: casework.State(page.State), Late: page.Late, AfterDue: clip(q.Get("due")), After: casework.ID(clip(q.Get("after")))}
	if page.Role != "" {
		want.Roles = []string{page.Role}
	}
	if page.Mine {
		want.Claimed = o.Person
	}
	cases, more, err := h.Cases.Queue(r.Context(), o, want)
	if err != nil {
		return err
	}
	tag := view.LangOf(r.Context())
	for _, c := range cases {
		row := queueRow{
			Listed: c, State: stateKey(c.State), Step: h.step(tag, c.StepName, c.Label, c.With), Mine: c.Claimed == o.Person,
			Taken: c.Claimed != "" && c.Claimed != o.Person,
		}
		if c.Role != "" {
			row.Post = h.post(tag, c.Role, c.Post)
		}
		page.Cases = append(page.Cases, row)
	}
	page.Roles = append(page.Roles, view.Dict{"value": "", "text": h.Views.Text(tag, "casework.work.any-role", nil), "selected": page.Role == ""})
	for _, role := range o.Roles {
		page.Roles = append(page.Roles, view.Dict{"value": role, "text": h.roleText(r.Context(), tag, role), "selected": page.Role == role})
	}
	for _, s := range []casework.State{casework.Deciding, casework.MoreInformation, casework.Approved} {
		page.States = append(page.States, view.Dict{"value": string(s), "text": h.Views.Text(tag, "casework.work.state."+string(s), nil), "selected": page.State == string(s)})
	}
	page.Filtered = page.Role != "" || page.Late || page.Mine || page.State != string(casework.Deciding)
	if more {
		last := cases[len(cases)-1]
		n := url.Values{"due": {casework.SortDay(last.Due)}, "after": {string(last.ID)}}
		for _, k := range []string{"role", "state", "late", "mine"} {
			if v := q.Get(k); v != "" {
				n.Set(k, clip(v))
			}
		}
		page.Next = "/work/" + string(o.Department) + "/cases?" + n.Encode()
	}
	return h.Views.Render(w, r, http.StatusOK, "casework/queue", page)
}

// clip bounds what an address may hold.
func clip(s string) string {
	if len(s) > 64 {
		return ""
	}
	return s
}
