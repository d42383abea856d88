// Package catalogue owns the published versions of services and the holiday
// calendars by which they count working days. What is published never changes:
// a new version follows it, and a case stays on the one it began with.
package catalogue

import (
	"context"
	"errors"
	"strings"
	"time"

	"causeway/modules/org"
	"causeway/modules/service"
	"causeway/platform/day"
	"causeway/platform/fault"
	"causeway/platform/lang"
	"causeway/platform/trail"
)

// Failures that a caller can act on.
var (
	ErrNoService    = fault.New(fault.NotFound, "catalogue.no-service")
	ErrVersionTaken = fault.New(fault.Conflict, "catalogue.version-taken")
	ErrVersionOrder = fault.New(fault.Conflict, "catalogue.version-order")
	ErrRefused      = fault.New(fault.Invalid, "catalogue.refused")
)

// ErrNoCalendar reports a calendar that was never published.
var ErrNoCalendar = errors.New("catalogue: no such calendar")

// Refusal is why a definition was not published. It is ErrRefused.
type Refusal struct{ Reasons []string } //nolint:errname // what was refused, not what went wrong

func (r *Refusal) Error() string { return "not published: " + strings.Join(r.Reasons, "; ") }

// Unwrap returns ErrRefused.
func (r *Refusal) Unwrap() error { return ErrRefused }

// Published is one published version of a service.
type Published struct {
	Definition *service.Definition
	Version    int
	From       day.Date  // the first day on which new cases begin with it
	Hash       string    // SHA-256 of its file, in hexadecimal
	At         time.Time // when it was published
}

// Record is how a version is kept.
type Record struct {
	Service string
	Version int
	From    day.Date
	Hash    string
	Source  []byte
	Actor   string
	At      time.Time
}

// CalendarRecord is how a calendar is kept: the newest of a name counts.
type CalendarRecord struct {
	Name   string
	Hash   string
	Source []byte
	Actor  string
	At     time.Time
}

// Store keeps what is published. Nothing in it is ever changed.
type Store interface {
	// Add returns ErrVersionTaken if the service has this version already.
	Add(ctx context.Context, r Record) error
	// Heads returns every version without its Source, by service and version.
	Heads(ctx context.Context) ([]Record, error)
	// Source returns the file of one version, or ErrNoService.
	Source(ctx context.Context, service string, version int) ([]byte, error)
	// AddCalendar keeps r beside those that were published before it.
	AddCalendar(ctx context.Context, r CalendarRecord) error
	// Calendars returns the newest calendar of each name, by name.
	Calendars(ctx context.Context) ([]CalendarRecord, error)
}

// Units runs f as one unit of work: all of it happens, or none. f may run again.
type Units interface {
	Do(ctx context.Context, f func(ctx context.Context) error) error
}

// Departments tells what a department is called.
type Departments interface {
	// Department returns org.ErrNoDepartment if there is none.
	Department(ctx context.Context, id org.ID) (org.Department, error)
}

// Classes knows the data classes of the registries.
type Classes interface {
	Class(id string) (Class, bool)
}

// Class is a data class, as far as a definition and its start page need it.
type Class struct {
	Registry org.ID
	Label    lang.Text
	Fields   []Field
	Writers  []org.ID // who may write records
}

// Field is one field of a Class.
type Field struct {
	Name  string
	Label lang.Text
	Type  string // "text", "number", "date", "boolean" or "money"
	Coded bool   // it holds codes, for which the class has words
}

// Purposes knows the published purposes.
type Purposes interface {
	// Purpose returns the label of a purpose; ok is false if there is none.
	Purpose(id string) (label lang.Text, ok bool)
}

// Deps is what the use cases need.
type Deps struct {
	Units       Units
	Store       Store
	Departments Departments
	Classes     Classes
	Purposes    Purposes
	Trail       trail.Recorder
	Now         func() time.Time
}

// Publisher is who publishes.
type Publisher struct {
	Actor   string // a person's id, or trail.System
	Role    string
	Channel string
}

// System is the program itself, which publishes what it ships with.
func System() Publisher { return Publisher{trail.System, trail.System, trail.System} }
