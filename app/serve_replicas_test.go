package app

import (
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/demo/city"
	"causeway/platform/testkit"
	"causeway/services"
)

// TestServeReplicas starts two programs at once on an empty PostgreSQL database:
// both serve, with one log.
func TestServeReplicas(t *testing.T) {
	t.Parallel()
	s := newPremises(t)
	dsn := s.write("url", testkit.PostgresURL(t)+"\n", 0o600)
	if err := os.CopyFS(s.path("services"), services.Files); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	replicas := make([]running, 2)
	for i := range replicas {
		conf := s.config()
		conf["database"] = map[string]any{"postgres_url_file": dsn, "connections": 8}
		conf["services"] = s.path("services")
		conf["bootstrap"] = append(conf["bootstrap"].([]any), departments()...)
		wg.Go(func() {
			var err error
			if replicas[i], err = s.startAs("causeway-"+strconv.Itoa(i)+".yaml", conf); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		code, a := get(t, "http://"+replicas[0].listen+"/tlog/checkpoint")
		_, b := get(t, "http://"+replicas[1].listen+"/tlog/checkpoint")
		if code == http.StatusOK && a == b {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("two logs:\n%s\n%s", a, b)
		}
	}
	for _, r := range replicas {
		if _, page := get(t, "http://"+r.listen+"/services"); !strings.Contains(page, "/services/driving-licence-renewal") {
			t.Errorf("a replica without the services: %s", page)
		}
	}
}

// departments returns those of the city, for a bootstrap.
func departments() []any {
	var all []any
	for _, d := range city.Departments() {
		if d.ID != "digital-policy-office" {
			all = append(all, map[string]any{"id": d.ID, "name": map[string]any{"en": d.Name.En, "zh-Hant": d.Name.Hant, "zh-Hans": d.Name.Hans}})
		}
	}
	return all
}
