// Command causeway puts residents at the centre of a government's digital
// services: one identity, one consent, one form that never asks twice, one
// payment, one log of who looked at whose data.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"causeway/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Run(ctx, os.Args[1:], app.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
