// Package logcmd is `causeway log verify`: it checks a transparency log from
// outside, by its address alone, or from inside, with the entries beside it.
package logcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"

	"golang.org/x/mod/sumdb/note"

	"causeway/platform/tlog"
)

// Exit codes.
const (
	Good   = 0 // everything is as it was signed
	Bad    = 1 // something was changed, dropped, added or forged
	Failed = 2 // it could not be checked
)

// Options are the flags of `causeway log verify`. Either URL is given, or Data or
// DB or both.
type Options struct {
	URL   string // of the program or of the log itself
	Key   string // the note verifier keys that the caller trusts, parted by commas or white space
	Since string // a file that keeps the newest checkpoint that was found good

	Data string // a folder with causeway.db, and the master file in keys/
	DB   string // the address of a PostgreSQL database

	Client *http.Client // nil: one with time limits
}

// Verify runs the command and returns its exit code. What was found goes to
// stdout, why it could not be checked to stderr.
func Verify(ctx context.Context, o Options, stdout, stderr io.Writer) int {
	p := &printer{out: stdout}
	err := verify(ctx, o, p)
	if err == nil {
		err = p.err
	}
	switch {
	case err != nil && bad(err):
		p.line("BAD: %s", err)
		return Bad
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "log verify: %s\n", err)
		return Failed
	case p.problems > 0:
		p.line("BAD: %d found", p.problems)
		return Bad
	}
	p.line("ok")
	return Good
}

// bad reports whether err is about the log, and not about reaching it.
func bad(err error) bool {
	return errors.Is(err, tlog.ErrCorrupt) || errors.Is(err, tlog.ErrForked) || errors.Is(err, tlog.ErrCheckpoint)
}

// errUsage reports flags that do not go together.
var errUsage = errors.New("give either --url with --key, or --data, or --db")

func verify(ctx context.Context, o Options, p *printer) error {
	var known note.Verifiers
	if o.Key != "" {
		var all []note.Verifier
		for _, key := range strings.FieldsFunc(o.Key, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
			v, err := note.NewVerifier(key)
			if err != nil {
				return fmt.Errorf("--key is no verifier key (NAME+HASH+KEY): %w", err)
			}
			all = append(all, v)
		}
		if len(all) == 0 {
			return errors.New("--key is no verifier key (NAME+HASH+KEY): it is empty")
		}
		known = note.VerifierList(all...)
	}
	switch {
	case o.URL != "" && (o.Data != "" || o.DB != ""), o.URL == "" && o.Data == "" && o.DB == "":
		return errUsage
	case o.URL != "" && known == nil:
		return fmt.Errorf("--url needs --key: %w", errUsage)
	case o.URL != "":
		return remote(ctx, o, known, p)
	}
	return local(ctx, o, known, p)
}

// prefix returns the log's own address: url is that, or the program's.
func prefix(url string) string {
	url = strings.TrimSuffix(url, "/")
	if strings.HasSuffix(url, "/tlog") {
		return url
	}
	return url + "/tlog"
}

// remote checks the log at o.URL.
func remote(ctx context.Context, o Options, known note.Verifiers, p *printer) error {
	since, err := readSince(o.Since, known)
	if err != nil {
		return err
	}
	client := o.Client
	if client == nil {
		client = &http.Client{Timeout: time.Minute}
	}
	r := tlog.Remote{Client: client, Prefix: prefix(o.URL)}
	c, err := r.Checkpoint(ctx, known)
	if err != nil {
		return err
	}
	p.line("log %s: a signed checkpoint of %d leaves, root %s", c.Origin, c.Size, c.Root)
	if err := r.Verify(ctx, c, since); err != nil {
		return err
	}
	p.line("every tile and entry gives that root")
	if since.Note != "" {
		p.line("it continues the checkpoint of %d leaves in %s", since.Size, o.Since)
	}
	return writeSince(o.Since, c)
}

// maxLines is how many problems are printed; the rest is counted.
const maxLines = 200

// A printer writes what is found, and remembers the first failure to write.
type printer struct {
	out      io.Writer
	problems int
	err      error
}

func (p *printer) line(format string, args ...any) {
	if _, err := fmt.Fprintf(p.out, format+"\n", args...); err != nil && p.err == nil {
		p.err = fmt.Errorf("write: %w", err)
	}
}

func (p *printer) problem(format string, args ...any) {
	p.problems++
	switch {
	case p.problems <= maxLines:
		p.line(format, args...)
	case p.problems == maxLines+1:
		p.line("… and more, which are counted only")
	}
}
