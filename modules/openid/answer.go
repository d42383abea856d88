package openid

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"causeway/modules/consent"
	"causeway/modules/identity"
	"causeway/platform/lang"
	"causeway/platform/trail"
)

// ACRPrefix begins the name of an assurance level in acr and acr_values.
const ACRPrefix = "urn:causeway:assurance:"

// ACR names how surely a person is known.
func ACR(a identity.Assurance) string { return ACRPrefix + a.String() }

// ACRs returns the levels that may be asked for, lowest first.
func ACRs() []string {
	return []string{ACR(identity.Low), ACR(identity.Substantial), ACR(identity.High)}
}

// A Step is what comes next for the person who answers a request.
type Step struct {
	Request Request
	Client  lang.Text      // what the client is called
	Plain   bool           // it follows no more than the plain profile
	Again   bool           // sign in anew first
	Consent bool           // agree first
	Notice  consent.Notice // what to agree to, where there are facts
	Facts   bool           // Notice says something
	Replace bool           // it takes the place of what was agreed before
	Back    string         // where to go with the answer, once there is one
}

// session is what is known of the caller's session.
type session struct {
	started time.Time
}

// Asked returns the request as the browser that opened it may see it, or ErrNoAsk.
func (s *Service) Asked(ctx context.Context, id, browser string) (Request, error) {
	r, err := s.d.Store.Request(ctx, id)
	if err != nil {
		return r, err
	}
	if browser == "" || len(r.Browser) == 0 || string(r.Browser) != string(hash(browser)) {
		return Request{}, ErrNoAsk
	}
	if !s.now().Before(r.Until) {
		return Request{}, ErrNoAsk
	}
	if !r.Closed.IsZero() {
		return Request{}, ErrAnswered
	}
	return r, nil
}

// Next says what comes next for by, who may be nobody if prompt is none. Where
// nothing needs to be asked it answers the request.
func (s *Service) Next(ctx context.Context, by identity.Caller, r Request) (Step, error) {
	c, err := s.known(ctx, r.Client)
	if err != nil {
		return Step{}, ErrClient
	}
	st := Step{Request: r, Client: c.Name, Plain: !c.fapi()}
	silent := r.Params.asks("none")
	refuse := func(code, why string) (Step, error) { return s.refuse(ctx, by, c, r, fail(code, why)) }
	if !by.Known() {
		if silent {
			return refuse(CodeLogin, "nobody is signed in")
		}
		return st, identity.ErrSignIn
	}
	in, err := s.sessionOf(ctx, by)
	if err != nil {
		return Step{}, err
	}
	if stale(r, in) {
		if silent {
			return refuse(CodeLogin, "the person signed in too long ago")
		}
		st.Again = true
		return st, nil
	}
	if !enough(r.Params.ACR, by.Assurance) {
		return refuse(CodeAssurance, "the person is not known as surely as acr_values asks")
	}
	g, details, err := s.wanted(ctx, by, c, r)
	if bad, ok := errors.AsType[*Error](err); ok {
		return refuse(bad.Code, bad.Description)
	}
	if err != nil {
		return Step{}, err
	}
	if !mustAsk(g, r, details) {
		st.Back, err = s.agree(ctx, by, c, r, in, g, details, false)
		return st, err
	}
	if silent {
		return refuse(CodeConsent, "the person has not agreed to this yet")
	}
	return s.question(ctx, st, c, r, g, details)
}

// question fills in what the person is asked.
func (s *Service) question(ctx context.Context, st Step, c *client, r Request, g Grant, details []Detail) (Step, error) {
	st.Consent, st.Facts = true, len(details) > 0
	st.Replace = r.Params.Action == "replace" && len(g.Details) > 0
	var err error
	if st.Facts {
		if st.Notice, err = s.d.Consents.Notice(ctx, s.consentFor(c, g, details)); err != nil {
			return st, err
		}
		st.Notice.Recipient.Name = under(c.Name, st.Notice.Recipient.Name)
		st.Notice.Asking = false // refusing leads back to the client, not to a counter
	}
	return st, nil
}

// under names a client together with the department that answers for it.
func under(client, department lang.Text) lang.Text {
	return lang.Text{
		En:   client.En + ", registered by the " + department.En,
		Hant: client.Hant + "（由" + department.Hant + "登記）",
		Hans: client.Hans + "（由" + department.Hans + "登记）",
	}
}

