package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// flow makes the help of a command and of those below it paragraphs: where their lines
// end in the source says nothing about how wide the terminal is.
func flow(c *cobra.Command) {
	c.Long = paragraphs(c.Long)
	for _, below := range c.Commands() {
		flow(below)
	}
}

// paragraphs joins the lines of a text. An empty line stays, and so do lines that begin
// with a blank: they are lists.
func paragraphs(text string) string {
	var b strings.Builder
	was := ""
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		switch {
		case i == 0:
		case line == "" || was == "" || line[0] == ' ' || was[0] == ' ':
			b.WriteByte('\n')
		default:
			b.WriteByte(' ')
		}
		b.WriteString(line)
		was = line
	}
	return b.String()
}
