package tests

import (
	"testing"

	"causeway/platform/testkit"
)

func TestJourneyExplore(t *testing.T) {
	b := testkit.NewBrowser(t)
	c := shared(t)
	p := persona(t, b, c, "en", "renewal")
	id := p.starts("driving-licence-renewal")
	p.agrees()
	p.goesOn()
	t.Log(p.path())
	p.submits()
	t.Log(p.path())
	p.pays("succeed")
	t.Log(id, p.URL(), p.Text("main"))
}