// sessionOf returns the caller's session.
func (s *Service) sessionOf(ctx context.Context, by identity.Caller) (session, error) {
	all, err := s.d.Sessions.OwnSessions(ctx, by)
	if err != nil {
		return session{}, err
	}
	for _, x := range all {
		if x.Current {
			return session{x.Created.UTC()}, nil
		}
	}
	return session{}, identity.ErrSignIn
}

// stale reports whether the person has to sign in again for r.
func stale(r Request, in session) bool {
	if r.Params.asks("login") && in.started.Before(r.Opened) {
		return true
	}
	return r.Params.MaxAge >= 0 && in.started.Add(time.Duration(r.Params.MaxAge)*time.Second).Before(r.Opened)
}

// enough reports whether a level is one of those asked for, or above one.
func enough(acr []string, have identity.Assurance) bool {
	if len(acr) == 0 {
		return true
	}
	return slices.ContainsFunc(acr, func(name string) bool {
		text, ok := strings.CutPrefix(name, ACRPrefix)
		want, err := identity.ParseAssurance(text)
		return ok && err == nil && want != identity.None && have >= want
	})
}

// wanted returns the grant that r is about, new or old, and the details that it
// is to have.
func (s *Service) wanted(ctx context.Context, by identity.Caller, c *client, r Request) (Grant, []Detail, error) {
	fresh := Grant{ID: s.d.NewID(), Person: by.Person, Client: c.ID, Department: c.Department, Subject: s.d.Orgs.Subject(ctx, c.Department, by.Person)}
	p := r.Params
	if p.Action == "create" {
		return fresh, p.Details, nil
	}
	if p.GrantID != "" {
		g, err := s.d.Store.Grant(ctx, p.GrantID)
		if errors.Is(err, ErrNoGrant) || err == nil && (g.Person != by.Person || g.Client != c.ID || !g.Revoked.IsZero()) {
			return g, nil, fail(CodeGrantID, "there is no such grant of this person and client")
		}
		if err != nil {
			return g, nil, err
		}
		if p.Action == "replace" {
			return g, p.Details, nil
		}
		return s.merged(ctx, g, p.Details)
	}
	g, err := s.d.Store.GrantOf(ctx, by.Person, c.ID)
	if errors.Is(err, ErrNoGrant) {
		return fresh, p.Details, nil
	}
	if err != nil {
		return g, nil, err
	}
	return s.merged(ctx, g, p.Details)
}

// merged returns g with what it still allows, and that with more. What was
// withdrawn or has ended does not come back unasked.
func (s *Service) merged(ctx context.Context, g Grant, more []Detail) (Grant, []Detail, error) {
	if len(g.Details) > 0 {
		_, err := s.d.Consents.Active(ctx, g.Person, consent.GrantID(g.Consent))
		if errors.Is(err, consent.ErrNotActive) {
			g.Details, g.Consent = nil, ""
		} else if err != nil {
			return g, nil, err
		}
	}
	return g, merge(g.Details, more), nil
}

// mustAsk reports whether the person has to agree before r is answered.
func mustAsk(g Grant, r Request, details []Detail) bool {
	return g.Created.IsZero() || r.Params.asks("consent") || !covers(g.Details, details) || r.Params.Action == "replace" && !covers(details, g.Details)
}

// Answer records what the person said and returns where the browser goes with
// it. It returns ErrAnswered if there is an answer already.
func (s *Service) Answer(ctx context.Context, by identity.Caller, r Request, agreed bool) (string, error) {
	if !by.Known() {
		return "", identity.ErrSignIn
	}
	c, err := s.known(ctx, r.Client)
	if err != nil {
		return "", ErrClient
	}
	if !agreed {
		st, err := s.refuse(ctx, by, c, r, fail(CodeDenied, "the person refused"))
		return st.Back, err
	}
	in, err := s.sessionOf(ctx, by)
	if err != nil {
		return "", err
	}
	if stale(r, in) || !enough(r.Params.ACR, by.Assurance) { // the page would not have been shown
		return "", ErrRequest
	}
	g, details, err := s.wanted(ctx, by, c, r)
	if err != nil {
		return "", err
	}
	return s.agree(ctx, by, c, r, in, g, details, true)
}

