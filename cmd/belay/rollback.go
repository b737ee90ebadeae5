package main

import (
	"github.com/spf13/cobra"

	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/engine"
	"belay/steps/journal"
	"belay/steps/playbook"
	"belay/steps/project"
)

func (a *app) rollbackCommand() *cobra.Command {
	var answers, output string
	c := &cobra.Command{
		Use:   "rollback [RUN|VERSION...]",
		Short: "Take the newest applied migrations back, step by step",
		Long: `Runs the down file of the newest applied migration with the same care as the way forward: the same
review, dialog, tries at the lock, and proof. A RUN takes back what that run applied; VERSIONs are taken
back newest first, and must be the newest that are applied.

The same command goes on with a rollback that was stopped, parked or lost.`,
		Example: `  belay rollback
  belay rollback 000042
  belay rollback 7f3a --answers prod.toml --output json`,
		RunE: command(func(_ *cobra.Command, args []string) error { return a.rollback(args, answers, output) }),
	}
	c.Flags().StringVar(&answers, "answers", "",
		"answer questions from this TOML `FILE`; what it lacks ends the run with exit code 4")
	c.Flags().StringVar(&output, "output", "text", "text, or json: the journal's lines")
	return c
}

func (a *app) rollback(args []string, answersFile, output string) error {
	return a.drive(answersFile, output, func(p *project.Project) (request, error) {
		versions, err := takenBack(p, args)
		return request{command: playbook.Rollback.Name, versions: versions}, err
	})
}

// takenBack are the versions that the arguments mean: versions of the folder, or
// what a run applied.
func takenBack(p *project.Project, args []string) ([]string, error) {
	if len(args) != 1 || hasVersion(p, args[0]) {
		return args, nil
	}
	k, err := engine.FindRun(args[0])
	if err != nil {
		return nil, &steps.Refused{
			Problem: args[0] + " is neither a version in " + p.Shown() + " nor a run",
			Advice:  "`belay status` lists both", Fatal: true,
		}
	}
	var versions []string
	for _, u := range k.Run.Units {
		if u.Outcome == journal.OutcomeApplied && k.Plan.Command != playbook.Rollback.Name {
			versions = append(versions, u.Version)
		}
	}
	if len(versions) == 0 {
		return nil,
			&steps.Refused{
				Problem: "run " + k.ID + " applied nothing that could be taken back",
				Advice:  "`belay report " + k.ID + "` tells its story", Fatal: true,
			}
	}
	return versions, nil
}

func hasVersion(p *project.Project, version string) bool {
	f, err := migration.Find(p.Picked.Tool)
	if err != nil {
		return false
	}
	folder, err := p.ReadFolder(f)
	return err == nil && folder.Find(version) != nil
}
