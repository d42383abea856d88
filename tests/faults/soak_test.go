//go:build soak

package faults_test

import (
	"testing"
	"time"
)

// TestSoakKill kills the program a thousand times, in cities of thirty lives
// each, so that there are always people who have not renewed yet.
func TestSoakKill(t *testing.T) {
	for done := 0; done < 1000; done += 30 {
		kills(t, place(t), min(30, 1000-done), 2*time.Second)
	}
}