// refuse closes r and returns the way back with cause.
func (s *Service) refuse(ctx context.Context, by identity.Caller, c *client, r Request, cause *Error) (Step, error) {
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.d.Store.CloseRequest(ctx, r.ID, s.now()); err != nil {
			return err
		}
		if !by.Known() || cause.Code != CodeDenied {
			return nil
		}
		return s.d.Trail.Record(ctx, s.entry(ctx, by, c, "openid.refused"))
	})
	if err != nil {
		return Step{}, err
	}
	return Step{Request: r, Back: s.answerTo(ctx, c, r.Params, url.Values{"error": {cause.Code}, "error_description": {cause.Description}})}, nil
}

// agree closes r with a code. What was agreed, the grant and the entry in the
// person's record are one unit with it.
func (s *Service) agree(ctx context.Context, by identity.Caller, c *client, r Request, in session, g Grant, details []Detail, asked bool) (string, error) {
	code, now := secret(), s.now()
	a := Authorization{
		ID: s.d.NewID(), CodeHash: hash(code), Person: by.Person, Session: by.Session, Client: c.ID, Grant: g.ID, Scopes: r.Params.Scopes, Details: r.Params.Details,
		Redirect: r.Params.Redirect, Challenge: r.Params.Challenge, Nonce: r.Params.Nonce, JKT: r.JKT, ACR: ACR(by.Assurance), AuthTime: in.started,
		Created: now, Until: now.Add(codeFor),
	}
	fresh := g.Created.IsZero()
	err := s.d.Units.Do(ctx, func(ctx context.Context) error {
		if err := s.d.Store.CloseRequest(ctx, r.ID, now); err != nil {
			return err
		}
		g := g
		if asked && len(details) > 0 {
			given, err := s.give(ctx, by, c, g, details)
			if err != nil {
				return err
			}
			g.Consent, g.Details = string(given.ID), details
		}
		if asked && len(details) == 0 && len(g.Details) > 0 { // replaced by nothing
			if err := s.unconsent(ctx, by, g); err != nil {
				return err
			}
			g.Consent, g.Details = "", nil
		}
		g.SignedIn = now
		if fresh {
			g.Created, g.Changed = now, now
			if _, err := s.d.Orgs.Remember(ctx, c.Department, by.Person); err != nil {
				return err
			}
			if err := s.d.Store.AddGrant(ctx, g); err != nil {
				return err
			}
		} else {
			if asked {
				g.Changed = now
			}
			if err := s.d.Store.SetGrant(ctx, g); err != nil {
				return err
			}
		}
		if err := s.d.Store.AddAuthorization(ctx, a); err != nil {
			return err
		}
		return s.d.Trail.Record(ctx, s.entry(ctx, by, c, "openid.signed-in"))
	})
	if err != nil {
		return "", err
	}
	return s.answerTo(ctx, c, r.Params, url.Values{"code": {code}}), nil
}

// give records the consent to details. One that ended meanwhile is not replaced.
func (s *Service) give(ctx context.Context, by identity.Caller, c *client, g Grant, details []Detail) (consent.Grant, error) {
	q := s.consentFor(c, g, details)
	if q.Previous != "" {
		if _, err := s.d.Consents.Active(ctx, by.Person, q.Previous); errors.Is(err, consent.ErrNotActive) {
			q.Previous = ""
		} else if err != nil {
			return consent.Grant{}, err
		}
	}
	return s.d.Consents.Give(ctx, by, q)
}

// unconsent withdraws the consent that g rests on, if it stands.
func (s *Service) unconsent(ctx context.Context, by identity.Caller, g Grant) error {
	if g.Consent == "" {
		return nil
	}
	_, err := s.d.Consents.Active(ctx, g.Person, consent.GrantID(g.Consent))
	if errors.Is(err, consent.ErrNotActive) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.d.Consents.Withdraw(ctx, by, consent.GrantID(g.Consent))
}

// entry begins an entry about by and c.
func (s *Service) entry(ctx context.Context, by identity.Caller, c *client, what string) trail.Entry {
	return trail.Entry{
		Person: string(by.Person), Org: string(c.Department), Subject: s.d.Orgs.Subject(ctx, c.Department, by.Person), Actor: string(by.Person), Role: by.Role,
		Channel: by.Channel, What: what, Detail: map[string]string{"department": string(c.Department), "client": c.ID, "assurance": by.Assurance.String()},
	}
}
