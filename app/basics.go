package app

import (
	"context"
	"net/http"

	"causeway/modules/credential"
	exchangeweb "causeway/modules/exchange/web"
	"causeway/modules/org"
	orgweb "causeway/modules/org/web"
	"causeway/platform/httpx"
	"causeway/platform/lang"
)

// mountBasics mounts what belongs to no module.
func (w *world) mountBasics() {
	w.mux.Handle("GET /static/{file...}", httpx.Public, w.view.Static())
	w.mux.Handle("GET /healthz", httpx.Public, http.HandlerFunc(alive))
	w.mux.Handle("GET /readyz", httpx.Public, http.HandlerFunc(w.readyz))
}

// alive says that the process answers.
func alive(rw http.ResponseWriter, _ *http.Request) {
	_, _ = rw.Write([]byte("ok\n")) // the other side may leave
}

// readyz says whether requests can be served.
func (w *world) readyz(rw http.ResponseWriter, r *http.Request) {
	if err := w.db.Ping(r.Context()); err != nil {
		http.Error(rw, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	_, _ = rw.Write([]byte("ready\n")) // the other side may leave
}

// consoles lists where an officer may work.
func (w *world) consoles(_ context.Context, o org.Officer) []orgweb.Console {
	base := "/work/" + string(o.Department)
	var all []orgweb.Console
	add := func(text, path string, ok bool) {
		if ok {
			all = append(all, orgweb.Console{Text: text, Path: base + path})
		}
	}
	add("casework.queue.title", "/cases", true)
	add("identity.counter.heading", "/activation", o.Has(clerkRole))
	add("credential.desk.title", "/licences", w.credential.AtDesk(o) == nil)
	add("exchange.inbox.title", "/reports", o.Has("data-steward"))
	add("exchange.sources.title", "/sources", o.Has("data-steward"))
	add("openid.clients.title", "/clients", o.Has(org.DepartmentAdmin))
	add("activity.department.title", "/activity", o.Has(org.DepartmentAdmin))
	return all
}

// roles lists the roles that a department's services name, beside those that
// the program itself knows.
func (w *world) roles(ctx context.Context, d org.ID) []string {
	roles := []string{org.DepartmentAdmin, "data-steward", credential.RoleOfficer, credential.RoleRevoker, clerkRole}
	services, err := w.catalogue.List(ctx)
	if err != nil {
		return roles
	}
	for _, p := range services {
		for _, s := range p.Definition.Steps {
			if org.ID(s.By) == d && s.Role != "" {
				roles = append(roles, s.Role)
			}
		}
	}
	return roles
}

// names tells the activity pages how things are called.
type names struct {
	w        *world
	exchange exchangeweb.Names
}

func (n names) Name(ctx context.Context, kind, id string, detail map[string]string) (lang.Text, bool) {
	if text, ok := n.exchange.Name(ctx, kind, id, detail); ok {
		return text, true
	}
	switch kind {
	case "department", "registry", "recipient", "org":
		d, err := n.w.org.Department(ctx, org.ID(id))
		return d.Name, err == nil
	case "client":
		return n.w.org.OIDCClientName(ctx, id)
	case "service":
		return labels{n.w}.Service(ctx, id)
	case "purpose", "why":
		if p, ok := n.w.consent.Purpose(id); ok {
			return p.Label, true
		}
		if key := "casework.refuse." + id; n.w.view.Has(key) { // an officer's reason
			return n.w.everywhere(key), true
		}
	case "role":
		return n.w.roleName(ctx, id)
	case "type":
		if name, ok := n.w.licenceName(ctx, id); ok {
			return name, true
		}
		if c, ok := n.w.classes.Class(id); ok {
			return c.Label, true
		}
	}
	return lang.Text{}, false
}
