// Package org owns departments: who their officers are and what each may do,
// which software speaks for them and by which keys, and how each of them knows a
// person.
package org

import (
	"context"
	"slices"
	"time"

	"causeway/modules/identity"
	"causeway/platform/fault"
	"causeway/platform/lang"
)

// An ID names a department: a slug such as "transport-department".
type ID string

// A Department is an organisation of government.
type Department struct {
	ID      ID
	Name    lang.Text
	Email   string    // where the public writes to
	Phone   string    // as it is dialled
	Address lang.Text // of its counter
	Created time.Time
}

// DepartmentAdmin is the role of those who look after a department's officers,
// software and keys.
const DepartmentAdmin = "department-admin"

// An Officer is a person who acts for a department.
type Officer struct {
	Person     identity.PersonID
	Department ID
	Roles      []string // slugs such as "licence-officer", in order
	Name       string   // as colleagues see it
}

// Has reports whether o has role.
func (o Officer) Has(role string) bool { return slices.Contains(o.Roles, role) }

// Known reports whether o is somebody.
func (o Officer) Known() bool { return o.Person != "" && o.Department != "" }

// String keeps the officer's name out of logs.
func (o Officer) String() string { return string(o.Person) + "@" + string(o.Department) }

type officerKey struct{}

// WithOfficer returns a context in which o acts.
func WithOfficer(ctx context.Context, o Officer) context.Context {
	return context.WithValue(ctx, officerKey{}, o)
}

// OfficerOf returns who acts in ctx, nobody by default.
func OfficerOf(ctx context.Context) Officer {
	o, _ := ctx.Value(officerKey{}).(Officer)
	return o
}

// A Client is the software of a department that sent a request.
type Client struct {
	ID         string
	Department ID
	Name       string
	Key        string // the id of the key that signed
}

// Known reports whether c is any software.
func (c Client) Known() bool { return c.ID != "" }

type clientKey struct{}

// WithClient returns a context in which c asks.
func WithClient(ctx context.Context, c Client) context.Context {
	return context.WithValue(ctx, clientKey{}, c)
}

// ClientOf returns which software asks in ctx, none by default.
func ClientOf(ctx context.Context) Client {
	c, _ := ctx.Value(clientKey{}).(Client)
	return c
}

// Failures that a caller can act on. What a person reads about each is the text
// fault.<code>.
var (
	ErrNoDepartment    = fault.New(fault.NotFound, "org.no-department")
	ErrDepartmentTaken = fault.New(fault.Conflict, "org.department-taken")
	ErrDepartment      = fault.New(fault.Invalid, "org.department")
	ErrNotOfficer      = fault.New(fault.NotFound, "org.not-officer")
	ErrRole            = fault.New(fault.Forbidden, "org.role")
	ErrRoles           = fault.New(fault.Invalid, "org.roles")
	ErrNobody          = fault.New(fault.Invalid, "org.nobody")
	ErrOfficerTaken    = fault.New(fault.Conflict, "org.officer-taken")
	ErrLastAdmin       = fault.New(fault.Conflict, "org.last-admin")
	ErrNoClient        = fault.New(fault.NotFound, "org.no-client")
	ErrClientName      = fault.New(fault.Invalid, "org.client-name")
	ErrClientRevoked   = fault.New(fault.Conflict, "org.client-revoked")
	ErrKey             = fault.New(fault.Invalid, "org.key")
	ErrKeyPrivate      = fault.New(fault.Invalid, "org.key-private")
	ErrKeyTaken        = fault.New(fault.Conflict, "org.key-taken")
	ErrKeyMany         = fault.New(fault.Conflict, "org.key-many")
	ErrNoKey           = fault.New(fault.NotFound, "org.no-key")
	ErrReplay          = fault.New(fault.Unauthenticated, "org.replay")
	ErrJWKS            = fault.New(fault.Invalid, "org.jwks")
	ErrOIDCProfile     = fault.New(fault.Invalid, "org.oidc-profile")
	ErrOIDCSecret      = fault.New(fault.Invalid, "org.oidc-secret")
	ErrRedirect        = fault.New(fault.Invalid, "org.redirect")
	ErrNoSubject       = fault.New(fault.NotFound, "org.no-subject")
)
