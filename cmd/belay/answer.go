package main

import (
	"bufio"
	"fmt"
	"strings"

	"golang.org/x/term"

	"belay/steps/journal"
)

// answering answers from the file, else from the person at the terminal.
func (a *app) answering(given map[string]string, only bool) func(journal.QuestionAsked) (string, bool) {
	in := bufio.NewScanner(a.in)
	return func(q journal.QuestionAsked) (string, bool) {
		if answer, ok := given[q.ID]; ok {
			return answer, true
		}
		if only || !term.IsTerminal(int(a.in.Fd())) {
			return "", false
		}
		if q.Why != "" {
			fmt.Fprintln(a.errOut, q.Why)
		}
		fmt.Fprintf(a.errOut, "%s (%s): ", q.Text, strings.Join(append(q.Options, q.Expect), ", "))
		if !in.Scan() {
			return "", false
		}
		return strings.TrimSpace(in.Text()), true
	}
}
