package checklist

import (
	"context"
	"fmt"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/db/inspect"
	"belay/sqlview/catalog"
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
			query := s.Unique.Query(r != nil && r.Kind == catalog.PartitionedTable)
			if why, skip := unaskable(s, r, query); skip {
				continue
			} else if why != "" {
				items = append(items, unlooked(s, why))
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
			item, err := duplicateItem(ctx, e, s, query, limit)
			if err != nil {
				return nil, nil, err
			}
			items = append(items, item)
		}
	}
	return items, questions, nil
}

// unaskable says why a unique build's table is not asked for duplicates; skip is
// true where there is nothing to look for: no unique index, no table yet, or one
// whose partitions get their indexes by themselves.
func unaskable(s apply.Statement, r *catalog.Relation, query string) (why string, skip bool) {
	switch {
	case query == "" && s.Unique.Unsure == "", r == nil, r.CreatedHere, r.Kind == catalog.PartitionedTable && s.Index.Only:
		return "", true
	case s.Unique.Unsure != "":
		return s.Unique.Unsure, false
	case r.Size == nil:
		return "its size is not known", false
	}
	return "", false
}

func askDuplicates(s apply.Statement, bytes int64) journal.QuestionAsked {
	return journal.QuestionAsked{
		ID: duplicatesID, Options: []string{"no", "yes"}, Default: "no", Preset: true,
		Text: fmt.Sprintf("look for duplicates in %s (%s) before the unique index %s is built?", s.Index.Table, measure.Bytes(bytes), called(s)),
		Why:  "it reads the table once, read-only, for a minute at most; a unique build that meets a duplicate fails after all its work and leaves an INVALID index",
	}
}

func unlooked(s apply.Statement, why string) fact.Item {
	return fact.Item{
		ID: "duplicates", Level: fact.OK, Text: fmt.Sprintf("unique index %s: not looked for duplicates in %s (%s)", called(s), s.Index.Table, why),
	}
}

// called names the index; the server names one that the statement does not.
func called(s apply.Statement) string {
	if s.Index.Name != "" {
		return s.Index.Name
	}
	return fmt.Sprintf("of line %d", s.Line)
}

func duplicateItem(ctx context.Context, e *steps.Env, s apply.Statement, query string, limit time.Duration) (fact.Item, error) {
	var n int64
	err := e.Sessions.Monitor(func(c *db.Conn) (err error) {
		n, err = inspect.CountReadOnly(ctx, c, query, limit)
		return err
	})
	switch {
	case err != nil && db.SQLState(err) != "":
		return unlooked(s, why(err, limit)), nil
	case err != nil:
		return fact.Item{}, steps.Database("looking for duplicates", err)
	case n == 0:
		return fact.Item{ID: "duplicates", Level: fact.OK, Text: fmt.Sprintf("unique index %s: no duplicates in %s now", called(s), s.Index.Table)}, nil
	}
	return fact.Item{
		ID: "duplicates", Level: fact.Stop,
		Text: fmt.Sprintf("unique index %s will fail: %s in %s more than once", called(s), keys(n), s.Index.Table),
		Hint: "clear them first: " + query + " counts them",
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
