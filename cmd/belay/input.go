package main

import (
	"context"
	"io"

	"github.com/muesli/cancelreader"
	"golang.org/x/term"
)

// input is standard input whose reading ends with the command: a signal is heard while
// a person is asked, or a pipe says nothing.
type input struct {
	ctx context.Context
	io.Reader
}

// input reads standard input for as long as the command is not told to end. A regular
// file cannot be waited for and needs no end.
func (a *app) input() io.Reader {
	r, err := cancelreader.NewReader(a.in)
	if err != nil {
		return a.in
	}
	context.AfterFunc(a.ctx, func() { r.Cancel() })
	return input{a.ctx, r}
}

// sayRead tells a person at a terminal that SQL is waited for, and how it ends.
func (a *app) sayRead() {
	if term.IsTerminal(int(a.in.Fd())) {
		a.errOut.say("reading SQL from standard input: Ctrl+D ends it, Ctrl+C leaves")
	}
}

// Read is the file's; its error after the command's end is context.Canceled.
func (i input) Read(p []byte) (int, error) {
	n, err := i.Reader.Read(p)
	if err != nil && i.ctx.Err() != nil {
		return n, i.ctx.Err()
	}
	return n, err
}
