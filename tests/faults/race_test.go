package faults_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"causeway/tests/harness"
)

// TestRace: two officers, ten windows each, claim the same case and then decide
// it, some for and some against, all at once. One claim and one decision count,
// and everybody else is told so.
func TestRace(t *testing.T) {
	engines(t, func(t *testing.T, p *harness.Place) {
		city := start(t, p)
		a := look(t, p)
		for _, who := range []string{"seventy-one-report", "seventy-one"} {
			applicant := harness.NewClient(city.Origin)
			id, err := applicant.HandIn(who)
			if err != nil {
				t.Fatal(err)
			}
			race(t, city, a, id)
		}
	})
}

func race(t *testing.T, city *harness.City, a *audit, id string) {
	t.Helper()
	desk := "/work/transport-department/cases/" + id
	var windows []*harness.Client
	for i := range 20 {
		c := harness.NewClient(city.Origin)
		defer c.Close()
		if err := c.SignIn([]string{"licence-officer", "second-licence-officer"}[i%2]); err != nil {
			t.Fatal(err)
		}
		windows = append(windows, c)
	}
	rev, err := windows[0].Rev(desk)
	if err != nil {
		t.Fatal(err)
	}
	won := together(t, windows, func(int) (string, url.Values) { return desk + "/claim", url.Values{"rev": {rev}} })
	if len(won) == 0 {
		t.Fatalf("nobody could claim %s", id)
	}
	for _, i := range won { // the other windows of the one who has it may say so too
		if i%2 != won[0]%2 {
			t.Errorf("both officers claimed %s", id)
		}
	}
	holder := windows[won[0]]
	if rev, err = holder.Rev(desk); err != nil {
		t.Fatal(err)
	}
	won = together(t, windows, func(i int) (string, url.Values) {
		if i/2%2 == 0 {
			return desk + "/approve", url.Values{"rev": {rev}}
		}
		return desk + "/refuse", url.Values{"rev": {rev}, "why": {"not-eligible"}, "words": {"It does not do."}}
	})
	if len(won) != 1 {
		t.Errorf("%d decisions of %s succeeded, want 1", len(won), id)
	}
	rows, err := a.rows(t.Context(), `SELECT what, actor FROM casework_events WHERE case_id = $1 AND what IN ('approved', 'refused', 'claimed')`, id)
	if err != nil || len(rows) != 2 {
		t.Errorf("history of %s: %v, %v; want one claim and one decision", id, rows, err)
	}
}

// together sends one form from each window at the same moment, and returns which
// succeeded.
func together(t *testing.T, windows []*harness.Client, form func(i int) (string, url.Values)) []int {
	t.Helper()
	var mu sync.Mutex // guards won
	var won []int
	var wg sync.WaitGroup
	ready := make(chan struct{})
	for i, c := range windows {
		wg.Go(func() {
			to, values := form(i)
			<-ready
			a, err := c.Post(to, values)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				t.Error(err)
			case a.Status == http.StatusSeeOther:
				won = append(won, i)
			case a.Status != http.StatusConflict && a.Status != http.StatusForbidden || !strings.Contains(a.Body, "<h1"):
				t.Errorf("POST %s: %d %s", to, a.Status, harness.Words(a.Body))
			}
		})
	}
	close(ready)
	wg.Wait()
	return won
}
