package tests

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestHeaders: every answer carries the headers that keep other sites out.
func TestHeaders(t *testing.T) {
	c := shared(t)
	nobody, me, officer := c.visitor(t), c.as(t, "resident-902"), c.as(t, "licence-officer")
	caseID := me.applies("driving-licence-renewal")
	at := map[*client][]string{
		nobody: {
			"/", "/sign-in", "/activate", "/services", "/services/driving-licence-renewal", "/verify", "/consents/verify", "/demo", "/demo/mails", "/demo/switches",
			"/no-such-page", "/cases", "/openapi.yaml", "/healthz", "/tlog/checkpoint", "/api/v1/whoami", "/verify/nothing", "/demo/medical-report.pdf", "/status-lists/x",
		},
		me: {
			"/", "/services", "/account", "/cases", "/cases/" + caseID, "/cases/" + caseID + "/facts", "/cases/" + caseID + "/check", "/cases/" + caseID + "/withdraw",
			"/consents", "/payments", "/licences", "/messages", "/messages/preferences", "/activity", "/reports", "/work", "/cases/none", "/report/td.driving-licence/classes",
		},
		officer: {"/work", "/work/transport-department", "/work/transport-department/cases", "/work/transport-department/licences", "/work/housing-department"},
	}
	for who, paths := range at {
		for _, p := range paths {
			a := who.get(p)
			if a.status >= 500 {
				t.Errorf("%s: %d", p, a.status)
			}
			guarded(t, p, a.header)
			if strings.Contains(a.header.Get("Content-Type"), "text/html") {
				for _, bad := range []string{" style=\"", "<style", " onclick=", "javascript:"} {
					if strings.Contains(a.body, bad) {
						t.Errorf("%s has %q, which its policy forbids", p, bad)
					}
				}
			}
		}
	}
}

func guarded(t *testing.T, path string, h http.Header) {
	t.Helper()
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action "} {
		if !strings.Contains(csp, want) {
			t.Errorf("%s: the policy has no %s: %s", path, want, csp)
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
		t.Errorf("%s: the policy is loose: %s", path, csp)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "geolocation=(), microphone=(), payment=()",
	} {
		if got := h.Get(name); got == "" || !strings.Contains(got, want) {
			t.Errorf("%s: %s is %q", path, name, got)
		}
	}
	for _, cookie := range (&http.Response{Header: h}).Cookies() {
		if !strings.HasPrefix(cookie.Name, "__Host-") || !cookie.HttpOnly || !cookie.Secure || cookie.SameSite == http.SameSiteDefaultMode || cookie.SameSite == http.SameSiteNoneMode || cookie.Path != "/" || cookie.Domain != "" {
			t.Errorf("%s sets the cookie %s", path, strings.ReplaceAll(cookie.String(), cookie.Value, "…"))
		}
	}
}

// TestCookies: what signing in and choosing a language leave behind.
func TestCookies(t *testing.T) {
	c := shared(t)
	v := c.visitor(t)
	for _, a := range []answer{v.get("/?lang=zh-Hant"), v.post("/demo/sign-in/resident-903", nil), v.get("/account"), v.post("/sign-out", url.Values{})} {
		guarded(t, "answer", a.header)
	}
	if a := v.get("/account"); a.status != http.StatusSeeOther {
		t.Errorf("after signing out: %d", a.status)
	}
	// A form of another site is refused.
	req, err := http.NewRequest(http.MethodPost, c.origin+"/sign-out", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://evil.example")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	a, err := v.browser.Send(req)
	if err != nil {
		t.Fatal(err)
	}
	if a.Status != http.StatusForbidden {
		t.Errorf("a form of another site: %d", a.Status)
	}
}
