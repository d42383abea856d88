package web

import (
	"testing"
	"time"

	"causeway/modules/org"
	"causeway/platform/lang"
	"causeway/platform/view"
	"causeway/platform/view/viewtest"
)

func TestPages(t *testing.T) {
	t.Parallel()
	at := time.Unix(1790000000, 0).UTC()
	d := org.Department{ID: "transport-department", Name: lang.Text{En: "Transport Department", Hant: "運輸署", Hans: "运输署"}}
	roles := []role{{Slug: org.DepartmentAdmin, Text: "org.role.department-admin"}, {Slug: "head-of-addresses"}}
	line := officerLine{ID: "s", Name: "Chan Tai Man", Roles: roles, Self: true}
	choices := []roleChoice{{roles[0], true}, {roles[1], false}}
	problems := view.Problems{{Field: "number", Key: "fault.org.nobody"}, {Field: "roles", Key: "fault.org.roles"}, {Field: "key", Key: "fault.org.key"}}
	keys := []keyLine{
		{org.ClientKey{ID: "k3", Added: at}, true}, {org.ClientKey{ID: "k2", Added: at, Until: at}, true}, {org.ClientKey{ID: "k1", Added: at, Revoked: at}, false},
	}
	viewtest.Check(t, Source(), map[string]any{
		"org/work": []any{
			workPage{}, workPage{Offices: []office{{Department: d, Roles: roles}, {Department: d, Roles: roles, Consoles: []Console{{"org.work.title", "/x", 3}}, Admin: true}}},
			workPage{Offices: []office{{Department: d, Admin: true}}, One: true},
		},
		"org/organisation": []any{
			organisationPage{Department: d, Officers: []officerLine{line}},
			organisationPage{Department: d, Officers: []officerLine{line}, Clients: []clientLine{{"1", "A", 1, time.Time{}}, {"2", "B", 0, time.Time{}}, {"3", "C", 0, at}}},
		},
		"org/officer-new": []any{officerPage{Department: d.ID, Roles: choices}, officerPage{Department: d.ID, Number: "x", Roles: choices, Other: "y", Problems: problems}},
		"org/officer":     []any{officerPage{Department: d.ID, Officer: line, Roles: choices}, officerPage{Department: d.ID, Officer: line, Roles: choices, Problems: problems}},
		"org/client-new":  []any{clientNewPage{Department: d.ID}, clientNewPage{Department: d.ID, Name: "x", Key: "y", Problems: problems}},
		"org/client": []any{
			clientPage{Department: d.ID, Client: org.Software{ID: "c", Name: "A"}, Keys: keys, Overlap: "7"},
			clientPage{Department: d.ID, Client: org.Software{ID: "c", Name: "A", Revoked: at}, Keys: keys[2:], Problems: problems},
		},
	})
}

func TestTexts(t *testing.T) {
	t.Parallel()
	viewtest.CheckTexts(t, Source(), []string{".."})
}
