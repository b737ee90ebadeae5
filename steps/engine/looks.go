package engine

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"belay/db/dump"
	"belay/db/scratch"
	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/project"
	"belay/steps/state"
)

// IsLook reports whether this is a look, and no run.
func (k Known) IsLook() bool { return IsLook(k.Folder) }

// ReadLook reads a look's folder. There is no plan: where it looks is known as far
// as it wrote that down.
func ReadLook(folder string) (Whole, error) {
	k, err := recorded(folder)
	if err != nil {
		return k, err
	}
	t, _, _ := state.Get[fact.Target](k.State)
	k.Plan = Plan{
		Command: k.Run.Engine.Command, Run: k.ID, Dir: k.Run.Engine.Dir, At: k.Run.EngineAt,
		Database: t.Database, Host: t.Host, Port: t.Port, SystemID: t.SystemID, DatabaseOID: t.DatabaseOID,
	}
	k.Live = journal.Held(folder)
	return k, nil
}

// Looks lists this user's looks that go on without a screen, newest first.
func Looks() []Known {
	return slices.DeleteFunc(looks(), func(k Known) bool { return !k.Open() })
}

func looks() []Known {
	runs, err := project.RunsDir()
	if err != nil {
		return nil
	}
	folders, _ := filepath.Glob(filepath.Join(runs, lookPrefix+"*"))
	var all []Known
	for _, folder := range folders {
		if k, err := ReadLook(folder); err == nil {
			all = append(all, k.Known)
		}
	}
	slices.SortFunc(all, func(a, b Known) int { return b.Plan.At.Compare(a.Plan.At) })
	return all
}

// SameLook finds a look of the same command, given in the same folder for the same
// database, that goes on without a screen.
func SameLook(command, dir string, where Where) (Known, bool) {
	for _, k := range Looks() {
		p := k.Plan
		if cmp.Or(p.Command, "run") == cmp.Or(command, "run") && p.Dir == dir && where.Has(p) {
			return k, true
		}
	}
	return Known{}, false
}

// farewell is what is to be said of a look that has ended and that worked unwatched;
// "" = nothing, or it lives.
func (k Known) farewell() string {
	switch {
	case k.Live:
		return ""
	case k.Run.Finished == nil && k.Run.Work.Step != "":
		return fmt.Sprintf("look %s was ended without a word while it %s, since %s: nothing has changed", k.ID,
			k.Run.Work.What, k.Run.Work.Since.UTC().Format("15:04:05 UTC"))
	case k.Run.Finished != nil && k.Run.LeftBehind():
		return fmt.Sprintf("look %s of %s: %s", k.ID, k.Plan.At.UTC().Format("2 Jan 15:04 UTC"), k.Run.Finished.Summary)
	}
	return ""
}

// Left says what engines before left behind, and removes it: looks that worked
// unwatched and have ended, dumps in the folders given that were not done, and
// throwaway clusters. What a living engine works on stays.
func Left(backups ...string) []string {
	var said []string
	host, _ := os.Hostname()
	for _, k := range looks() {
		if o, err := readOwner(k.Folder); err != nil || o.Host != host {
			continue
		}
		if text := k.farewell(); text != "" {
			said = append(said, text)
			_ = os.RemoveAll(k.Folder)
		}
	}
	for _, dir := range backups {
		left, _ := dump.Sweep(dir)
		for _, l := range left {
			said = append(said,
				fmt.Sprintf("a dump whose belay ended without a word had left %s (%s): it is no backup, and removed",
					l.Path, measure.Bytes(l.Bytes)))
		}
	}
	for _, dir := range scratch.Sweep("", scratch.MemoryDir()) {
		said = append(said, "a throwaway cluster whose belay ended without a word had left "+dir+": removed")
	}
	return said
}

// Word is how a look that goes on without a screen stands, in a sentence.
func (k Known) Word() string {
	word := "it waits for somebody"
	if w := k.Run.Work; w.Step != "" {
		word = "it " + w.What + ", since " + w.Since.UTC().Format("15:04:05 UTC")
		if s := k.Run.Step(w.Step); s != nil && s.Summary != "" {
			word += ": " + s.Summary
		}
	}
	return fmt.Sprintf("%s; its screen was lost at %s", word, k.Run.ScreenLost.UTC().Format(time.TimeOnly+" UTC"))
}
