package main

import (
	"bufio"
	"slices"
	"strings"

	"golang.org/x/term"

	"belay/steps"
	"belay/steps/journal"
)

// answering answers from the file, else from the person at the terminal. With --plain
// a pipe is read too: a line for each question.
func (a *app) answering(given map[string]string, only bool) func(journal.QuestionAsked) (string, bool) {
	in := bufio.NewScanner(a.input())
	return func(q journal.QuestionAsked) (string, bool) {
		if answer, ok := given[q.ID]; ok {
			return answer, true
		}
		terminal := term.IsTerminal(int(a.in.Fd()))
		if only || !(terminal || a.plain) {
			return "", false
		}
		if q.Why != "" {
			a.errOut.put(q.Why + "\n")
		}
		answers := slices.Clone(q.Options)
		if q.Expect != "" {
			answers = append(answers, q.Expect)
		}
		a.errOut.prompt("%s (%s): ", q.Text, strings.Join(answers, ", "))
		if !in.Scan() {
			if !terminal {
				a.errOut.put("\n")
			}
			return "", false
		}
		if !terminal { // nobody sees what a pipe says
			a.errOut.say("%s", in.Text())
		}
		return strings.TrimSpace(in.Text()), true
	}
}

// unanswered ends a command that writes nothing without an answer.
func unanswered(q journal.QuestionAsked) error {
	return &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: "needs an answer to " + q.ID + ": " + q.Text + " (nothing was written)",
		Advice:  "give it with --answers FILE, or with --plain as a line of standard input",
	}
}
