package main

import (
	"github.com/spf13/cobra"

	"belay/steps"
	"belay/steps/journal"
	"belay/steps/project"
)

func (a *app) runCommand() *cobra.Command {
	var answers, output, rehearsal string
	c := &cobra.Command{
		Use:   "run [VERSION...]",
		Short: "Run what is pending, step by step; with --answers also without a terminal",
		Long: `Runs the pending migrations of the folder, in order, and stops at the first failure. A VERSION
cuts the tail: what is pending up to it runs, what comes after does not.

The same command goes on with a run that was stopped, parked or lost.`,
		Example: `  belay run
  belay run --answers prod.toml --output json
  belay run 000042`,
		RunE: command(func(_ *cobra.Command, versions []string) error {
			return a.run(versions, answers, output, rehearsal)
		}),
	}
	c.Flags().StringVar(&answers, "answers", "",
		"answer questions from this TOML `FILE`; what it lacks ends the run with exit code 4")
	c.Flags().StringVar(&rehearsal, "rehearsal", "",
		"take this `FILE` of belay rehearse as evidence, where it is of these files and this schema")
	c.Flags().StringVar(&output, "output", "text", "text, or json: the journal's lines")
	return c
}

func (a *app) run(versions []string, answersFile, output, rehearsal string) error {
	return a.drive(answersFile, output, func(*project.Project) (request, error) {
		return request{versions: versions, rehearsal: rehearsal}, nil
	})
}

// drive starts an engine as asked and follows it the way the output wants.
func (a *app) drive(answersFile, output string, ask func(*project.Project) (request, error)) error {
	if err := checkOutput(output, "text", "json"); err != nil {
		return err
	}
	given, err := readAnswers(answersFile)
	if err != nil {
		return err
	}
	p, err := a.target()
	if err != nil {
		return err
	}
	empty, err := checkRun(p)
	if err != nil {
		return err
	}
	if empty {
		return a.nothing(p, output)
	}
	r, err := ask(p)
	if err != nil {
		return err
	}
	headless := answersFile != "" || output == "json"
	r.answers, r.headless = given, headless
	w, err := a.begin(p, r)
	if err != nil {
		return err
	}
	return a.follow(w, output, headless)
}

func readAnswers(path string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	return project.ReadAnswers(path, steps.KnownQuestion, steps.ClosedAnswers, steps.QuestionIDs())
}

// nothing ends a run of an empty folder well, in the words of the output.
func (a *app) nothing(p *project.Project, output string) error {
	if output != "json" {
		a.out.say("%s", nothingPending(p))
		return nil
	}
	return a.out.value(struct {
		Kind journal.Kind `json:"kind"`
		journal.RunFinished
	}{
		"run.finished",
		journal.RunFinished{Exit: steps.ExitDone, Outcome: journal.OutcomeNothing, Summary: nothingPending(p)},
	}, false)
}

func checkOutput(have string, words ...string) error {
	list := ""
	for i, w := range words {
		if w == have {
			return nil
		}
		if i > 0 {
			list += ", "
		}
		list += w
	}
	return &usageError{problem: "--output is " + have, advice: "the words are " + list}
}
