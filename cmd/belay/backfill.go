package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"belay/db"
	"belay/db/backfill"
	"belay/steps"
	"belay/steps/engine"
	"belay/steps/fill"
	"belay/steps/journal"
)

// backfillOptions are the flags of `belay backfill`.
type backfillOptions struct {
	spec            backfill.Spec
	list            bool
	resume          string
	answers, output string
}

func (a *app) backfillCommand() *cobra.Command {
	var o backfillOptions
	c := &cobra.Command{
		Use:   "backfill --table T --set SQL",
		Short: "Fill a column of a live table in small batches, each row exactly once",
		Long: `Runs UPDATE T SET SQL WHERE … in batches that take a set time, waits when the server or the application
is under strain, and verifies at the end. The cursor is committed with its rows, in a schema belay of the database:
however it ends, the same command with --resume ID goes on, from any host, and no row is filled twice.

Ctrl+C pauses within a batch and leaves nothing open.`,
		Example: `  belay backfill --table public.users --set "token = gen_random_uuid()" --where "token IS NULL"
  belay backfill --list`,
		Args: cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error { return a.backfill(o) }),
	}
	f := c.Flags()
	f.StringVar(&o.spec.Relation, "table", "", "the table `T`, such as public.users")
	f.StringVar(&o.spec.Set, "set", "", "the SET list in `SQL`, such as \"status = 'active'\"")
	f.StringVar(&o.spec.Where, "where", "", "the rows to change, in `SQL`; empty = every row")
	f.StringSliceVar(&o.spec.Key, "key", nil, "walk by these `COLS`; empty = the best key is chosen")
	f.DurationVar(&o.spec.BatchTime, "batch-time", backfill.DefaultBatchTime, "how long one batch should take, 10ms to 1s")
	f.Float64Var(&o.spec.Nice, "nice", 0, "pause `N` times as long as each batch took")
	f.BoolVar(&o.spec.Vacuum, "vacuum", false, "allow a gentle VACUUM after every tenth of the rows")
	f.BoolVar(&o.spec.DualWrite, "dual-write", false, "the application itself fills new and changed rows")
	f.BoolVar(&o.list, "list", false, "list the backfills of this database")
	f.StringVar(&o.resume, "resume", "", "go on with the backfill of this `ID`; give the same --table and --set")
	f.StringVar(&o.answers, "answers", "", "answer questions from this TOML `FILE`")
	f.StringVar(&o.output, "output", "text", "text or json")
	return c
}

func (a *app) backfill(o backfillOptions) error {
	if err := checkOutput(o.output, "text", "json"); err != nil {
		return err
	}
	answers, err := readAnswers(o.answers)
	if err != nil {
		return err
	}
	p, err := a.project()
	if err != nil {
		return err
	}
	if !p.HasDSN() {
		return &steps.Refused{Problem: "no database is named", Advice: "set $DATABASE_URL, or give --dsn or --target"}
	}
	if o.list {
		return a.listBackfills(p.DSN, p.DSNFrom)
	}
	if o.spec.Relation == "" || o.spec.Set == "" {
		return &usageError{problem: "--table and --set are needed", advice: "such as --table public.users --set \"status = 'active'\""}
	}
	control := &backfill.Control{}
	work, stop := context.WithCancel(context.WithoutCancel(a.ctx))
	defer stop()
	done := a.watchBackfill(control, o.output)
	result, err := fill.Run(work, p, fill.Request{
		Spec: o.spec, ID: o.resume, Control: control, Version: engine.Version,
		Ask: a.answering(answers, o.answers != ""), Tell: func(s string) { a.tellBackfill(s, o.output) },
	})
	done()
	return a.backfillEnded(result, err, o.output)
}

// watchBackfill prints how far it is, and turns the first signal into a pause.
func (a *app) watchBackfill(c *backfill.Control, output string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(10 * time.Second)
		defer tick.Stop()
		asked := a.ctx.Done()
		for {
			select {
			case <-ctx.Done():
				return
			case <-asked:
				asked = nil
				c.Pause(userName())
			case <-tick.C:
				a.printProgress(c.Snapshot(), output)
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

func (a *app) printProgress(s backfill.Snapshot, output string) {
	if s.ID == "" {
		return
	}
	if output == "json" {
		b, err := json.Marshal(struct {
			Kind string `json:"kind"`
			backfill.Snapshot
		}{"backfill.progress", s})
		if err == nil {
			fmt.Fprintf(a.out, "%s\n", b)
		}
		return
	}
	why := ""
	if s.Waiting != nil {
		why = "  waits: " + s.Waiting.Reason()
	}
	fmt.Fprintf(a.out, "%5.1f %%  %d rows of about %d  %.0f rows/s  batch %d ms of %d ms%s\n",
		100*s.Progress, s.Rows, s.Total, s.Rate, s.Batch.Milliseconds(), s.Target.Milliseconds(), why)
}

func (a *app) tellBackfill(sentence, output string) {
	if output == "text" {
		fmt.Fprintln(a.out, sentence)
	}
}

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

func (a *app) backfillEnded(r backfill.Result, err error, output string) error {
	var paused *backfill.PausedError
	if errors.As(err, &paused) {
		return &steps.Exit{Code: steps.ExitPerson, Outcome: steps.OutcomePerson, Summary: paused.Error(), Advice: paused.Hint()}
	}
	if err != nil {
		return err
	}
	left := r.Verified.Left + r.Verified.Differ
	if output == "json" {
		b, err := json.Marshal(map[string]any{
			"kind": "backfill.done", "id": r.ID, "rows": r.Rows, "batches": r.Batches, "seconds": r.Took.Seconds(), "left": left,
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s\n", b)
	} else {
		fmt.Fprintf(a.out, "done: %d rows in %d batches, %s; %s\n", r.Rows, r.Batches, r.Took.Round(time.Millisecond), r.Verified)
	}
	if left > 0 {
		return &steps.Exit{
			Code: steps.ExitPerson, Outcome: steps.OutcomePerson, Summary: fmt.Sprintf("%d rows are not as the statement makes them", left),
			Advice: "rows written meanwhile were not covered: let the application or a trigger write both, then run it again",
		}
	}
	return nil
}

func (a *app) listBackfills(dsn, from string) error {
	cfg, err := db.ParseConfig(dsn, from)
	if err != nil {
		return err
	}
	c, err := db.Connect(a.ctx, cfg, db.Session{Kind: db.Monitor})
	if err != nil {
		return err
	}
	defer c.Close()
	rows, err := backfill.List(a.ctx, c)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		fmt.Fprintln(a.out, "no backfills here")
	}
	for _, r := range rows {
		fmt.Fprintf(a.out, "%s  %s  %s  %d rows  %s ago  %s\n", r.ID, r.Relation, r.State, r.DoneRows, r.Age.Round(time.Second), r.Reason)
	}
	return nil
}
