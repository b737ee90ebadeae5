// Command belay walks a person through running a migration on a live PostgreSQL.
//
// Where text goes: questions and screens to the terminal, results to stdout,
// everything else to stderr as `belay: error: …` and `belay: hint: …`, without
// capitals and without a full stop.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"belay/steps"
)

func main() { os.Exit(run(os.Args[1:])) }

// run is main without the exit, so that a test binary can be belay too.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first asks to end, the second ends, whatever is being computed.
	context.AfterFunc(ctx, stop)
	// A hangup ends the screen and never the run: the engine is another process.
	ctx, hung := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer hung()
	a := &app{ctx: ctx, in: os.Stdin, out: os.Stdout, errOut: os.Stderr}
	return a.execute(args)
}

// fail prints an error with its hint and returns its exit code.
func (a *app) fail(err error) int {
	if err == nil {
		return steps.ExitDone
	}
	fmt.Fprintf(a.errOut, "belay: error: %s\n", err)
	if hint := steps.HintOf(err); hint != "" {
		fmt.Fprintf(a.errOut, "belay: hint: %s\n", hint)
	}
	return exitCode(err)
}
