// Package web serves org over HTTP: the guards of officers' pages and of
// departments' software, the list of a person's departments, the pages on which
// a department looks after its officers and software, and what software may ask
// about itself.
package web

import (
	"context"
	"crypto/ed25519"
	"embed"
	"net/http"
	"time"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/day"
	"causeway/platform/httpx"
	"causeway/platform/lang"
	"causeway/platform/view"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed texts.yaml
var texts []byte

// Source returns the pages and texts of this module.
func Source() view.Source { return view.NewSource("org", templates, texts) }

// Orgs is what these pages need of org.
type Orgs interface {
	Department(ctx context.Context, id org.ID) (org.Department, error)
	Subject(ctx context.Context, id org.ID, p identity.PersonID) string
	Offices(ctx context.Context, by identity.Caller) ([]org.Officer, error)
	Officers(ctx context.Context, by org.Officer) ([]org.Officer, error)
	AddOfficer(ctx context.Context, by org.Officer, n identity.HKID, roles []string) (org.Officer, error)
	SetRoles(ctx context.Context, by org.Officer, p identity.PersonID, roles []string) error
	RemoveOfficer(ctx context.Context, by org.Officer, p identity.PersonID) error
	Software(ctx context.Context, by org.Officer) ([]org.Software, error)
	Register(ctx context.Context, by org.Officer, name string, key ed25519.PublicKey) (org.Software, error)
	Rotate(ctx context.Context, by org.Officer, client string, key ed25519.PublicKey, overlap time.Duration) (org.ClientKey, error)
	RevokeKey(ctx context.Context, by org.Officer, client, key string) error
	RevokeClient(ctx context.Context, by org.Officer, client string) error
}

// A Console is a page on which officers work.
type Console struct {
	Text  string // the key of what it is called
	Path  string
	Count int // how much waits there; 0 is not shown
}

// An Ending is a calendar of public holidays that ends soon: from then on, no
// deadline of the services that count by it can be told.
type Ending struct {
	Calendar string // the name of its file
	Last     day.Date
	Over     bool
	Services []lang.Text
}

// Deps is what the routes need.
type Deps struct {
	Orgs  Orgs
	Views *view.Set
	Now   func() time.Time
	// Consoles lists where the officer may work, in order.
	Consoles func(ctx context.Context, o org.Officer) []Console
	// Roles lists the roles that the department's services name; nil: none.
	Roles func(ctx context.Context, d org.ID) []string
	// RoleName tells what a role is called that has no text of ours; nil: nothing.
	RoleName func(ctx context.Context, role string) (lang.Text, bool)
	// Endings tells the administrators of a department of calendars that its
	// services count by and that end soon; nil: none do.
	Endings func(ctx context.Context, d org.ID) ([]Ending, error)
	// Keys returns the public keys by which this program signs its answers to
	// software, as a JWK set; nil: it does not sign them.
	Keys func(ctx context.Context) ([]byte, error)
}

type handler struct{ Deps }

// Mount registers the routes.
func Mount(m *httpx.Mux, d Deps) {
	h := handler{d}
	m.Page("GET /work", httpx.Resident, h.work)
	m.Page("GET /work/{department}", httpx.Officer, h.office)

	const at = "/work/{department}/organisation"
	m.Page("GET "+at, httpx.Officer, h.organisation)
	m.Page("GET "+at+"/officers/new", httpx.Officer, h.newOfficer)
	m.Page("POST "+at+"/officers/new", httpx.Officer, h.addOfficer)
	m.Page("GET "+at+"/officers/{officer}", httpx.Officer, h.officer)
	m.Page("POST "+at+"/officers/{officer}/roles", httpx.Officer, h.setRoles)
	m.Page("POST "+at+"/officers/{officer}/remove", httpx.Officer, h.removeOfficer)
	m.Page("GET "+at+"/clients/new", httpx.Officer, h.newClient)
	m.Page("POST "+at+"/clients/new", httpx.Officer, h.register)
	m.Page("GET "+at+"/clients/{client}", httpx.Officer, h.client)
	m.Page("POST "+at+"/clients/{client}/keys", httpx.Officer, h.addKey)
	m.Page("POST "+at+"/clients/{client}/keys/{key}/revoke", httpx.Officer, h.revokeKey)
	m.Page("POST "+at+"/clients/{client}/revoke", httpx.Officer, h.revokeClient)

	h.mountJSON(m)
}

// back redirects to a page of the department's organisation.
func back(w http.ResponseWriter, r *http.Request, rest string) error {
	http.Redirect(w, r, "/work/"+r.PathValue("department")+"/organisation"+rest, http.StatusSeeOther)
	return nil
}
