package app

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"net/http"

	"causeway/demo/site"
	activityweb "causeway/modules/activity/web"
	caseworkweb "causeway/modules/casework/web"
	catalogueweb "causeway/modules/catalogue/web"
	consentweb "causeway/modules/consent/web"
	credentialweb "causeway/modules/credential/web"
	documentweb "causeway/modules/document/web"
	exchangeweb "causeway/modules/exchange/web"
	homeweb "causeway/modules/home/web"
	"causeway/modules/identity"
	identityweb "causeway/modules/identity/web"
	noticeweb "causeway/modules/notice/web"
	openidweb "causeway/modules/openid/web"
	orgweb "causeway/modules/org/web"
	paymentweb "causeway/modules/payment/web"
	"causeway/platform/fault"
	"causeway/platform/httpx"
	"causeway/platform/keys"
	"causeway/platform/view"
)

// gatewaySigner names the key that signs answers to departments' software.
const gatewaySigner = "gateway"

// views returns the templates and texts of every module.
func (w *world) views() []view.Source {
	all := []view.Source{
		identityweb.Source(), homeweb.Source(), orgweb.Source(), consentweb.Source(), exchangeweb.Source(), catalogueweb.Source(), caseworkweb.Source(), paymentweb.Source(),
		credentialweb.Source(), documentweb.Source(), noticeweb.Source(), activityweb.Source(), openidweb.Source(),
	}
	if w.demo {
		all = append(all, site.Source())
	}
	return all
}

// wirePages mounts every route, in the order of the resident's way.
func (w *world) wirePages(ctx context.Context) error {
	var err error
	if w.view, err = view.New(view.Options{Shell: newShell(w).of, Zone: w.zone}, w.views()...); err != nil {
		return err
	}
	w.mux = httpx.New(httpx.Options{
		Fail: w.fail, FormAction: w.formAction(), TLS: w.tls(), Now: w.now, Observe: w.observe, Title: "Causeway", Version: "1",
		Guards: map[httpx.Access]func(http.Handler) http.Handler{
			httpx.Resident: w.resident,
			httpx.Officer: func(next http.Handler) http.Handler {
				return w.resident(orgweb.OfficerGuard(w.org, w.failed)(next))
			},
			httpx.System: orgweb.ClientGuard(orgweb.ClientOptions{Software: w.org, Now: w.now, Scheme: w.scheme(), Key: w.answerKey}),
			httpx.Demo:   func(next http.Handler) http.Handler { return next },
		},
	})
	w.pages = identityweb.New(identityweb.Options{Service: w.identity, View: w.view, Origin: w.origin, Now: w.now, Address: w.address, Instead: w.personas()})
	w.mountBasics()
	w.pages.Mount(w.mux)
	homeweb.Mount(w.mux, homeweb.Deps{Service: newHome(w), Views: w.view, Demo: w.demo})
	orgweb.Mount(w.mux, orgweb.Deps{Orgs: w.org, Views: w.view, Now: w.now, Consoles: w.consoles, Roles: w.roles, RoleName: w.roleName, Endings: w.endings, Keys: w.answerKeys})
	catalogueweb.Mount(w.mux, catalogueweb.Deps{
		Services: w.catalogue, Departments: w.org, Classes: catalogueClasses{w}, Purposes: purposes{w}, Views: w.view,
		SignedIn: func(ctx context.Context) bool { return identity.CallerOf(ctx).Known() },
	})
	consentweb.Mount(w.mux, consentweb.Deps{Consents: w.consent, Views: w.view, Now: w.now})
	exchangeweb.Mount(w.mux, exchangeweb.Deps{Exchange: w.exchange, Departments: w.org, Views: w.view, Now: w.now})
	caseworkweb.Mount(w.mux, caseworkweb.Deps{Cases: w.casework, Views: w.view, Purpose: w.consent.Purpose, Role: w.roleName})
	paymentweb.Mount(w.mux, paymentweb.Deps{Payments: w.payment, Departments: departmentNames{w.org}, Callbacks: w.callbacks, Views: w.view})
	credentialweb.Mount(w.mux, credentialweb.Deps{Service: w.credential, Departments: w.org, Issuer: w.licenceFormat(), View: w.view, Say: w.licenceSays, Origin: w.origin})
	documentweb.Mount(w.mux, w.document)
	noticeweb.Mount(w.mux, noticeweb.Deps{Service: w.notice, Views: w.view})
	w.mountOpenID()
	w.describe()
	activityweb.Mount(w.mux, activityweb.Deps{Activity: w.activity, Names: names{w, exchangeweb.Names{Exchange: w.exchange, Views: w.view}}, Log: w.log, Views: w.view})
	if w.demo {
		site.Mount(w.mux, site.Deps{City: w.hood.city, Sessions: w.identity, Neighbours: w.hood, View: w.view, Start: identityweb.Start, Renewable: w.hood.renewable, Shop: func() string { return w.hood.shop.Origin }})
	}
	return nil
}

// personas is where the demo signs people in without a passkey, "" for nowhere.
func (w *world) personas() string {
	if w.demo {
		return "/demo"
	}
	return ""
}

func (w *world) formAction() []string {
	if w.payOrigin == "" {
		return nil
	}
	return []string{w.payOrigin}
}

func (w *world) scheme() string {
	if w.tls() {
		return "https"
	}
	return "http"
}

// answerKey is the key that signs answers to departments' software.
func (w *world) answerKey(ctx context.Context) (string, crypto.Signer, error) {
	s, err := w.ring.Signer(ctx, gatewaySigner, keys.Ed25519)
	if err != nil {
		return "", nil, err
	}
	return s.KID, s.Private(), nil
}

func (w *world) answerKeys(ctx context.Context) ([]byte, error) {
	if _, err := w.ring.Signer(ctx, gatewaySigner, keys.Ed25519); err != nil {
		return nil, err
	}
	publics, err := w.ring.Verifiers(ctx, gatewaySigner)
	if err != nil {
		return nil, err
	}
	return json.Marshal(keys.JWKS(publics))
}

// resident lets through who is signed in; others sign in first and come back.
func (w *world) resident(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if identity.CallerOf(r.Context()).Known() {
			next.ServeHTTP(rw, r)
			return
		}
		to := "/sign-in"
		if r.Method == http.MethodGet {
			to = signInFor(r)
		}
		http.Redirect(rw, r, to, http.StatusSeeOther)
	})
}

// fail answers with the page for a failure. Who is not signed in is asked to.
func (w *world) fail(rw http.ResponseWriter, r *http.Request, err error) {
	status := httpx.Status(err)
	if status == http.StatusUnauthorized && r.Method == http.MethodGet {
		http.Redirect(rw, r, signInFor(r), http.StatusSeeOther)
		return
	}
	var code string
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind != fault.Internal {
		code = f.Code
	}
	if err := w.view.Fault(rw, r, status, code); err != nil {
		w.parts.log.ErrorContext(r.Context(), "cannot draw the failure", "err", err)
	}
}

// failed is for guards, which stand before the mux's own logging.
func (w *world) failed(rw http.ResponseWriter, r *http.Request, err error) { w.mux.Fail(rw, r, err) }
