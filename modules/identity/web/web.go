// Package web serves identity's pages: signing in, activation, the person's own
// account and the counter at which codes are issued.
package web

import (
	"embed"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"causeway/modules/identity"
	"causeway/platform/fault"
	"causeway/platform/httpx"
	"causeway/platform/view"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed texts.yaml
var texts []byte

// Source returns the pages and texts of this module.
func Source() view.Source { return view.NewSource("identity", templates, texts) }

// Options are what the pages need; app fills them.
type Options struct {
	Service *identity.Service
	View    *view.Set
	Origin  string // such as https://causeway.example, for the code on a letter
	Now     func() time.Time
	// Address says where a request comes from, to limit its rate. Nil: the other
	// end of the connection, which is wrong behind a proxy.
	Address func(*http.Request) string
	Limits  Limits // zero: the default limits
	// Instead is a page that signs people in without a passkey, as the demo has; ""
	// for none.
	Instead string
}

// Pages serves the pages.
type Pages struct {
	Options
	signIn, activate, account *limiter
	fail                      func(w http.ResponseWriter, r *http.Request, err error)
}

// New returns the pages over o; Mount registers them.
func New(o Options) *Pages {
	if o.Address == nil {
		o.Address = remote
	}
	l := o.Limits.orDefault()
	return &Pages{
		Options: o, signIn: newLimiter(l.SignIn, o.Now), activate: newLimiter(l.Activate, o.Now), account: newLimiter(l.Account, o.Now),
		fail: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		},
	}
}

// Mount registers the routes on m.
func (p *Pages) Mount(m *httpx.Mux) {
	p.fail = m.Fail
	m.Page("GET /sign-in", httpx.Public, p.limit(p.signIn, p.showSignIn))
	m.Page("POST /sign-in", httpx.Public, p.limit(p.signIn, p.doSignIn))
	m.Page("GET /sign-out", httpx.Public, p.showSignOut)
	m.Page("POST /sign-out", httpx.Public, p.doSignOut)
	m.Page("POST /session/extend", httpx.Public, p.extend)

	m.Page("GET /activate", httpx.Public, p.showCode)
	m.Page("POST /activate", httpx.Public, p.limit(p.activate, p.typedCode))
	m.Page("GET /activate/{code}", httpx.Public, p.limit(p.activate, p.scannedCode))
	m.Page("GET /activate/confirm", httpx.Public, p.showConfirm)
	m.Page("POST /activate/confirm", httpx.Public, p.limit(p.activate, p.confirm))
	m.Page("GET /activate/passkey", httpx.Public, p.limit(p.signIn, p.showCreate))
	m.Page("POST /activate/passkey", httpx.Public, p.limit(p.activate, p.create))
	m.Page("GET /activate/done", httpx.Resident, p.showDone)

	m.Page("GET /account", httpx.Resident, p.showAccount)
	m.Page("POST /account/language", httpx.Resident, p.limitPerson(p.account, p.language))
	m.Page("GET /account/passkeys/add", httpx.Resident, p.limitPerson(p.account, p.showAdd))
	m.Page("POST /account/passkeys/add", httpx.Resident, p.limitPerson(p.account, p.add))
	m.Page("GET /account/prove", httpx.Resident, p.limitPerson(p.account, p.showProve))
	m.Page("POST /account/prove", httpx.Resident, p.limitPerson(p.account, p.prove))
	m.Page("GET /account/passkeys/{passkey}/rename", httpx.Resident, p.showRename)
	m.Page("POST /account/passkeys/{passkey}/rename", httpx.Resident, p.limitPerson(p.account, p.rename))
	m.Page("GET /account/passkeys/{passkey}/remove", httpx.Resident, p.showRemove)
	m.Page("POST /account/passkeys/{passkey}/remove", httpx.Resident, p.limitPerson(p.account, p.remove))
	m.Page("POST /account/sessions/end-others", httpx.Resident, p.limitPerson(p.account, p.endOthers))
	m.Page("POST /account/sessions/{session}/end", httpx.Resident, p.limitPerson(p.account, p.endSession))

	m.Page("GET /work/{department}/activation", httpx.Officer, p.showCounter)
	m.Page("POST /work/{department}/activation", httpx.Officer, p.issue)
	m.Page("GET /work/{department}/activation/{letter}", httpx.Officer, p.showLetter)

	m.Handle("GET "+scriptPath, httpx.Public, http.HandlerFunc(serveScript))
}

// fields says beside which field of a form a fault is told.
type fields map[*fault.Error]string

// problems returns what to tell about err in a form, or err itself if none of
// its fields is at fault.
func (f fields) problems(err error) (view.Problems, error) {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return nil, err
	}
	field, ok := f[e]
	if !ok {
		return nil, err
	}
	var ps view.Problems
	ps.Add(field, "fault."+e.Code, nil)
	return ps, nil
}

// local returns next if it is a page of ours, and otherwise instead.
func local(next, instead string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(next, "/") || len(next) > 1024 ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\x00\r\n\t") || strings.HasPrefix(u.Path, "//") || strings.HasPrefix(u.Path, "/sign-") {
		return instead
	}
	return next
}

// see ends a request that changed something by showing another page.
func see(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}
