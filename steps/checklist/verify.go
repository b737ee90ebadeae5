package checklist

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"belay/db"
	"belay/db/history"
	"belay/sqlview/catalog"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
)

// Verify asks the database whether what ran is recorded and true.
var Verify = steps.Step{
	ID: "verify", Title: "verify", Reads: true,
	Doc: `**The advice.** Check that the migration was recorded: look at the newest rows of the migrations
table.

**In practice.** Recorded and true are two things. A version row can stand there over an INVALID index
or a missing column, and a change can be there without its row. belay reads both on a fresh connection:
the newest rows as the tool keeps them, and the catalog, which it asks for all that the files say: columns with
their types, constraints, indexes, names that are gone. What no catalog shows, such as the rows of an UPDATE, is
named and not called proved.

**Measured.** After a failed concurrent build, IF NOT EXISTS answers "skipping" and exit code 0 over the
INVALID index; the planner never uses it.`,
}

// RunVerify reads the history and the catalog anew, as the run left them. A stop ends it:
// what was applied stays, and is not called proved.
func RunVerify(
	ctx context.Context, e *steps.Env, target steps.Target, folder steps.Folder, judged steps.Judgement,
	plan *steps.Plan, after *history.Table,
) (steps.Outcome, error) {
	out, err := verify(ctx, e, target, folder, judged, plan, after)
	if err != nil && errors.Is(context.Cause(ctx), steps.ErrStopped) {
		return steps.Outcome{
			Status: journal.Waived, Summary: "stopped on request before the database had said what is there",
		}, nil
	}
	return out, err
}

func verify(
	ctx context.Context, e *steps.Env, target steps.Target, folder steps.Folder, judged steps.Judgement,
	plan *steps.Plan, after *history.Table,
) (steps.Outcome, error) {
	cfg, err := e.Project.Database()
	if err != nil {
		return steps.Outcome{}, err
	}
	if err := e.Sessions.Look(ctx, cfg, e.Run); err != nil {
		return steps.Outcome{}, steps.Database("verify", err)
	}
	v := fact.Verified{At: e.Now().UTC()}
	err = e.Sessions.As(ctx, target.Roles.Reads, func(c *db.Conn) error {
		if err := verifyHistory(ctx, c, folder, after, &v); err != nil {
			return err
		}
		return readProof(ctx, e, c, target, judged, plan, &v)
	})
	if err != nil {
		return steps.Outcome{}, steps.Database("verify", err)
	}
	if err := e.Fact(ctx, "verify", v); err != nil {
		return steps.Outcome{}, err
	}
	return judgeVerified(plan, v), nil
}

func judgeVerified(plan *steps.Plan, v fact.Verified) steps.Outcome {
	for _, i := range v.Items {
		if i.Level == fact.Stop {
			return steps.Outcome{Status: journal.Failed, Summary: i.Text, Hint: i.Hint}
		}
	}
	for _, i := range v.Items {
		if i.ID == "recorded" && i.Level == fact.Look {
			return steps.Outcome{Status: journal.Look, Summary: i.Text, Hint: i.Hint}
		}
	}
	n := len(plan.Units)
	for _, i := range v.Items {
		if i.ID == "catalog" && i.Level == fact.Look {
			return steps.Done("recorded: %d of %d; not proved: %s", n, n, i.Text)
		}
	}
	if v.Left != "" {
		return steps.Done("recorded: %d of %d; the catalog is as %s left it", n, n, v.Left)
	}
	if len(v.Unasked) > 0 {
		return steps.Done("recorded: %d of %d; no catalog shows what %s did", n, n, fact.AndMore(v.Unasked))
	}
	return steps.Done("recorded and true: %d of %d", n, n)
}

const historyRows = 3

func verifyHistory(ctx context.Context, c *db.Conn, folder steps.Folder, t *history.Table, v *fact.Verified) error {
	if t == nil {
		v.Items = append(v.Items, fact.Item{
			ID: "recorded", Level: fact.Look, Text: "what is recorded is not known: " +
				cmp.Or(folder.Unread, "there is no history table that belay can read"),
			Hint: "name the tool's table with history_table in belay.toml, and look there yourself",
		})
		return nil
	}
	rows, err := t.Rows(ctx, c)
	if err != nil {
		return err
	}
	for _, r := range rows[:min(historyRows, len(rows))] {
		v.History = append(v.History, fact.HistoryRow{Version: r.Version, Name: r.Name, At: r.At, Dirty: r.Dirty})
	}
	s := migration.Compare(folder.Files, rows, t.Variant)
	for _, m := range folder.Chosen {
		v.Items = append(v.Items, recorded(folder.Back, s, m))
	}
	for _, d := range s.Dirty {
		v.Items = append(v.Items, fact.Item{
			ID: "dirty", Level: fact.Stop, Text: "version " + d.Row.Version + " is dirty",
			Hint: "look what of it is there before anything else runs",
		})
	}
	return nil
}

func recorded(back bool, s migration.Status, m migration.Migration) fact.Item {
	for _, a := range s.Applied {
		switch {
		case a.Version != m.Version:
		case back:
			return fact.Item{
				ID: "recorded", Level: fact.Stop, Text: m.Version + " is still recorded as applied",
				Hint: "the history table was changed by somebody else meanwhile",
			}
		default:
			return fact.Item{ID: "recorded", Level: fact.OK, Text: m.Version + " is recorded"}
		}
	}
	if back {
		return fact.Item{ID: "recorded", Level: fact.OK, Text: m.Version + " is no longer recorded as applied"}
	}
	return fact.Item{
		ID: "recorded", Level: fact.Stop, Text: m.Version + " is not recorded",
		Hint: "the history table was changed by somebody else meanwhile",
	}
}

// built lists the tables on which the plan builds indexes, without schemas.
func built(p *steps.Plan) []string {
	var words []string
	for _, u := range p.Units {
		for _, st := range u.Statements {
			if st.Index.Name != "" {
				words = append(words, unqualified(st.Index.Table))
			}
		}
	}
	return words
}

// truths compares the catalog with what the plan promised to leave.
func truths(p *steps.Plan, s *catalog.Snapshot) []fact.Item {
	var items []fact.Item
	for _, u := range p.Units {
		for _, st := range u.Statements {
			if st.Index.Name == "" || st.Kind != "CREATE INDEX" {
				continue
			}
			items = append(items, indexTruth(s, st.Index.Table, st.Index.Name))
		}
	}
	return items
}

func indexTruth(s *catalog.Snapshot, table, name string) fact.Item {
	if r := s.Relation(table); r != nil {
		for _, i := range r.Indexes {
			if unqualified(i.Name) != name {
				continue
			}
			if i.Valid && i.Ready {
				return fact.Item{ID: "index", Level: fact.OK, Text: name + " is valid"}
			}
			if r.Kind == catalog.PartitionedTable {
				return fact.Item{
					ID: "index", Level: fact.Look,
					Text: name + " is not valid yet: a partition of " + table + " has no index attached to it",
					Hint: "build the partition's by CREATE INDEX CONCURRENTLY, then ALTER INDEX " + name +
						" ATTACH PARTITION it",
				}
			}
			return fact.Item{
				ID: "index", Level: fact.Stop, Text: name + " is INVALID: the planner never uses it",
				Hint: "drop it with DROP INDEX CONCURRENTLY and build it again",
			}
		}
	}
	// A later statement of the same run may have dropped or renamed it.
	return fact.Item{ID: "index", Level: fact.Look, Text: fmt.Sprintf("%s is not on %s any more", name, table)}
}

func unqualified(name string) string {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			return name[i+1:]
		}
	}
	return name
}
