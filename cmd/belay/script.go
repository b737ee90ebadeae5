package main

import (
	"strings"

	"github.com/spf13/cobra"

	"belay/steps"
	"belay/steps/fact"
	"belay/steps/script"
	"belay/steps/state"
)

func (a *app) scriptCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "script [VERSION...]",
		Short: "Print what would run, as plain psql",
		Long: `Prints the pending migrations with belay's limits and the tool's history rows, ready for psql. It is
the same SQL; what psql cannot do is try again, name who stands in the way, and find out what became of a lost COMMIT. A file
that runs in batches is no one UPDATE there: the script says how it is done, and stops before it.`,
		Example: "  belay script > tonight.sql",
		RunE:    command(func(_ *cobra.Command, versions []string) error { return a.script(versions) }),
	}
}

func (a *app) script(versions []string) error {
	p, err := a.target()
	if err != nil {
		return err
	}
	empty, err := checkFolder(p)
	if err != nil {
		return err
	}
	if empty {
		a.errOut.say("%s", nothingPending(p))
		return nil
	}
	r, err := a.lookOnce(p.Dir, versions, "")
	if err != nil {
		return err
	}
	if t, _, _ := state.Get[fact.Target](r); !t.Connected {
		return &steps.Refused{Problem: t.Error, Advice: t.Hint}
	}
	plan, _, _ := state.Get[fact.Plan](r)
	if len(plan.Units) == 0 {
		f := r.Finished
		if f.Exit == steps.ExitDone {
			a.errOut.say("%s", f.Summary)
			return nil
		}
		return &steps.Exit{Code: f.Exit, Summary: f.Summary, Advice: f.Hint}
	}
	plan, secrets, err := script.Exact(plan, fileBytes(p))
	if err != nil {
		return err
	}
	text, err := script.Psql(plan)
	if err != nil {
		return err
	}
	if len(secrets) > 0 {
		a.errOut.say("belay: warning: the script holds the passwords or keys of %s: keep it as you keep the file",
			strings.Join(secrets, ", "))
	}
	a.out.put(text)
	return nil
}
