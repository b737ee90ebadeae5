package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"belay/steps/engine"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
)

func (a *app) statusCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use: "status", Short: "What runs, here or on another host, what is left open, and how the folder stands: pending, applied, dirty, drifted, late",
		Args: cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error { return a.status(output) }),
	}
	c.Flags().StringVar(&output, "output", "text", "text or json")
	return c
}

// statusDoc is what `status` prints as JSON.
type statusDoc struct {
	Schema string      `json:"schema"`
	Runs   []statusRun `json:"runs"`
	// Others are runs of this database that other hosts left open or run now.
	Others []fact.OtherRun `json:"others"`
	// Ledger is what belay keeps in the database; null = nobody looked.
	Ledger *fact.Ledger `json:"ledger"`
	Folder *fact.Folder `json:"folder"`
	Target *fact.Target `json:"target"`
	Checks []fact.Item  `json:"checks"`
}

type statusRun struct {
	ID         string   `json:"id"`
	Database   string   `json:"database"`
	Host       string   `json:"host"`
	Migrations []string `json:"migrations"`
	Live       bool     `json:"live"`
	Unresolved bool     `json:"unresolved"`
	State      string   `json:"state"`
	Since      string   `json:"since"`
}

func (a *app) status(output string) error {
	if err := checkOutput(output, "text", "json"); err != nil {
		return err
	}
	p, err := a.project()
	if err != nil {
		return err
	}
	doc := statusDoc{Schema: "belay.status/1", Runs: openRuns(), Others: []fact.OtherRun{}, Checks: []fact.Item{}}
	empty, err := checkFolder(p)
	if err != nil && len(doc.Runs) == 0 {
		return err
	}
	if err == nil && !empty {
		if err := a.folderStatus(&doc); err != nil {
			return err
		}
	}
	if output == "json" {
		b, err := json.MarshalIndent(doc, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s\n", b)
		return nil
	}
	a.printStatus(doc, p.Shown())
	return nil
}

// openRuns lists the runs that have something left.
func openRuns() []statusRun {
	runs := []statusRun{}
	all, _ := engine.Runs()
	for _, k := range all {
		if !k.Open() {
			continue
		}
		r := statusRun{
			ID: k.ID, Database: k.Plan.Database, Host: k.Plan.Host, Live: k.Live, Unresolved: k.Unresolved(),
			Since: k.Plan.At.Format("2006-01-02 15:04:05 UTC"), Migrations: k.Run.Opened.Migrations, State: "left open",
		}
		if s := k.Run.Current(); s != nil && k.Live {
			r.State = s.ID + " " + string(s.Status)
		}
		if k.Live && engine.Frozen(k.Folder) {
			r.State = "its engine is stopped by a signal and does nothing: SIGCONT lets it go on"
		}
		if r.Unresolved && !k.Live {
			r.State = "its engine ended; what became of its last unit is not known yet"
		}
		runs = append(runs, r)
	}
	return runs
}

// withoutOthers leaves out the runs of this host that another took over: what is
// known of them is there.
func withoutOthers(own []statusRun, others []fact.OtherRun) []statusRun {
	return slices.DeleteFunc(own, func(r statusRun) bool {
		return !r.Live && slices.ContainsFunc(others, func(o fact.OtherRun) bool { return o.ID == r.ID })
	})
}

// folderStatus looks at the folder and the database through an engine of its
// own, which reads and leaves nothing behind.
func (a *app) folderStatus(doc *statusDoc) error {
	p, err := a.project()
	if err != nil {
		return err
	}
	r, err := a.lookOnce(p.Dir, nil)
	if err != nil {
		return err
	}
	if f, _, ok := state.Get[fact.Folder](r); ok {
		doc.Folder = &f
	}
	if l, _, ok := state.Get[fact.Ledger](r); ok {
		doc.Ledger, doc.Others = &l, l.Runs
		doc.Runs = withoutOthers(doc.Runs, l.Runs)
	}
	if t, _, ok := state.Get[fact.Target](r); ok {
		doc.Target = &t
	}
	if c, _, ok := state.Get[fact.Preflight](r); ok {
		doc.Checks = append(doc.Checks, c.Items...)
	}
	return nil
}

// lookOnce lets an engine look and returns what it saw.
func (a *app) lookOnce(dir string, versions []string) (*state.Run, error) {
	folder, err := engine.NewFolder()
	if err != nil {
		return nil, err
	}
	presence, err := journal.Arrive(folder)
	if err != nil {
		return nil, err
	}
	defer presence.Leave()
	err = engine.Start(engine.Order{
		Dir: dir, Folder: folder, Flags: a.flags, DSN: a.flags.DSN, Environ: engine.Environ(), Versions: versions,
		Headless: true, By: userName(),
	})
	if err != nil {
		return nil, err
	}
	w, err := a.read(watched{folder: folder})
	if err != nil {
		return nil, err
	}
	defer w.file.Close()
	r := state.New()
	for r.Finished == nil {
		e, err := w.next(a.ctx)
		if err != nil {
			return nil, err
		}
		if err := r.Apply(e); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (a *app) printStatus(doc statusDoc, shown string) {
	for _, r := range doc.Runs {
		fmt.Fprintf(a.out, "run %s on %s (%s): %s, since %s; watch: belay attach %s\n",
			r.ID, r.Database, r.Host, r.State, r.Since, r.ID)
	}
	for _, r := range doc.Others {
		fmt.Fprintln(a.out, otherLine(r))
	}
	if l := doc.Ledger; l != nil && l.Holder != "" && len(doc.Runs) == 0 && len(doc.Others) == 0 {
		fmt.Fprintf(a.out, "a run is open on this database: %s\n", l.Holder)
	}
	if t := doc.Target; t != nil && !t.Connected {
		fmt.Fprintf(a.errOut, "belay: error: %s\nbelay: hint: %s\n", t.Error, t.Hint)
	}
	f := doc.Folder
	if f == nil {
		fmt.Fprintf(a.out, "%s: nothing pending, the folder is empty\n", shown)
		return
	}
	if !f.Read {
		fmt.Fprintf(a.out, "%s %s: what is applied is unknown\n", f.Path, f.Tool)
		return
	}
	dirty := "not dirty"
	if f.Dirty != "" {
		dirty = "DIRTY at " + f.Dirty
	}
	fmt.Fprintf(a.out, "%s %s: %d applied, %d pending, %s\n", f.Path, f.Tool, f.Applied, len(f.Pending), dirty)
	for _, m := range f.Pending {
		fmt.Fprintf(a.out, "  pending  %s\n", m.Path)
	}
	for _, c := range doc.Checks {
		if c.Level != fact.OK {
			fmt.Fprintf(a.out, "  %-7s  %s\n", strings.ToUpper(string(c.Level)), c.Text)
		}
	}
}

// otherLine says who has a run on another host, where, since when, how far.
func otherLine(r fact.OtherRun) string {
	s := fmt.Sprintf("run %s of %s: %s, since %s, %d of %d applied, last heard of %s", r.ID, r.Owner, r.State,
		r.Opened.Format("2006-01-02 15:04:05 UTC"), r.Applied, len(r.Migrations), r.Seen.Format("15:04:05 UTC"))
	if r.Session != "" {
		return s + "; it runs: " + r.Session
	}
	return s + "; nothing of it lives on the server; take over: belay attach " + r.ID
}
