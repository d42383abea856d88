package payprovider

import (
	"errors"
	"time"
)

// Answers of the provider as a whole.
const (
	ModeFine = "fine"
	ModeSlow = "slow" // every answer takes Modes.SlowMS
	ModeDown = "down" // 503
)

// Ways in which callbacks come.
const (
	CallbacksNormal     = "normal"
	CallbacksLate       = "late"  // after Modes.LateMS
	CallbacksTwice      = "twice" // the same event two times
	CallbacksOutOfOrder = "out-of-order"
	CallbacksNever      = "never"
)

// Modes say how the provider misbehaves. The zero value does not.
type Modes struct {
	Mode        string `json:"mode"`
	Callbacks   string `json:"callbacks"`
	SlowMS      int    `json:"slow_ms"`
	LateMS      int    `json:"late_ms"`
	FailRefunds int    `json:"fail_refunds"` // each refund fails this often before it is confirmed
}

// Bounds of Modes.
const (
	maxPauseMS = 10 * 60 * 1000
	maxFails   = 1000
)

var errModes = errors.New("payment provider: no such mode")

// filled returns m with its defaults.
func (m Modes) filled() Modes {
	if m.Mode == "" {
		m.Mode = ModeFine
	}
	if m.Callbacks == "" {
		m.Callbacks = CallbacksNormal
	}
	if m.SlowMS == 0 {
		m.SlowMS = 2000
	}
	if m.LateMS == 0 {
		m.LateMS = 20_000
	}
	return m
}

// check returns errModes unless all of m is known and within bounds.
func (m Modes) check() error {
	switch m.Mode {
	case ModeFine, ModeSlow, ModeDown:
	default:
		return errModes
	}
	switch m.Callbacks {
	case CallbacksNormal, CallbacksLate, CallbacksTwice, CallbacksOutOfOrder, CallbacksNever:
	default:
		return errModes
	}
	if m.SlowMS < 0 || m.SlowMS > maxPauseMS || m.LateMS < 0 || m.LateMS > maxPauseMS || m.FailRefunds < 0 || m.FailRefunds > maxFails {
		return errModes
	}
	return nil
}

func (m Modes) slow() time.Duration { return time.Duration(m.SlowMS) * time.Millisecond }
func (m Modes) late() time.Duration { return time.Duration(m.LateMS) * time.Millisecond }
