package tests

import (
	"strings"
	"testing"

	"causeway/platform/testkit"
)

// TestShop walks between two sites in a real browser: from the shop to Causeway
// to sign in, through the question, and back with a licence; then the person
// ends the connection, and the shop reads nothing any more.
func TestShop(t *testing.T) {
	t.Parallel()
	c := shared(t)
	p := sits(t, testkit.NewBrowser(t), c, "en")
	shop := p.Attr(`a[href*="shop.localhost"]`, "href")
	p.Open(shop)
	p.Press(`button[name="licence"]`)
	p.arrives("/sign-in", "")
	p.Press(`a[href^="/demo?next="]`)
	p.Press(`form[action="/demo/sign-in/renewal"] button`)
	p.arrives("/openid/authorize/", "")
	p.reads("Sign in to Harbour Cars", "Transport Department", "not your identity card number")
	p.Press(`button[value="agree"]`)
	if !strings.HasPrefix(p.URL(), shop) {
		p.Shot("shop")
		t.Fatalf("at %s, not back at the shop", p.URL())
	}
	p.reads("You are signed in", "Licence number", "The Transport Department told us just now")
	p.Press(`form[action="/read"] button`)
	p.reads("Licence number")

	p.visit("/connections")
	p.reads("Harbour Cars", "It last read facts")
	p.Press(`a[href^="/connections/"]`)
	p.Press(`form[action$="/disconnect"] button`)
	p.reads("There are none.")
	p.Open(shop)
	p.Press(`form[action="/read"] button`)
	p.reads("invalid_token")

	// Signing in without the licence: a form, a sign-in page and the way back.
	p.Press(`button[name="everywhere"]`)
	if !strings.HasPrefix(p.URL(), shop) {
		t.Errorf("after signing out at %s", p.URL())
	}
}
