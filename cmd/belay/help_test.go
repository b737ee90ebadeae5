package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestHelpFlows looks at the long help of every command: no line may end within a
// sentence, for the printer wraps at the width of the terminal.
func TestHelpFlows(t *testing.T) {
	looked := 0
	var look func(c *cobra.Command)
	look = func(c *cobra.Command) {
		lines := strings.Split(c.Long, "\n")
		for i := 1; i < len(lines); i++ {
			if a, b := lines[i-1], lines[i]; a != "" && b != "" && a[0] != ' ' && b[0] != ' ' {
				t.Errorf("%s: the help breaks between %q and %q", c.CommandPath(), a, b)
			}
		}
		if strings.Contains(c.Long, "\n\n") {
			looked++
		}
		for _, below := range c.Commands() {
			look(below)
		}
	}
	look((&app{}).root())
	if looked < 3 {
		t.Errorf("only %d texts have paragraphs", looked)
	}
	if got := paragraphs("a\nb\n\nc\n  list one\n  list two\nd\n"); got != "a b\n\nc\n  list one\n  list two\nd" {
		t.Errorf("got %q", got)
	}
}
