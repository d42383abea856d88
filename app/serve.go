package app

import (
	"context"
	"errors"
	"time"
)

// serveCommand is `causeway serve`.
type serveCommand struct {
	Config string `required:"" type:"path" help:"The configuration file."`
}

func (c serveCommand) run(_ context.Context, _ Streams, _ func() time.Time) error {
	return errors.New("serve: not yet")
}
