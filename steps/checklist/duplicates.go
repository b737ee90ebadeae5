package checklist

import (
	"context"
	"fmt"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/db/inspect"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
)

// A table of this size is looked through without a question; a larger one is
// read only on a yes. The limits end the look on the server.
const (
	quietLook      = 64 << 20
	quietLookLimit = 2 * time.Second
	askedLookLimit = time.Minute
)

const duplicatesID = "index.check_duplicates"

// duplicateItems looks for values that would make a unique build fail, after all
// its work. They are counted, never shown.
func duplicateItems(ctx context.Context, e *steps.Env) ([]fact.Item, []journal.QuestionAsked, error) {
	var items []fact.Item
	var questions []journal.QuestionAsked
	for _, f := range e.Bench.Judged {
		for i, parsed := range f.Statements {
			s := apply.FromParse(f.Source, parsed, f.Effects[i])
			r := e.Bench.Snapshot.Relation(s.Index.Table)
			if s.Duplicates == "" || r == nil || r.CreatedHere || r.Size == nil {
				continue
			}
			limit := quietLookLimit
			if bytes := r.Size.HeapBytes; bytes > quietLook {
				answer, given := e.Engine.Answered(duplicatesID)
				if !given && !e.Headless {
					questions = append(questions, askDuplicates(s, bytes))
				}
				if limit = askedLookLimit; answer != "yes" {
					items = append(items, unlooked(s, measure.Bytes(bytes)+", "+duplicatesID+" = yes looks"))
					continue
				}
			}
			item, err := duplicateItem(ctx, e, s, limit)
			if err != nil {
				return nil, nil, err
			}
			items = append(items, item)
		}
	}
	return items, questions, nil
}

func askDuplicates(s apply.Statement, bytes int64) journal.QuestionAsked {
	return journal.QuestionAsked{
		ID: duplicatesID, Options: []string{"no", "yes"}, Default: "no", Preset: true,
		Text: fmt.Sprintf("look for duplicates in %s (%s) before the unique index %s is built?", s.Index.Table, measure.Bytes(bytes), s.Index.Name),
		Why:  "it reads the table once, read-only, for a minute at most; a unique build that meets a duplicate fails after all its work and leaves an INVALID index",
	}
}

func unlooked(s apply.Statement, why string) fact.Item {
	return fact.Item{
		ID: "duplicates", Level: fact.OK, Text: fmt.Sprintf("unique index %s: not looked for duplicates in %s (%s)", s.Index.Name, s.Index.Table, why),
	}
}

func duplicateItem(ctx context.Context, e *steps.Env, s apply.Statement, limit time.Duration) (fact.Item, error) {
	var n int64
	err := e.Sessions.Monitor(func(c *db.Conn) (err error) {
		n, err = inspect.CountReadOnly(ctx, c, s.Duplicates, limit)
		return err
	})
	switch {
	case err != nil && db.SQLState(err) != "":
		return unlooked(s, why(err, limit)), nil
	case err != nil:
		return fact.Item{}, steps.Database("looking for duplicates", err)
	case n == 0:
		return fact.Item{ID: "duplicates", Level: fact.OK, Text: fmt.Sprintf("unique index %s: no duplicates in %s now", s.Index.Name, s.Index.Table)}, nil
	}
	return fact.Item{
		ID: "duplicates", Level: fact.Stop,
		Text: fmt.Sprintf("unique index %s will fail: %s in %s more than once", s.Index.Name, keys(n), s.Index.Table),
		Hint: "clear them first: " + s.Duplicates + " counts them",
	}, nil
}

// keys counts them; the look ends at apply.MaxDuplicates.
func keys(n int64) string {
	switch {
	case n == 1:
		return "1 key is"
	case n > apply.MaxDuplicates:
		return fmt.Sprintf("more than %d keys are", apply.MaxDuplicates)
	}
	return fmt.Sprintf("%d keys are", n)
}

func why(err error, limit time.Duration) string {
	switch db.SQLState(err) {
	case "57014":
		return "the look took over " + limit.String()
	case "55P03":
		return "the table is locked"
	case "42501":
		return "this role may not read it"
	}
	return "the server cannot look yet: SQLSTATE " + db.SQLState(err)
}
