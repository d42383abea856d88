//go:build soak

package faults_test

import (
	"flag"
	"testing"
	"time"

	"causeway/tests/harness"
)

var soakKills = flag.Int("soak-kills", 1000, "how often TestSoakKill kills the program")

// TestSoakKill kills the program a thousand times: cities of up to thirty lives
// each, so that there are always people who have not renewed yet; every fifth is
// on PostgreSQL.
func TestSoakKill(t *testing.T) {
	const lives = 30
	for done, cities := 0, 0; done < *soakKills; cities++ {
		run := func(t *testing.T, p *harness.Place) { done += kills(t, p, min(lives, *soakKills-done), 2*time.Second) }
		if cities%5 == 4 {
			t.Run("postgres", func(t *testing.T) { run(t, onPostgres(t)) })
		} else {
			t.Run("sqlite", func(t *testing.T) { run(t, place(t)) })
		}
		if t.Failed() {
			return
		}
	}
}
