package checklist

import (
	"cmp"
	"context"

	"belay/db"
	"belay/db/inspect"
	"belay/sqlview"
	"belay/sqlview/measure"
	"belay/sqlview/parse"
	"belay/sqlview/proof"
	"belay/steps"
	"belay/steps/fact"
)

// ran are the files of a plan, parsed as they were judged; a backfill looks at its rows
// itself.
func ran(ctx context.Context, e *steps.Env, judged steps.Judgement, plan *steps.Plan) (
	[]proof.File, sqlview.Names, error,
) {
	var files []proof.File
	var parsed []parse.File
	for _, u := range plan.Units {
		if u.Backfill != nil {
			continue
		}
		f := parse.File{}
		var known bool
		if f.Statements, known = judged.Statements(u.Migration.Up.Bytes); !known {
			anew, err := e.Parser.Parse(ctx, u.Migration.Up.Bytes)
			if err != nil {
				return nil, sqlview.Names{}, err
			}
			f = anew[0]
		}
		files, parsed = append(files, proof.File{Path: u.Path, Statements: f.Statements}), append(parsed, f)
	}
	return files, sqlview.NamesOf(parsed), nil
}

// readProof reads the catalog as the run left it and asks it for what the files say.
func readProof(
	ctx context.Context, e *steps.Env, c *db.Conn, target steps.Target, judged steps.Judgement, plan *steps.Plan,
	v *fact.Verified,
) error {
	files, names, err := ran(ctx, e, judged, plan)
	if err != nil {
		return err
	}
	after, err := readNames(ctx, c, names, built(plan))
	if err != nil {
		return err
	}
	v.Items = append(v.Items, truths(plan, after)...)
	r := proof.Of(after, cmp.Or(target.Roles.Acts, target.Role), files)
	v.Items = append(v.Items, findings(r)...)
	whole := after
	if proof.ThroughViews(after, files) {
		if whole, err = inspect.Catalog(ctx, c); err != nil {
			return err
		}
	}
	for _, s := range proof.SteeredIn(whole, files) {
		v.Items = append(v.Items, fact.Item{
			ID: "catalog", Level: fact.Look,
			Text: fact.AndMore(s.By) + " may have changed or left out rows of " + fact.PlaceOf(s.Place),
			Hint: "the count of rows says for how many it was asked, not what is in them: look at the rows",
		})
	}
	for _, p := range r.Unasked {
		v.Unasked = append(v.Unasked, fact.PlaceOf(p))
	}
	return readListeners(ctx, c, files, v)
}

// readListeners notes whose code ran at the statements: of what they made the catalog
// shows that it is there, and not that it is what the file says.
func readListeners(ctx context.Context, c *db.Conn, files []proof.File, v *fact.Verified) error {
	all, err := inspect.EventTriggers(ctx, c)
	if err != nil {
		return err
	}
	var listeners []proof.Listener
	for _, t := range all {
		listeners = append(listeners, proof.Listener{Name: t.Name, Owner: t.Owner, Event: t.Event, Tags: t.Tags})
	}
	if v.Left = fact.Left(proof.Heard(files, listeners)); v.Left == "" {
		return nil
	}
	v.Items = append(v.Items, fact.Item{
		ID: "event-trigger", Level: fact.Look, Text: "the catalog is as " + v.Left + " left it",
		Hint: "belay asked for names, types and kinds; the text of a default, a view, a function or an index's " +
			"condition is the file's only where that code kept it: look at it where it matters",
	})
	return nil
}

func findings(r proof.Result) []fact.Item {
	var items []fact.Item
	for _, f := range r.Findings {
		i := fact.Item{
			ID: "catalog", Level: fact.Stop, Text: f.Text + ", and " + fact.PlaceOf(f.Place) + " says otherwise",
			Hint: "the history says applied, so nothing runs again by itself: look for an event trigger or code at " +
				"COMMIT that took it back, or for somebody who changed it since",
		}
		if f.Doubt {
			i.Level = fact.Look
			i.Hint = "IF NOT EXISTS keeps what is there, and code may have changed it: compare the table with the file"
		}
		items = append(items, i)
	}
	if len(items) == 0 && r.Asked > 0 {
		items = append(items, fact.Item{
			ID: "catalog", Level: fact.OK,
			Text: "the catalog shows what the files say: " + measure.Plural(r.Asked, "answer"),
		})
	}
	return items
}
