package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"belay/steps"
	"belay/steps/checklist"
	"belay/steps/engine"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/printed"
)

func (a *app) statusCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use: "status",
		Short: "What runs, here or on another host, what is left open, and how the folder stands: pending, applied, " +
			"dirty, drifted, late",
		Args: cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error { return a.status(output) }),
	}
	c.Flags().StringVar(&output, "output", "text", "text or json")
	return c
}

// stampFormat is how a moment is said.
const stampFormat = "2006-01-02 15:04:05 UTC"

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
	p, err := a.target()
	if err != nil {
		return err
	}
	doc := statusDoc{Schema: "belay.status/1", Runs: a.openRuns(), Others: []fact.OtherRun{}, Checks: []fact.Item{}}
	empty, unread := checkRun(p)
	if unread == nil && !empty {
		if unread, err = a.folderStatus(&doc); err != nil {
			return err
		}
	}
	if unread != nil && len(doc.Runs) == 0 && len(doc.Others) == 0 && doc.Target == nil {
		return unread
	}
	if output == "json" {
		err = a.out.value(doc, true)
		if p.HasDSN() && doc.unreached() {
			a.refuse(doc.Target.Error, doc.Target.Hint)
		}
	} else if paper, ok := a.paper(); ok {
		a.out.draw(paper.Status(doc.shown(p.Shown(), empty)))
	} else {
		a.printStatus(doc, p.Shown(), empty)
	}
	if err = errors.Join(err, unread); err == nil && (doc.stops() || (p.HasDSN() && doc.unreached())) {
		return &exited{code: steps.ExitFailed}
	}
	return err
}

// stops reports whether something stands against any run of the folder, also where a
// run is open.
func (d statusDoc) stops() bool {
	return slices.ContainsFunc(d.Checks, func(i fact.Item) bool { return i.Level == fact.Stop })
}

// unreached reports whether the server that was named did not answer, or let nobody in. An
// open run is shown all the same, but what it left in the database nobody saw.
func (d statusDoc) unreached() bool { return d.Target != nil && !d.Target.Connected }

// openRuns lists the runs that have something left.
func (a *app) openRuns() []statusRun {
	runs := []statusRun{}
	for _, k := range engine.Looks() {
		runs = append(runs, statusRun{
			ID: k.ID, Database: k.Plan.Database, Host: k.Plan.Host, Live: true, Since: k.Plan.At.Format(stampFormat),
			Migrations: []string{}, State: "look, not confirmed: " + k.Word(),
		})
	}
	all, _ := engine.Runs()
	for _, k := range all {
		// An engine that has written its end is about to go: what it left counts.
		if settled, err := k.Settled(a.ctx); err == nil {
			k = settled
		}
		if !k.Open() {
			continue
		}
		r := statusRun{
			ID: k.ID, Database: k.Plan.Database, Host: k.Plan.Host, Live: k.Live, Unresolved: k.Unresolved(),
			Since: k.Plan.At.Format(stampFormat), Migrations: k.Run.Opened.Migrations, State: "left open",
		}
		if s := k.Run.Current(); s != nil && k.Live {
			r.State = s.ID + " " + string(s.Status)
		}
		if k.Live && engine.Frozen(k.Folder) {
			r.State = "its engine is stopped by a signal and does nothing: SIGCONT lets it go on"
		}
		if r.Unresolved && !k.Live {
			r.State = unresolved(k)
		}
		runs = append(runs, r)
	}
	return runs
}

