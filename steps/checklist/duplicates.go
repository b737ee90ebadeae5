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
func duplicateItems(
	ctx context.Context, e *steps.Env, target steps.Target, judged steps.Judgement,
) ([]fact.Item, []journal.QuestionAsked, error) {
	var all looks
	for _, f := range judged.Files {
		for i, parsed := range f.Statements {
			for _, u := range apply.FromParse(f.Source, parsed, f.Effects[i]).Uniques {
				if err := all.add(lookForDuplicates(ctx, e, target, judged.Named, u)); err != nil {
					return nil, nil, err
				}
			}
		}
	}
	return all.items, all.questions, nil
}

// looks are what looks into tables found, and what was asked before one.
type looks struct {
	items     []fact.Item
	questions []journal.QuestionAsked
}

func (l *looks) add(item *fact.Item, question *journal.QuestionAsked, err error) error {
	if item != nil {
		l.items = append(l.items, *item)
	}
	if question != nil && len(l.questions) == 0 { // one answer is for all
		l.questions = append(l.questions, *question)
	}
	return err
}

// readLimit is how long a table of that size may be read for a look; 0 = not without a yes
// to the question, which asks tells to ask.
func readLimit(e *steps.Env, id string, bytes int64) (limit time.Duration, asks bool) {
	if bytes <= quietLook {
		return quietLookLimit, false
	}
	answer, given := e.Engine.Answered(id)
	if answer == "yes" {
		return askedLookLimit, false
	}
	return 0, !given && !e.Headless
}

// lookForDuplicates says what a unique build would meet, or asks whether a large
// table may be read for it. Both are nil where the build meets nothing: of a new
// table, or one whose partitions get their indexes by themselves.
func lookForDuplicates(
	ctx context.Context, e *steps.Env, target steps.Target, s *catalog.Snapshot, u apply.Unique,
) (*fact.Item, *journal.QuestionAsked, error) {
	r := s.Relation(u.Table)
	switch {
	case r == nil, r.CreatedHere, r.Kind == catalog.PartitionedTable && u.Only:
		return nil, nil, nil
	case u.Unsure != "":
		return unlooked(u, u.Unsure), nil, nil
	case r.Size == nil:
		return unlooked(u, "its size is not known"), nil, nil
	}
	if why := u.Reaches(s); why != "" {
		return unlooked(u, why), nil, nil
	}
	limit, asks := readLimit(e, duplicatesID, r.Size.HeapBytes)
	if limit == 0 {
		var question *journal.QuestionAsked
		if asks {
			question = askDuplicates(u, r.Size.HeapBytes)
		}
		return unlooked(u, measure.Bytes(r.Size.HeapBytes)+", "+duplicatesID+" = yes looks"), question, nil
	}
	item, err := duplicateItem(ctx, e, target, u, u.Query(r.Kind == catalog.PartitionedTable), limit)
	return item, nil, err
}

func askDuplicates(u apply.Unique, bytes int64) *journal.QuestionAsked {
	return &journal.QuestionAsked{
		ID: duplicatesID, Options: []string{"no", "yes"}, Default: "no", Preset: true,
		Text: fmt.Sprintf("search %s (%s) for duplicate values before the %s is built?", u.Table, measure.Bytes(bytes),
			u.What),
		Why: "belay reads the table once, read-only, for a minute at most. Over duplicate values a unique index " +
			"fails at the end of its build; CONCURRENTLY it leaves an INVALID index behind",
	}
}

func unlooked(u apply.Unique, why string) *fact.Item {
	return &fact.Item{
		ID: "duplicates", Level: fact.OK,
		Text: fmt.Sprintf("%s: not looked for duplicates in %s (%s)", u.What, u.Table, why),
	}
}

func duplicateItem(
	ctx context.Context, e *steps.Env, target steps.Target, u apply.Unique, query string, limit time.Duration,
) (*fact.Item, error) {
	var n int64
	err := e.Sessions.As(ctx, target.Roles.Reads, func(c *db.Conn) (err error) {
		n, err = inspect.CountReadOnly(ctx, c, query, limit)
		return err
	})
	switch {
	case err != nil && db.SQLState(err) != "":
		return unlooked(u, why(err, limit)), nil
	case err != nil:
		return nil, steps.Database("looking for duplicates", err)
	case n == 0:
		return &fact.Item{
			ID: "duplicates", Level: fact.OK, Text: fmt.Sprintf("%s: no duplicates in %s now", u.What, u.Table),
		}, nil
	}
	return &fact.Item{
		ID: "duplicates", Level: fact.Stop,
		Text: fmt.Sprintf("%s will fail: %s in %s more than once", u.What, keys(n), u.Table),
		Hint: "clear them first: " + query + " counts them",
	}, nil
}

// keys counts them; the look ends at apply.MaxDuplicates.
func keys(n int64) string {
	if n > apply.MaxDuplicates {
		return fmt.Sprintf("more than %d keys are", apply.MaxDuplicates)
	}
	return measure.Plural(int(n), "key") + measure.Verb(n, " is", " are")
}

func why(err error, limit time.Duration) string {
	switch db.SQLState(err) {
	case "57014":
		return "the search took over " + limit.String()
	case "55P03":
		return "the table is locked"
	case "42501":
		return "this role may not read it"
	}
	return "the server cannot look yet: SQLSTATE " + db.SQLState(err)
}
