package app

import (
	"context"

	"causeway/modules/casework"
	"causeway/modules/credential"
	"causeway/modules/identity"
	"causeway/modules/notice"
	noticestore "causeway/modules/notice/store"
	"causeway/platform/lang"
)

func (w *world) wireNotice(context.Context) error {
	w.notice = notice.New(notice.Deps{
		Units: w.db, Store: noticestore.New(w.db), Sealer: w.ring, Jobs: queue{w.jobs}, People: w.identity, Texts: texts{w},
		Mailer: w.mailer, Now: w.now, NewID: newID, Origin: w.origin,
	})
	w.jobs.Handle(notice.MailJob, w.notice.Mail)
	return nil
}

// texts gives notice the texts of all modules, which are read after it is made.
type texts struct{ w *world }

func (t texts) Text(tag lang.Tag, key string, args map[string]any) string {
	return t.w.view.Text(tag, key, args)
}

// caseworkNotices tells people about their cases.
type caseworkNotices struct{ w *world }

func (n caseworkNotices) Tell(ctx context.Context, x casework.Notice) error {
	return n.w.notice.Tell(ctx, notice.Message{Person: x.Person, Kind: x.Kind, Args: x.Args, Link: x.Link})
}

// exchangeNotices tells people about their reports of wrong facts.
type exchangeNotices struct{ w *world }

func (n exchangeNotices) Tell(ctx context.Context, person identity.PersonID, kind string, args map[string]string, link string) error {
	all := make(map[string]any, len(args))
	for k, v := range args {
		all[k] = v
	}
	return n.w.notice.Tell(ctx, notice.Message{Person: person, Kind: kind, Args: all, Link: link})
}

// credentialNotices tells people about their licences.
type credentialNotices struct{ w *world }

func (n credentialNotices) Revoked(ctx context.Context, l credential.Licence) error {
	return n.w.notice.Tell(ctx, notice.Message{Person: l.Person, Kind: "credential.notice.revoked", Link: "/licences/" + l.ID})
}