// unresolved says how a run stands that has a file without an end. Of a backfill the
// database keeps which rows are done.
func unresolved(k engine.Known) string {
	at := slices.IndexFunc(k.Plan.Files, func(f engine.PlanFile) bool { return f.Version == k.Run.Unresolved() })
	switch f := k.Run.Finished; {
	case at < 0 || k.Plan.Files[at].Backfill == nil:
		return "its engine ended; what became of its last file is not known yet"
	case f != nil && f.Summary != "":
		return f.Summary
	}
	return "its engine ended in the backfill of " + k.Plan.Files[at].Path + "; the rows that are done stay done"
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
func (a *app) folderStatus(doc *statusDoc) (unread, err error) {
	p, err := a.project()
	if err != nil {
		return nil, err
	}
	r, err := a.lookOnce(p.Dir, nil, checklist.Preflight.ID)
	if err != nil {
		return nil, err
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
	// A server that cannot be asked is said with the target; what else ends a look
	// before the folder is known is the folder's.
	if f := r.Finished; doc.Folder == nil && f.Exit != steps.ExitDone && (doc.Target == nil || doc.Target.Connected) {
		return &steps.Exit{
			Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied, Summary: f.Summary, Advice: f.Hint,
		}, nil
	}
	return nil, nil
}

// lookOnce lets an engine look, up to a step, and returns what it saw; "" = all that
// comes before a run.
func (a *app) lookOnce(dir string, versions []string, until string) (*state.Run, error) {
	folder, err := engine.NewFolder()
	if err != nil {
		return nil, err
	}
	presence, err := journal.ArriveMute(folder)
	if err != nil {
		return nil, err
	}
	defer presence.Leave()
	w, err := prepare(engine.Order{
		Dir: dir, Folder: folder, Flags: a.flags, DSN: a.flags.DSN, Environ: engine.Environ(), Versions: versions,
		Headless: true, By: userName(), Until: until,
	})
	if err != nil {
		return nil, err
	}
	defer w.file.Close()
	events, err := a.read(w)
	if err != nil {
		return nil, err
	}
	r := state.New()
	for r.Finished == nil {
		e, err := events.next(a.ctx)
		if a.ctx.Err() != nil {
			return nil, stopped()
		}
		if err != nil {
			return nil, err
		}
		if err := r.Apply(e); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// stopped is the end of a command that was told to end while it only looked.
func stopped() error {
	return &steps.Exit{
		Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied, Summary: "stopped on request, while it only looked",
		Advice: "nothing was begun and nothing has changed: give the command again",
	}
}

// shown is the document as it is drawn.
func (d statusDoc) shown(name string, empty bool) printed.Status {
	s := printed.Status{Target: d.Target, Folder: d.Folder, Shown: name, Empty: empty, Checks: d.Checks}
	for _, r := range d.Runs {
		s.Runs = append(s.Runs, printed.OpenRun{
			ID: r.ID, Where: "on " + r.Database + " (" + r.Host + ")", State: r.State, Since: r.Since, Live: r.Live,
			Next: "belay attach " + r.ID,
		})
	}
	for _, r := range d.Others {
		o := printed.OpenRun{
			ID: r.ID, Where: "of " + r.Owner, State: r.State, Since: r.Opened.Format(stampFormat),
			Live: r.Session != "",
			More: fmt.Sprintf("%d of %d applied, last heard of %s", r.Applied, len(r.Migrations),
				r.Seen.Format("15:04:05 UTC")),
		}
		if o.Live {
			o.More += "; it runs: " + r.Session
		} else {
			o.More += "; none of its sessions is on the server"
			o.Next = "belay attach " + r.ID + " takes it over"
		}
		s.Runs = append(s.Runs, o)
	}
	if l := d.Ledger; l != nil {
		s.Campaigns = l.Campaigns
		if len(s.Runs) == 0 {
			s.Holder = l.Holder
		}
	}
	return s
}

// whereLine names the database that was looked at.
func whereLine(t fact.Target) string {
	kind := "primary"
	if t.Standby {
		kind = "standby"
	}
	line := fmt.Sprintf("%s on %s:%d, %s %s", t.Database, t.Host, t.Port, t.Version, kind)
	if t.Environment != "" {
		line += ", " + t.Environment
	}
	return line
}

func (a *app) printStatus(doc statusDoc, shown string, empty bool) {
	if t := doc.Target; t != nil && t.Connected {
		a.out.say("%s", whereLine(*t))
	}
	for _, r := range doc.Runs {
		a.out.say("run %s on %s (%s): %s, since %s; watch: belay attach %s",
			r.ID, r.Database, r.Host, r.State, r.Since, r.ID)
	}
	for _, r := range doc.Others {
		a.out.say("%s", otherLine(r))
	}
	if l := doc.Ledger; l != nil && l.Holder != "" && len(doc.Runs) == 0 && len(doc.Others) == 0 {
		a.out.say("a run is open on this database: %s", l.Holder)
	}
	if l := doc.Ledger; l != nil {
		for _, line := range l.Campaigns {
			a.out.say("%s", line)
		}
	}
	if t := doc.Target; t != nil && !t.Connected {
		a.refuse(t.Error, t.Hint)
	}
	f := doc.Folder
	if f == nil {
		if empty {
			a.out.say("%s: nothing pending, the folder is empty", shown)
		}
		return
	}
	if !f.Read {
		a.out.say("%s %s: what is applied is unknown", f.Path, f.Tool)
		return
	}
	dirty := "not dirty"
	if f.Dirty != "" {
		dirty = "DIRTY at " + f.Dirty
	}
	a.out.say("%s %s: %d applied, %d pending, %s", f.Path, f.Tool, f.Applied, len(f.Pending), dirty)
	if f.Missing != "" {
		a.out.say("no history table %s here", f.Missing)
	}
	for _, m := range f.Pending {
		a.out.say("  pending  %s", m.Path)
	}
	for _, c := range doc.Checks {
		if c.Level != fact.OK {
			a.out.say("  %-7s  %s", strings.ToUpper(string(c.Level)), c.Text)
			if c.Hint != "" {
				a.out.say("  %-7s  -> %s", "", c.Hint)
			}
		}
	}
}

// otherLine says who has a run on another host, where, since when, how far.
func otherLine(r fact.OtherRun) string {
	s := fmt.Sprintf("run %s of %s: %s, since %s, %d of %d applied, last heard of %s", r.ID, r.Owner, r.State,
		r.Opened.Format(stampFormat), r.Applied, len(r.Migrations), r.Seen.Format("15:04:05 UTC"))
	if r.Session != "" {
		return s + "; it runs: " + r.Session
	}
	return s + "; none of its sessions is on the server; take over: belay attach " + r.ID
}
