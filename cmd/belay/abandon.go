package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"belay/db"
	"belay/db/ledger"
	"belay/steps/engine"
	"belay/steps/journal"
)

func (a *app) abandonCommand() *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use:   "abandon RUN",
		Short: "Close a run that was left open and that nobody will go on with",
		Long: `Closes an open run with a reason, which stands in its report. It changes nothing in the database, which may be
gone: what of the run is there stays there, and what nobody asked about is named. Going on is the better way wherever the
run's database still answers: ` + "`belay attach RUN`.",
		Args: cobra.ExactArgs(1),
		RunE: command(func(_ *cobra.Command, args []string) error { return a.abandon(args[0], reason) }),
	}
	c.Flags().StringVar(&reason, "reason", "", "why, in `WORDS`; without it you are asked")
	return c
}

func (a *app) abandon(id, reason string) error {
	k, err := engine.FindRun(id)
	if err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		reason = a.whyAbandon(k)
	}
	if reason == "" {
		return &usageError{
			problem: "a run is abandoned only with a reason", advice: `such as --reason "the database was dropped"`,
		}
	}
	f, err := engine.Abandon(k, userName(), reason, time.Now)
	if err != nil {
		return err
	}
	a.out.say("run %s on %s: %s", k.ID, k.Plan.Database, f.Summary)
	if f.Hint != "" {
		a.out.say("hint: %s", f.Hint)
	}
	if k.Run.Claim.Run != "" {
		if err := a.closeInLedger(k); err != nil {
			a.out.say("hint: its entry in the ledger of the database stays open, and other hosts go on seeing it: %v",
				err)
		}
	}
	return nil
}

// whyAbandon asks for the reason on the terminal.
func (a *app) whyAbandon(k engine.Known) string {
	what := "nothing of it was begun"
	if version := k.Run.Begun(); version != "" {
		what = version + " was begun"
	}
	answer, _ := a.answering(nil, false)(journal.QuestionAsked{
		Text: "why is run " + k.ID + " abandoned?",
		Why: fmt.Sprintf("run %s of %s, since %s, on %s (%s): %s", k.ID, k.Plan.By,
			k.Plan.At.Format(time.DateTime+" UTC"), k.Plan.Database, whoseIs(k.Plan), what),
	})
	return answer
}

func whoseIs(p engine.Plan) string {
	return fmt.Sprintf("system identifier %s, database oid %d", p.SystemID, p.DatabaseOID)
}

// ledgerPatience bounds what is asked of a database that may be gone.
const ledgerPatience = 10 * time.Second

// closeInLedger writes into the database's ledger that the run is over, where that
// database is the run's.
func (a *app) closeInLedger(k engine.Known) error {
	p, err := a.project()
	if err != nil {
		return err
	}
	cfg, err := db.ParseConfig(p.DSN, p.DSNFrom)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(a.ctx, ledgerPatience)
	defer cancel()
	c, err := db.Connect(ctx, cfg, db.Session{Kind: db.Executor, Run: k.ID, Step: "abandon"})
	if err != nil {
		return err
	}
	defer c.Close()
	is := c.Whose()
	if was := db.Whose(fmt.Sprintf("%s/%d", k.Plan.SystemID, k.Plan.DatabaseOID)); !was.Same(is) {
		return &db.OtherError{Was: was, Is: is}
	}
	claim := &ledger.Claim{Run: k.Run.Claim.Run, Epoch: k.Run.Claim.Epoch}
	return ledger.SetState(ctx, c.Conn, claim, ledger.Finished)
}
