package web

import (
	"testing"
	"time"

	"causeway/modules/consent"
	consentweb "causeway/modules/consent/web"
	"causeway/modules/openid"
	"causeway/modules/org"
	"causeway/platform/lang"
	"causeway/platform/view"
	"causeway/platform/view/viewtest"
)

func TestPages(t *testing.T) {
	t.Parallel()
	at := time.Unix(1790000000, 0).UTC()
	name := lang.Text{En: "Harbour Bank", Hant: "海港銀行", Hans: "海港银行"}
	notice := consent.Notice{
		Recipient: org.Department{Name: name}, Service: name, Until: at,
		Sources: []consent.NoticeSource{{Department: org.Department{Name: name}, Items: []consent.NoticeItem{{Label: name, Purpose: name, Otherwise: consent.AtCounter, Fields: []consent.NoticeField{{Name: "a", Label: name}}}}}},
	}
	c := org.OIDCClient{ID: "c", Department: "d", Name: name, Profile: org.FAPI2, Created: at, Redirects: []string{"https://bank.example/cb"}, Grants: []string{org.GrantCode}}
	gone := c
	gone.Revoked = at
	bare := openid.Connection{Grant: openid.Grant{ID: "g", Created: at, SignedIn: at}, Name: name}
	reads := openid.Connection{Grant: openid.Grant{ID: "h", Consent: "k", Created: at, SignedIn: at, Used: at}, Name: name, Facts: true, Notice: notice}
	problems := view.Problems{{Field: "en", Key: "fault.org.client-name"}, {Field: "keys", Key: "fault.org.jwks"}, {Field: "redirects", Key: "fault.org.redirect"}, {Field: "profile", Key: "fault.org.oidc-profile"}}
	wrong := formFrom(c)
	wrong.Problems = problems
	viewtest.Check(t, Source(), map[string]any{
		"openid/consent":     []any{consentPage{ID: "r", Client: name}, consentPage{ID: "r", Client: name, Plain: true}, consentPage{ID: "r", Client: name, Facts: true, Replace: true, Notice: notice}},
		"openid/connections": []any{connectionsPage{}, connectionsPage{[]openid.Connection{bare, reads}}},
		"openid/connection":  []any{bare, reads},
		"openid/leave":       []any{leavePage{}, leavePage{Client: name, Known: true, In: true, Back: "https://bank.example/", Request: map[string]string{"state": "x"}}},
		"openid/again":       againPage{"r", name},
		"openid/return":      returnPage{name, "https://bank.example/cb?code=x"},
		"openid/clients":     []any{clientsPage{Department: "d"}, clientsPage{"d", []org.OIDCClient{c, gone}, "https://causeway.example"}},
		"openid/client-new":  []any{newPage{"d", formFrom(c)}, newPage{"d", wrong}},
		"openid/client-made": madePage{"d", c, "secret"},
		"openid/client":      []any{clientPage{"d", c, formFrom(c), "https://causeway.example", []openid.Mistake{{At: at, Endpoint: "token", Code: "invalid_grant", Why: "x"}}}, clientPage{"d", gone, wrong, "https://causeway.example", nil}},
	}, consentweb.Source())
}

func TestTexts(t *testing.T) {
	t.Parallel()
	viewtest.CheckTexts(t, Source(), []string{".."}, "openid.clients.title")
}
