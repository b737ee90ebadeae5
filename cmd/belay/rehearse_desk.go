package main

import (
	"bufio"
	"context"
	"os"
	"strings"

	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
)

// rehearsalDesk is the engine of a command that keeps no journal: it prints how
// far the step is, and asks on the terminal.
type rehearsalDesk struct {
	app     *app
	answers map[string]string
	// asked is true where nobody can be asked.
	asked bool
	last  string
	// hidden are the secrets of the files.
	hidden []string
}

func (d *rehearsalDesk) Record(_ context.Context, _ string, body journal.Body) error {
	text := ""
	switch b := body.(type) {
	case journal.StepProgress:
		text = fact.Text(b.Text, d.hidden)
	case journal.Noted:
		text = fact.Text(b.Text, d.hidden)
	}
	if text != "" && text != d.last {
		d.last = text
		d.app.errOut.say("%s", text)
	}
	return nil
}

func (d *rehearsalDesk) Hide(values []string) { d.hidden = values }

func (d *rehearsalDesk) Answered(id string) (string, bool) {
	a, ok := d.answers[id]
	return a, ok
}

func (d *rehearsalDesk) Approved(id, _ string) (string, bool) { return d.Answered(id) }

func (d *rehearsalDesk) Given(id string) (answer, by string, ok bool) {
	answer, ok = d.answers[id]
	return answer, steps.AnswersFile, ok
}

func (d *rehearsalDesk) Ask(_ context.Context, _ string, q journal.QuestionAsked) (string, error) {
	if a, ok := d.answers[q.ID]; ok {
		return a, nil
	}
	if d.asked {
		return "", &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: "needs an answer to " + q.ID + ": " + q.Text,
			Advice:  "give it with --answers FILE; nothing has changed",
		}
	}
	d.app.errOut.put(q.Why + "\n")
	d.app.errOut.prompt("%s: ", q.Text)
	line, err := bufio.NewReader(d.app.in).ReadString('\n')
	if err != nil {
		return "",
			&steps.Exit{
				Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
				Summary: "nobody answers any more: nothing has changed",
			}
	}
	return strings.TrimSpace(line), nil
}

func (d *rehearsalDesk) HoldNext() (*steps.Exit, bool) { return nil, false }

func (d *rehearsalDesk) Folder() string { return os.TempDir() }

func (d *rehearsalDesk) UnitOutcome(string) (*journal.UnitIntent, journal.Outcome) { return nil, "" }

func (d *rehearsalDesk) LeftOpen(string, uint32) []steps.OpenRun { return nil }
func (d *rehearsalDesk) AppliedBefore(string, uint32) (by, back map[string]steps.AppliedBy) {
	return nil, nil
}

func (d *rehearsalDesk) AppliedAnywhere(string, string) map[string]steps.AppliedBy { return nil }

func (d *rehearsalDesk) Here(string) steps.Here { return steps.Here{} }

func (d *rehearsalDesk) Reviewed() fact.Review { return fact.Review{} }

func (d *rehearsalDesk) Claim() state.Claim { return state.Claim{} }

func (d *rehearsalDesk) Opening() steps.Opening { return steps.Opening{} }
