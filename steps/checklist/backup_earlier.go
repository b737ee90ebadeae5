package checklist

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"belay/db/dump"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/journal"
)

// earlier is the answer that takes a dump which is there already.
const earlier = "earlier"

// earlierFor is how long a dump is offered again. After that too much was written since.
const earlierFor = 24 * time.Hour

// changedFor is how long one with rows is offered again where the files were changed
// since, as by a rewrite.
const changedFor = time.Hour

// dumpNote stands beside a dump and says what it was made for. A dump is offered again
// on the same database: one with rows also where the files were changed since.
type dumpNote struct {
	dump.Dump
	Identity   string `json:"identity"`
	PlanSHA256 string `json:"plan_sha256"`
}

// changed reports whether it was made for other files than these.
func (n dumpNote) changed(plan string) bool { return n.PlanSHA256 != plan }

const dumpNoteEnding = ".json"

// note writes the note of a dump. Without one the dump is not offered again, and that
// is all.
func (f *saving) note(d dump.Dump) error {
	n := dumpNote{Dump: d, Identity: f.target.Identity.Key(), PlanSHA256: f.plan}
	text, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("note of the dump: %w", err)
	}
	if err := os.WriteFile(d.Path+dumpNoteEnding, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("note of the dump: %w", err)
	}
	return nil
}

// planHash is the hash of what would run; "" = no plan can be made yet.
func planHash(judged steps.Judgement) string {
	if judged.Plan == nil {
		return ""
	}
	return judged.Plan.SHA256
}

// earlier is the newest dump of this database that is as good as what is proposed, one
// that was made for the same files before others; nil = none, or nothing here could
// read it. A schema counts for the same files alone: a run may have changed it since.
func (f *saving) earlier() *dumpNote {
	if f.Missing != "" || f.Proposed == "none" {
		return nil
	}
	e, identity := f.env, f.target.Identity.Key()
	dir, err := backupDir(e)
	if err != nil || f.plan == "" || identity == "" {
		return nil
	}
	notes, err := filepath.Glob(filepath.Join(dir, "*"+dumpNoteEnding))
	if err != nil {
		return nil
	}
	var newest *dumpNote
	for _, path := range notes {
		n, ok := readDumpNote(path)
		switch age := e.Now().Sub(n.Started); {
		case !ok, n.Identity != identity, age < 0, age > earlierFor,
			n.SchemaOnly && f.Proposed != "schema",
			n.changed(f.plan) && (n.SchemaOnly || age > changedFor || f.ranSince(n.Started)):
		case newest == nil, newest.changed(f.plan) && !n.changed(f.plan),
			newest.changed(f.plan) == n.changed(f.plan) && n.Started.After(newest.Started):
			newest = &n
		}
	}
	return newest
}

// ranSince reports whether a run of this user has changed the database since: a dump
// from before is then one of another schema.
func (f *saving) ranSince(at time.Time) bool {
	id := f.target.Identity
	by, back := f.env.Engine.AppliedBefore(id.SystemIdentifier, id.DatabaseOID)
	for _, runs := range []map[string]steps.AppliedBy{by, back} {
		for _, r := range runs {
			if r.At.After(at) {
				return true
			}
		}
	}
	return false
}

// readDumpNote reads a note whose dump is there as it was. The dump is the file beside
// the note, whatever the note says.
func readDumpNote(path string) (n dumpNote, ok bool) {
	text, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(text, &n) != nil {
		return n, false
	}
	n.Path = strings.TrimSuffix(path, dumpNoteEnding)
	return n, dump.Size(n.Path) == n.Bytes && n.Bytes > 0
}

// useEarlier uses the dump that is there, once it was read to its end again.
func (f *saving) useEarlier(ctx context.Context) (steps.Outcome, error) {
	e, d := f.env, f.earlier()
	if d == nil {
		out := steps.Outcome{
			Status: journal.Failed, Summary: "there is no dump of this database to use again",
			Hint: "answer backup.choice with dump, or with another of its answers",
		}
		return again(e, out, f.question()), nil
	}
	progress(ctx, e, "backup")("reading back " + d.Path)
	if err := dump.ReadBack(ctx, programs(ctx, e, f.target.Major).Client, d.Path); err != nil {
		if ctx.Err() != nil {
			return steps.Outcome{}, context.Cause(ctx)
		}
		out := steps.Outcome{
			Status: journal.Failed, Summary: err.Error(), Hint: "make a new one: answer backup.choice with dump",
		}
		return again(e, out, f.question()), nil
	}
	return f.made(d.Dump), nil
}

// ago is how long ago something was made, coarse enough for a sentence that stays on
// the screen.
func ago(e *steps.Env, at time.Time) string {
	switch d := e.Now().Sub(at); {
	case d < time.Minute:
		return "less than a minute ago"
	case d < time.Hour:
		return measure.Plural(int(d/time.Minute), "minute") + " ago"
	case d < 48*time.Hour:
		return measure.Plural(int(d/time.Hour), "hour") + " ago"
	default:
		return measure.Plural(int(d/(24*time.Hour)), "day") + " ago"
	}
}
