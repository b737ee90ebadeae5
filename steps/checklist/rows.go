package checklist

import (
	"context"
	"fmt"
	"strings"

	"belay/db"
	"belay/db/apply"
	"belay/db/inspect"
	"belay/sqlview/lint"
	"belay/sqlview/measure"
	"belay/sqlview/parse"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
)

const rowsID = "rows.check"

// rowItems looks for rows that stand against a NOT NULL, a CHECK, a foreign key or a
// new type: the statement would fail over the first. They are counted; of one the key
// is told where it is a number or a uuid.
func rowItems(
	ctx context.Context, e *steps.Env, target steps.Target, judged steps.Judgement,
) ([]fact.Item, []journal.QuestionAsked, error) {
	var all looks
	changed := false // a statement before may change the rows first
	for _, f := range judged.Files {
		for i, parsed := range f.Statements {
			for _, a := range apply.AgainstOf(parsed, f.Catalogs[i], judged.Named.ServerVersion) {
				if err := all.add(lookForRows(ctx, e, target, judged, a, changed)); err != nil {
					return nil, nil, err
				}
			}
			changed = changed || changesRows(f, parsed)
		}
	}
	return all.items, all.questions, nil
}

// changesRows reports whether rows may be others after a statement.
func changesRows(f *lint.File, s parse.Statement) bool {
	switch s.Kind {
	case "ALTER TABLE", "CREATE TABLE", "CREATE INDEX", "DROP TABLE", "SET", "BEGIN", "COMMIT", "COMMENT", "ANALYZE":
		return f.Backfill
	}
	return true
}

// lookForRows says what a statement would meet, or asks whether a large table may be
// read for it.
func lookForRows(ctx context.Context, e *steps.Env, target steps.Target, judged steps.Judgement, a apply.Against,
	changed bool,
) (*fact.Item, *journal.QuestionAsked, error) {
	r := judged.Named.Relation(a.Table)
	if r == nil || r.Size == nil {
		return nil, nil, nil
	}
	if why := a.Reaches(judged.Named); why != "" {
		return rowsNotLooked(a, why), nil, nil
	}
	limit, asks := readLimit(e, rowsID, r.Size.HeapBytes)
	if limit == 0 {
		var question *journal.QuestionAsked
		if asks {
			question = askRows(a, r.Size.HeapBytes)
		}
		return rowsNotLooked(a, measure.Bytes(r.Size.HeapBytes)+", "+rowsID+" = yes looks"), question, nil
	}
	n, key := int64(0), ""
	err := e.Sessions.As(ctx, target.Roles.Reads, func(c *db.Conn) (err error) {
		if n, err = inspect.CountReadOnly(ctx, c, a.Query(), limit); err == nil && n > 0 && a.Example() != "" {
			// A key is told where it is there; the count stands without one.
			key, _ = inspect.OneReadOnly[string](ctx, c, a.Example(), limit)
		}
		return err
	})
	switch {
	case err != nil && db.SQLState(err) != "":
		return rowsNotLooked(a, why(err, limit)), nil, nil
	case err != nil:
		return nil, nil, steps.Database("looking for rows", err)
	}
	item := rowsAgainst(a, n, key, changed)
	return &item, nil, nil
}

// rowsAgainst is the finding of a look.
func rowsAgainst(a apply.Against, n int64, key string, changed bool) fact.Item {
	item := fact.Item{
		ID: "rows", Level: fact.OK, Text: fmt.Sprintf("%s: no row of %s is against it now", a.What, a.Table),
	}
	if n == 0 {
		return item
	}
	count := lint.Count(int(n), "row") + " of " + a.Table
	if n > apply.MaxDuplicates {
		count = fmt.Sprintf("more than %s rows of %s", measure.Grouped(apply.MaxDuplicates), a.Table)
	}
	if key != "" {
		count += " (one has the key " + key + ")"
	}
	stand := " stand"
	if n == 1 {
		stand += "s"
	}
	item.Level = fact.Stop
	item.Text = fmt.Sprintf("%s fails (%s): %s%s against it", a.What, a.Code, count, stand)
	item.Hint = "change these rows first: "
	if fill := a.Fill(); fill != "" {
		item.Hint = "fill these rows first: " + fill + "; "
	}
	item.Hint += strings.Join(strings.Fields(a.Query()), " ") + " counts them"
	if changed {
		item.Level = fact.Look
		item.Text = fmt.Sprintf("%s: %s%s against it now (%s), unless a statement before it changes that", a.What,
			count, stand, a.Code)
	}
	return item
}

func askRows(a apply.Against, bytes int64) *journal.QuestionAsked {
	return &journal.QuestionAsked{
		ID: rowsID, Options: []string{"no", "yes"}, Default: "no", Preset: true,
		Text: fmt.Sprintf("search %s (%s) for rows against %s before it is tried?", a.Table, measure.Bytes(bytes),
			a.What),
		Why: "belay reads the table once, read-only, for a minute at most. Over one such row the statement fails " +
			"with " + a.Code + ", after it has held its lock for the look at all others",
	}
}

func rowsNotLooked(a apply.Against, why string) *fact.Item {
	return &fact.Item{
		ID: "rows", Level: fact.OK,
		Text: fmt.Sprintf("%s: not looked for rows against it in %s (%s)", a.What, a.Table, why),
	}
}
