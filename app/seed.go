package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	"causeway/demo/city"
	"causeway/modules/catalogue"
	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/services"
)

// settle fills the city: departments, residents, officers, software and
// services. What is there already stays as it is, so it can be cut short and run
// again.
func settle(ctx context.Context, w *world, hood *neighbourhood) error {
	today := day.In(w.now(), w.zone)
	people := city.New(demoSeed, today, today) // who somebody is does not depend on the day
	for _, step := range []func() error{
		func() error { return settleDepartments(ctx, w) },
		func() error { return settleResidents(ctx, w, people) },
		func() error { return settleOfficers(ctx, w, people) },
		func() error { return settleSoftware(ctx, w) },
		func() error { return settleShop(ctx, w, hood) },
		func() error { return w.catalogue.PublishFS(ctx, catalogue.System(), services.Files) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("settle the city: %w", err)
		}
	}
	hood.people, hood.renewing = people, people.Renewable(today)
	return nil
}

func settleDepartments(ctx context.Context, w *world) error {
	for _, d := range city.Departments() {
		_, err := w.org.Department(ctx, org.ID(d.ID))
		if err == nil {
			continue
		}
		if !errors.Is(err, org.ErrNoDepartment) {
			return err
		}
		counter := lang.Text{En: "1 Harbour Road, ground floor", Hant: "海港道1號地下", Hans: "海港道1号地下"}
		if err := w.org.Create(ctx, org.Department{ID: org.ID(d.ID), Name: d.Name, Email: d.Email, Phone: "+852 5550 1823", Address: counter}); err != nil {
			return err
		}
	}
	return nil
}

func settleResidents(ctx context.Context, w *world, people *city.City) error {
	residents := people.Residents()
	var all []identity.NewPerson
	for _, r := range residents {
		if r.Registered {
			all = append(all, identity.NewPerson{Number: r.Number, Name: r.Name, Email: r.Email, Lang: r.Lang, Assurance: identity.Substantial})
		}
	}
	for some := range slices.Chunk(all, residentsAtOnce) {
		_, err := w.identity.Find(ctx, some[len(some)-1].Number)
		if err == nil {
			continue
		}
		if !errors.Is(err, identity.ErrNoPerson) {
			return err
		}
		if _, err := w.identity.CreateMany(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// residentsAtOnce is how many residents one unit adds: few enough that nobody
// waits for it long.
const residentsAtOnce = 1000

func settleOfficers(ctx context.Context, w *world, people *city.City) error {
	for _, o := range people.Officers() {
		p, err := w.identity.Find(ctx, o.Number)
		if errors.Is(err, identity.ErrNoPerson) {
			var made identity.Person
			made, err = w.identity.Create(ctx, identity.NewPerson{Number: o.Number, Name: o.Name, Email: o.Email, Lang: o.Lang, Assurance: identity.Substantial})
			p = made.ID
		}
		if err != nil {
			return err
		}
		_, err = w.org.Officer(ctx, p, org.ID(o.Department))
		if err == nil {
			continue
		}
		if !errors.Is(err, org.ErrNotOfficer) {
			return err
		}
		if _, err := w.org.Appoint(ctx, org.ID(o.Department), p, o.Roles...); err != nil {
			return err
		}
	}
	return nil
}

// demoClient names the software of the transport department in the demo, whose
// key follows from the demo's master secret.
const demoClient = "transport-case-system"

func demoClientKey(w *world) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(w.master.MAC("demo.client-key", nil))
}

func demoClientPublic(w *world) (ed25519.PublicKey, bool) {
	public, ok := demoClientKey(w).Public().(ed25519.PublicKey)
	return public, ok
}

func settleSoftware(ctx context.Context, w *world) error {
	public, ok := demoClientPublic(w)
	if !ok {
		return errors.New("demo client: no Ed25519 key")
	}
	_, _, err := w.org.KeyClient(ctx, org.Thumbprint(public))
	if err == nil {
		return nil
	}
	if !errors.Is(err, org.ErrNoKey) {
		return err
	}
	_, err = w.org.Enrol(ctx, "transport-department", demoClient, "Licensing back office", public)
	return err
}
