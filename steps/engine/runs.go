package engine

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"belay/db/backfill"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/playbook"
	"belay/steps/state"
)

// Known is a run folder of this user.
type Known struct {
	Folder string
	ID     string
	Plan   Plan
	// Run is what the run is, how far it came and how it ended.
	Run *state.Outline
	// Live is true while an engine works on it.
	Live bool
}

// Whole is a run with all that its journal says: read for one, never for a list.
type Whole struct {
	Known
	State *state.Run
}

// Open reports whether the run has something left to do or to find out. Of a look it
// is whether its engine goes on without a screen.
func (k Known) Open() bool {
	if k.IsLook() {
		return k.Live && k.Run.LeftBehind() && k.Run.Finished == nil
	}
	if k.Run.Opened == nil || (k.Run.TakenBy != "" && !k.Live) {
		return false
	}
	f := k.Run.Finished
	return k.Live || f == nil || f.Exit == steps.ExitPerson || f.Exit == steps.ExitUnknown
}

// An engine that has written its end closes its connections and goes. endPatience
// is how long it is waited for, endPoll how often it is looked for.
const (
	endPatience = 10 * time.Second
	endPoll     = 10 * time.Millisecond
)

// Settled is the run once an engine that has written its end is gone: whoever came
// in between would watch it, and nobody would go on. A ctx that ends ends the wait.
func (k Known) Settled(ctx context.Context) (Known, error) {
	if !k.Live || k.Run.Finished == nil {
		return k, nil
	}
	ctx, cancel := context.WithTimeout(ctx, endPatience)
	defer cancel()
	for journal.Held(k.Folder) {
		select {
		case <-ctx.Done():
			return k, nil
		case <-time.After(endPoll):
		}
	}
	w, err := k.Whole()
	return w.Known, err
}

// Unresolved reports whether the outcome of a unit is not known yet.
func (k Known) Unresolved() bool { return k.Run.Unresolved() != "" }

// ReadRun reads the run of a folder, and whether an engine works on it.
func ReadRun(folder string) (Whole, error) {
	k, err := recorded(folder)
	if err != nil {
		return k, err
	}
	if k.Plan, err = ReadPlan(folder); err != nil {
		return k, err
	}
	k.Live = journal.Held(folder)
	return k, nil
}

// recorded is what the journal of a folder says.
func recorded(folder string) (Whole, error) {
	k := Whole{Known: Known{Folder: folder, ID: RunID(folder)}}
	events, err := journal.Read(filepath.Join(folder, journal.FileName))
	if err != nil {
		return k, err
	}
	if k.State, err = state.Fold(events); err == nil {
		k.Run = &k.State.Outline
	}
	return k, err
}

// FindRun finds a run by id or by the beginning of one, or a look that goes on without
// a screen; "" = the newest that is open, else the newest.
func FindRun(id string) (Known, error) {
	all, err := Runs()
	all = append(Looks(), all...)
	if len(all) == 0 && err != nil {
		return Known{}, err
	}
	var hits []Known
	for _, k := range all {
		if (id == "" && k.Open()) || (id != "" && strings.HasPrefix(k.ID, id)) {
			hits = append(hits, k)
		}
	}
	if id == "" && len(hits) == 0 && len(all) > 0 {
		return all[0], nil
	}
	switch {
	case len(hits) == 0 && id == "":
		return Known{}, &steps.Refused{Problem: "there is no run yet", Advice: "`belay` opens the guide"}
	case len(hits) == 0:
		return Known{}, &steps.Refused{Problem: "no run is called " + id, Advice: "`belay status` lists the runs"}
	case len(hits) > 1 && id != "":
		return Known{},
			&steps.Refused{Problem: fmt.Sprintf("%d runs begin with %s", len(hits), id), Advice: "give more of the id"}
	}
	return hits[0], nil
}

// Whole reads all that the journal of the run says.
func (k Known) Whole() (Whole, error) {
	if k.IsLook() {
		return ReadLook(k.Folder)
	}
	return ReadRun(k.Folder)
}

// NewestOf finds the newest run of a project: of those that were begun in its folder,
// and on the target where one is named. found is false where there is none.
func NewestOf(dir, folder string, where Where) (k Known, found bool) {
	all, _ := Runs()
	i := slices.IndexFunc(all, func(k Known) bool {
		return k.Run.Opened != nil && k.Plan.Dir == dir && k.Plan.Folder == folder &&
			(where.Database == "" || where.Has(k.Plan))
	})
	if i < 0 {
		return Known{}, false
	}
	return all[i], true
}

