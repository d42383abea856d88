package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"

	"causeway/modules/identity"
	"causeway/modules/org"
	"causeway/platform/lang"
	"causeway/platform/trail"
)

// founder is the clerk who issues the first administrators' codes: the program,
// as the operator's configuration told it.
type founder struct{}

// clerkFor returns the clerk that a bootstrap put into ctx.
func clerkFor(ctx context.Context) (identity.Clerk, bool) {
	c, ok := ctx.Value(founder{}).(identity.Clerk)
	return c, ok
}

// check returns what is wrong, by setting.
func (b bootstrapConfig) check(bad blame) {
	if b.ID == "" {
		bad("id", errors.New("missing"))
	}
	if m := b.Name.Missing(); len(m) > 0 {
		bad("name", fmt.Errorf("missing in %v", m))
	}
	a := b.Administrator
	if (a.PersonFile == "") != (a.LetterFile == "") {
		bad("administrator", errors.New("want person_file and letter_file together"))
	}
	if a.PersonFile == "" {
		return
	}
	if _, err := a.person(); err != nil && !errors.Is(err, os.ErrNotExist) { // it may go once it has been used
		bad("administrator.person_file", err)
	}
}

// person reads who the administrator is. Its errors quote nothing of the file.
func (a administratorConfig) person() (identity.Application, error) {
	text, err := readSecret(a.PersonFile)
	if err != nil {
		return identity.Application{}, err
	}
	var p struct {
		Number string   `yaml:"number"`
		Name   string   `yaml:"name"`
		Email  string   `yaml:"email"`
		Lang   lang.Tag `yaml:"lang"`
	}
	in := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	in.KnownFields(true)
	if err := in.Decode(&p); err != nil {
		return identity.Application{}, fmt.Errorf("%s: want the keys number, name, email and lang", a.PersonFile)
	}
	n, err := identity.ParseHKID(p.Number)
	if err != nil {
		return identity.Application{}, fmt.Errorf("%s: number: the identity number or its check digit is wrong", a.PersonFile)
	}
	tag, ok := lang.Parse(string(p.Lang))
	if p.Name == "" || !ok {
		return identity.Application{}, fmt.Errorf("%s: want a name, and lang as en, zh-Hant or zh-Hans", a.PersonFile)
	}
	return identity.Application{Number: n, Name: p.Name, Email: p.Email, Lang: tag, Document: identity.IdentityCard}, nil
}

// bootstrap creates what all names and is not there. It may be cut short and run
// again: whoever is an officer already gets no second letter.
func bootstrap(ctx context.Context, w *world, all []bootstrapConfig) error {
	for _, b := range all {
		if err := found(ctx, w, b); err != nil {
			return fmt.Errorf("%w: bootstrap: %s: %w", errConfig, b.ID, err)
		}
	}
	return nil
}

func found(ctx context.Context, w *world, b bootstrapConfig) error {
	id := org.ID(b.ID)
	_, err := w.org.Department(ctx, id)
	if errors.Is(err, org.ErrNoDepartment) {
		err = w.org.Create(ctx, org.Department{ID: id, Name: b.Name, Email: b.Email, Phone: b.Phone, Address: b.Address})
	}
	if errors.Is(err, org.ErrDepartmentTaken) { // by another replica, just now
		err = nil
	}
	if err != nil || b.Administrator.PersonFile == "" {
		return err
	}
	who, err := b.Administrator.person()
	if errors.Is(err, os.ErrNotExist) {
		all, listing := w.org.Officers(ctx, org.Officer{Person: trail.System, Department: id, Roles: []string{org.DepartmentAdmin}})
		if listing != nil || len(all) > 0 {
			return listing
		}
	}
	if err != nil {
		return fmt.Errorf("administrator.person_file: %w", err)
	}
	return appoint(ctx, w, b, who)
}

// appoint makes who an officer, once the letter with the first code is written.
func appoint(ctx context.Context, w *world, b bootstrapConfig, who identity.Application) error {
	id := org.ID(b.ID)
	p, err := w.identity.Find(ctx, who.Number)
	if err == nil {
		_, err = w.org.Officer(ctx, p, id)
		if err == nil {
			return nil
		}
	}
	if !errors.Is(err, org.ErrNotOfficer) && !errors.Is(err, identity.ErrNoPerson) {
		return err
	}
	desk := context.WithValue(ctx, founder{}, identity.Clerk{
		Person: trail.System, Department: b.ID, DepartmentName: b.Name, Role: trail.System,
	})
	letter, err := w.identity.Issue(desk, who)
	if err != nil {
		return err
	}
	l, err := w.identity.Letter(desk, letter)
	if err != nil {
		return err
	}
	if err := writeLetter(b.Administrator.LetterFile, w.origin, l); err != nil {
		return fmt.Errorf("administrator.letter_file: %w", err)
	}
	if p, err = w.identity.Find(ctx, who.Number); err != nil {
		return err
	}
	roles := b.Administrator.Roles
	if len(roles) == 0 {
		roles = []string{org.DepartmentAdmin, clerkRole}
	}
	_, err = w.org.Appoint(ctx, id, p, roles...)
	if errors.Is(err, org.ErrOfficerTaken) { // by another replica, just now
		return nil
	}
	return err
}

// writeLetter writes l to path, for its owner's eyes.
func writeLetter(path, origin string, l identity.Letter) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) //nolint:gosec // the operator's own path
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s\n\nOpen %s/activate and type this code. It can be used once, until %s:\n\n    %s\n", l.Name, origin, l.Until.UTC().Format("2006-01-02 15:04 MST"), l.Code.Reveal())
	return errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
}
