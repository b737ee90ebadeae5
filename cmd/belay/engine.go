package main

import (
	"context"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"belay/steps/engine"
)

// engineCommand is the engine's own process. It is started by belay, never by
// hand, and has no terminal.
func (a *app) engineCommand() *cobra.Command {
	return &cobra.Command{
		Use: engine.Subcommand, Hidden: true, Args: cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error {
			signal.Ignore(syscall.SIGHUP, syscall.SIGINT, syscall.SIGPIPE)
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
			defer stop()
			code, err := engine.Serve(ctx)
			if err != nil {
				return err
			}
			if code != 0 {
				return &exited{code: code}
			}
			return nil
		}),
	}
}
