// Command belay walks a person through running a migration on a live PostgreSQL.
//
// Where text goes: questions and screens to the terminal, results to stdout,
// everything else to stderr as `belay: error: …` and `belay: hint: …`, without
// capitals and without a full stop.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"belay/sqlview/visible"
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
	a := &app{ctx: ctx, in: os.Stdin, terminal: os.Stdout, out: newOutlet(os.Stdout), errOut: newOutlet(os.Stderr)}
	defer a.out.flush()
	a.together = sameFile(os.Stdout, os.Stderr)
	return a.execute(args)
}

// sameFile reports whether what is written to both is read together, as on a
// terminal.
func sameFile(a, b *os.File) bool {
	one, err := a.Stat()
	other, alas := b.Stat()
	return err == nil && alas == nil && os.SameFile(one, other)
}

// fail prints an error with its hint and returns its exit code.
func (a *app) fail(err error) int {
	if err == nil {
		return steps.ExitDone
	}
	problem, hint := err.Error(), steps.HintOf(err)
	if a.ctx.Err() != nil && errors.Is(err, context.Canceled) && hint == "" {
		problem, hint = "stopped on request", "give the command again: it was told to stop before it was done"
	}
	a.refuse(problem, hint)
	return exitCode(err)
}

// mostOfError is what is printed of an error at most, in bytes.
const mostOfError = 8 << 10

// refuse prints what is wrong, and what to do now where there is something.
func (a *app) refuse(problem, hint string) {
	a.errOut.say("belay: error: %s", visible.Cut(problem, mostOfError))
	if hint != "" {
		a.errOut.say("belay: hint: %s", hint)
	}
}