// Wanted is what a command means: run or rollback ("" = run), given in Dir, of a folder,
// on a database by its name. Versions are those that were named; none = what there is.
type Wanted struct {
	Command, Dir, Folder, Database string
	Versions                       []string
}

// Same finds the open run of the same command and files, which the same command goes on
// with. One of other versions, or on another database, is another.
func Same(w Wanted, sha map[string]string) (Known, bool) {
	all, _ := Runs()
	for _, k := range all {
		if k.Open() && cmp.Or(k.Plan.Command, "run") == cmp.Or(w.Command, "run") && k.Plan.Dir == w.Dir &&
			k.Plan.Folder == w.Folder && k.Plan.Database == cmp.Or(w.Database, k.Plan.Database) &&
			sameFiles(k.Plan, sha) && k.Plan.means(w.Versions) {
			return k, true
		}
	}
	return Known{}, false
}

// means reports whether versions that were named are those of the plan.
func (p Plan) means(versions []string) bool {
	bare := func(v string) string { return strings.TrimLeft(v, "0") }
	for _, v := range versions {
		if !slices.ContainsFunc(p.Files, func(f PlanFile) bool { return bare(f.Version) == bare(v) }) {
			return false
		}
	}
	return len(versions) == 0 || len(versions) == len(p.Files)
}

// Watches reports whether the run has applied all of its files, and only what comes after
// them goes on: its checks and the watch.
func (k Known) Watches() bool {
	s := k.Run.Step("run")
	return k.Live && k.Run.Finished == nil && s != nil && s.Status == journal.Done
}

func sameFiles(p Plan, sha map[string]string) bool {
	for _, f := range p.Files {
		if sha[f.Path] != f.SHA256 {
			return false
		}
	}
	return len(p.Files) > 0
}

// inTheWay finds a run of the same database that must be settled first: one that
// runs now, or one whose outcome nobody knows yet.
func (g *engine) inTheWay() (Known, bool) {
	all, _ := g.shelf.runs()
	id := g.found.Target.Identity
	for _, k := range all {
		if k.ID == g.id() || k.Plan.SystemID != id.SystemIdentifier || k.Plan.DatabaseOID != id.DatabaseOID {
			continue
		}
		if alone := playbook.Backfill.Name; k.Plan.Command == alone || g.order.Command == alone {
			continue // a backfill alone has its table's own lock
		}
		if k.Live || (k.Open() && k.Unresolved()) {
			return k, true
		}
	}
	return Known{}, false
}

// Filler finds the run of a backfill, by the backfill's id.
func Filler(id string) (Known, bool) {
	all, _ := Runs()
	for _, k := range all {
		if k.Open() &&
			slices.ContainsFunc(k.Plan.Files, func(f PlanFile) bool {
				return f.Backfill != nil && f.Backfill.ID == id
			}) {
			return k, true
		}
	}
	return Known{}, false
}

// SameBackfill finds the open run of `belay backfill` that fills the same on the
// same server: by the id, or by the statement where there is none.
func SameBackfill(b steps.Backfill, where Where) (Known, bool) {
	all, _ := Runs()
	for _, k := range all {
		if !k.Open() || k.Plan.Command != playbook.Backfill.Name || !where.Has(k.Plan) {
			continue
		}
		for _, f := range k.Plan.Files {
			if f.Backfill != nil && (f.Backfill.ID == b.ID || b.ID == "" && sameStatement(f.Backfill.Spec, b.Spec)) {
				return k, true
			}
		}
	}
	return Known{}, false
}

// SameTripwire finds the open run of the same campaign's tripwire.
func SameTripwire(t steps.Tripwire) (Known, bool) {
	all, _ := Runs()
	i := slices.IndexFunc(all, func(k Known) bool {
		return k.Open() && k.Plan.Tripwire != nil && k.Plan.Tripwire.Campaign == t.Campaign
	})
	if i < 0 {
		return Known{}, false
	}
	return all[i], true
}

func sameStatement(a, b backfill.Spec) bool {
	return a.Relation == b.Relation && a.Set == b.Set && a.Where == b.Where
}
