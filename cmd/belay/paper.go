package main

import (
	"os"

	"golang.org/x/term"

	"belay/tui/printed"
)

// paper is what a command's result is drawn on; ok is false where it goes to a pipe or a
// file, or lines were asked for: those get the form that programs read.
func (a *app) paper() (p printed.Paper, ok bool) {
	fd := int(a.terminal.Fd())
	width, _, err := term.GetSize(fd)
	if err != nil {
		width = 0
	}
	person := term.IsTerminal(fd) && os.Getenv("TERM") != "dumb" && os.Getenv("ACCESSIBLE") == ""
	return printed.New(a.drawn().Look(), width), !a.plain && (person || a.color == "always")
}
