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

// dumpNote stands beside a dump and says what it was made for. A dump is offered again
// only for the same files on the same database.
type dumpNote struct {
	dump.Dump
	Identity   string `json:"identity"`
	PlanSHA256 string `json:"plan_sha256"`
}

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
func planHash(target steps.Target, folder steps.Folder, judged steps.Judgement) string {
	plan, err := planOf(target, folder, judged)
	if err != nil {
		return ""
	}
	return plan.SHA256
}

// earlier is the newest dump of this database that was made for the same files and is
// as good as what is proposed; nil = none, or nothing here could read it.
func (f *saving) earlier() *dump.Dump {
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
	var newest *dump.Dump
	for _, path := range notes {
		n, ok := readDumpNote(path)
		switch age := e.Now().Sub(n.Started); {
		case !ok, n.PlanSHA256 != f.plan, n.Identity != identity, age < 0, age > earlierFor,
			n.SchemaOnly && f.Proposed != "schema":
		case newest == nil || n.Started.After(newest.Started):
			newest = &n.Dump
		}
	}
	return newest
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
			Status: journal.Failed, Summary: "there is no dump of this database for these files to use again",
			Hint: "answer backup.choice with dump, or with another of its answers",
		}
		return again(e, out, backupQuestion(f.Backup)), nil
	}
	progress(ctx, e, "backup")("reading back " + d.Path)
	if err := dump.ReadBack(ctx, programs(ctx, e, f.target.Major).Client, d.Path); err != nil {
		if ctx.Err() != nil {
			return steps.Outcome{}, context.Cause(ctx)
		}
		out := steps.Outcome{
			Status: journal.Failed, Summary: err.Error(), Hint: "make a new one: answer backup.choice with dump",
		}
		return again(e, out, backupQuestion(f.Backup)), nil
	}
	return f.made(*d), nil
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
