package app

import (
	"context"
	"errors"
	"time"

	"causeway/modules/identity"
	"causeway/modules/identity/passkey"
	identitystore "causeway/modules/identity/store"
	"causeway/modules/notice"
	"causeway/modules/org"
)

// productName is what passkeys are stored under on people's devices.
const productName = "Causeway"

func (w *world) wireIdentity(context.Context) error {
	party, err := passkey.New(w.origin, productName)
	if err != nil {
		return err
	}
	w.identity = identity.New(identity.Deps{
		Units: w.db, Store: identitystore.New(w.db), Keys: w.ring, Party: party, Desk: desk{w}, Trail: w.activity,
		Subject: func(ctx context.Context, organisation string, p identity.PersonID) string {
			return w.org.Subject(ctx, org.ID(organisation), p)
		},
		Tell: identityNotices{w}.tell, Now: w.now, NewID: newID,
	})
	w.jobs.Every("identity.purge", 10*time.Minute, w.identity.Purge)
	return nil
}

// identityNotices tells people what changed about their signing in.
type identityNotices struct{ w *world }

func (n identityNotices) tell(ctx context.Context, p identity.PersonID, kind, former string) error {
	return n.w.notice.Tell(ctx, notice.Message{Person: p, Kind: kind, Link: "/account", Former: former})
}

// clerkRole is the role of those who issue activation codes.
const clerkRole = "counter-clerk"

// desk tells identity who is at the counter: an officer with the role, or the
// program itself when it makes the first administrators.
type desk struct{ w *world }

func (d desk) Clerk(ctx context.Context) (identity.Clerk, bool) {
	if c, ok := clerkFor(ctx); ok {
		return c, true
	}
	o := org.OfficerOf(ctx)
	if !o.Known() || !o.Has(clerkRole) {
		return identity.Clerk{}, false
	}
	dep, err := d.w.org.Department(ctx, o.Department)
	if err != nil {
		if !errors.Is(err, org.ErrNoDepartment) {
			d.w.parts.log.ErrorContext(ctx, "counter: cannot read the department", "err", err)
		}
		return identity.Clerk{}, false
	}
	return identity.Clerk{Person: o.Person, Department: string(o.Department), DepartmentName: dep.Name, Role: clerkRole}, true
}
