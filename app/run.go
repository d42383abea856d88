// Package app joins the modules into one program: its commands, its
// configuration, and the wiring of each module.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/alecthomas/kong"

	"causeway/app/logcmd"
	"causeway/app/servicecmd"
	"causeway/demo/companion"
	"causeway/platform/day"
)

// Streams are what a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// commands is the command line.
type commands struct {
	Demo      demoCommand  `cmd:"" help:"Run a whole fictional city: residents, departments, registries, services."`
	Serve     serveCommand `cmd:"" help:"Run for real, as the configuration file says."`
	Service   serviceGroup `cmd:"" help:"Check and test service definitions."`
	Log       logGroup     `cmd:"" help:"Check the transparency log."`
	Keys      keysGroup    `cmd:"" help:"See and replace the keys that sign, and wrap keys anew."`
	Companion struct {
		Kind string `arg:""`
	} `cmd:"" hidden:"" help:"One of the demo's neighbours; the demo starts them."`
}

type serviceGroup struct {
	Check struct {
		Files []string `arg:"" help:"Service definitions." type:"path"`
	} `cmd:"" help:"Check definitions; errors name file, line and column."`
	Test struct {
		File      string `arg:"" help:"A service definition." type:"path"`
		Cases     string `arg:"" help:"A table of cases." type:"path"`
		Calendars string `help:"The folder with calendars; by default calendars/ beside FILE." type:"path"`
	} `cmd:"" help:"Run a definition against a table of cases."`
}

type logGroup struct {
	Verify struct {
		URL   string `help:"The address of a running program: check from outside."`
		Key   string `help:"The verifier key that you trust."`
		Since string `help:"A file that keeps the newest checkpoint that was found good." type:"path"`
		Data  string `help:"A data folder: check every activity entry too." type:"path"`
		DB    string `name:"db" help:"The URL of a PostgreSQL database: check every activity entry too."`
	} `cmd:"" help:"Check the log from outside, or from inside with every entry."`
}

// ErrUsage reports a command line that cannot be used.
var ErrUsage = errors.New("usage")

// Run runs the command that args name and returns its exit code: 0 when it did
// what it was asked, 1 when it failed, 2 for a command line that makes no sense.
func Run(ctx context.Context, args []string, std Streams) int {
	var c commands
	exited := false
	parser, err := kong.New(&c, kong.Name("causeway"), kong.Description("Public services with the resident at the centre."),
		kong.Writers(std.Out, std.Err), kong.Exit(func(int) { exited = true }), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(std.Err, "causeway:", err)
		return 2
	}
	k, err := parser.Parse(args)
	if exited { // --help has been answered
		return 0
	}
	if err != nil {
		fmt.Fprintln(std.Err, "causeway:", err)
		return 2
	}
	now := time.Now //nolint:forbidigo // the one place where the clock is read
	switch k.Command() {
	case "demo":
		err = c.Demo.run(ctx, std, now)
	case "serve":
		err = c.Serve.run(ctx, std, now)
	case "service check <files>":
		return servicecmd.Check(c.Service.Check.Files, day.In(now(), time.UTC), std.Out, std.Err)
	case "service test <file> <cases>":
		t := c.Service.Test
		return servicecmd.Test(t.File, t.Cases, t.Calendars, std.Out, std.Err)
	case "log verify":
		v := c.Log.Verify
		return logcmd.Verify(ctx, logcmd.Options{URL: v.URL, Key: v.Key, Since: v.Since, Data: v.Data, DB: v.DB}, std.Out, std.Err)
	case "keys list":
		err = c.Keys.List.list(ctx, std, now)
	case "keys rotate <name>":
		err = c.Keys.Rotate.rotate(ctx, std, now)
	case "keys rewrap":
		err = c.Keys.Rewrap.rewrap(ctx, std, now)
	case "companion <kind>":
		err = companion.Main(ctx, c.Companion.Kind, std.In, std.Out, now)
	default:
		err = fmt.Errorf("%w: %s", ErrUsage, k.Command())
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrUsage):
		fmt.Fprintln(std.Err, "causeway:", err)
		return 2
	}
	fmt.Fprintln(std.Err, "causeway:", err)
	return 1
}
