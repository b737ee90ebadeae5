package campaign

import (
	"slices"

	"belay/sqlview/lint"
	"belay/sqlview/rewrite"
	"belay/sqlview/usage"
)

func filesOf(all []rewrite.File) []File {
	out := []File{}
	for _, f := range all {
		out = append(out, File{File: f})
	}
	return out
}

// confirm is a phase that a person confirms.
func confirm(stage Stage, title, ask, safe string) *Phase {
	return &Phase{Stage: stage, Title: title, Ask: ask, Safe: safe, Files: []File{}}
}

// contract is the last phase: what takes the old away.
func contract(w wish, plan rewrite.Plan) *Phase {
	l := plan.Later[0]
	p := &Phase{
		Stage: Drop, Title: "drop the old", Files: filesOf(l.Files),
		Safe: "no use of it was seen since its code was out",
		Gates: Gates{
			Soak: w.soak, Evidence: l.Old, Also: l.Also, Own: l.Own, Typed: w.thing.Title(),
		},
		Parking: l.Parking,
	}
	if l.Table != "" && l.After != "" {
		p.Gates.Same = &Same{Table: l.Table, Where: l.After, Says: "rows in which the old and the new column differ"}
	}
	return p
}

func renamePhases(w wish, plan rewrite.Plan) []*Phase {
	if w.thing.Column != "" {
		return twinPhases(w, plan)
	}
	return []*Phase{
		{Stage: Add, Title: "rename, and leave a view under the old name", Files: filesOf(plan.Files),
			Safe: "old code goes on through the view"},
		confirm(Deploy, "deploy code that uses "+w.fresh, "code that uses the table as "+w.fresh+" is deployed",
			"both names are there"),
		confirm(Stop, "stop using "+w.thing.Relation,
			"no deployed code uses the table as "+w.thing.Relation+" any more",
			"the new name is there for all of it"),
		contract(w, plan),
	}
}

// twinPhases are those of a second column that takes the place of the first.
func twinPhases(w wish, plan rewrite.Plan) []*Phase {
	at := slices.IndexFunc(plan.Files, func(f rewrite.File) bool { return f.Switch })
	l := plan.Later[0]
	add := &Phase{Stage: Add, Title: "add the second column, keep both in step, fill it",
		Files: filesOf(plan.Files[:at]),
		Safe:  "old code does not know the second column, and whoever writes one writes both"}
	change := &Phase{Stage: Add, Title: "give both columns their names", Files: filesOf(plan.Files[at:]),
		Safe: "both columns hold the same, and the change is one moment in the catalog"}
	if l.Before != "" {
		change.Gates.Same = &Same{Table: l.Table, Where: l.Before,
			Says: "rows in which the old and the new column differ"}
	}
	fresh := w.fresh
	if w.kind.Name == "type" {
		return []*Phase{
			confirm(Deploy, "deploy code that takes both types", "deployed code reads and writes "+w.thing.Column+
				" as the old type and as "+w.args[1], "nothing has changed yet"),
			add, change,
			confirm(Stop, "stop counting on the old type",
				"no deployed code counts on the old type of "+w.thing.Column,
				"the new type stands under the name"),
			contract(w, plan),
		}
	}
	return []*Phase{
		add, change,
		confirm(Deploy, "deploy code that uses "+fresh, "code that uses "+fresh+", or both, is deployed",
			"both columns are there and kept in step"),
		confirm(Stop, "stop using "+w.thing.Column, "no deployed code names "+w.thing.Column+" any more",
			"the new name is there for all of it, and what old code still writes is handed on"),
		contract(w, plan),
	}
}

func notNullPhases(w wish, plan rewrite.Plan) []*Phase {
	null := w.columnName() + " IS NULL"
	all := []*Phase{confirm(Deploy, "deploy code that always writes "+w.thing.Column,
		"deployed code never writes NULL into "+w.thing.Title(), "the column takes values already")}
	if w.fill != "" {
		all = append(all, &Phase{Stage: Add, Title: "fill the rows that have none",
			Safe: "no row that has a value is touched",
			Files: filesOf([]rewrite.File{{
				Phase: rewrite.Phase{
					Title: w.thing.Relation + " fill " + w.thing.Column, Backfill: true,
					SQL: []string{"UPDATE " + w.relation() + " SET " + w.columnName() + " = (" + w.fill + ") WHERE " +
						null},
					Why: "rows without a value get one in small batches", Nothing: "nothing to take back: the " +
						"values stay",
				},
				Lock: "ROW EXCLUSIVE on " + w.thing.Schema + "." + w.thing.Relation + ": reads and writes go on",
				Back: "nothing to take back: the values stay",
			}})})
	}
	return append(all, &Phase{
		Stage: Stop, Title: "hold all to it", Files: filesOf(plan.Files), Safe: "no row is without a value, and no " +
			"code writes one",
		Gates: Gates{Same: &Same{Table: w.relation(), Where: null, Says: "rows without a value"}},
	})
}

func foreignKeyPhases(w wish, plan rewrite.Plan) []*Phase {
	const row = "belay_row"
	orphan := row + "." + w.columnName() + " IS NOT NULL AND NOT EXISTS (SELECT FROM " + lint.Ident(w.other.Schema) +
		"." +
		lint.Ident(w.other.Relation) + " AS referred WHERE referred." + lint.Ident(w.other.Column) + " = " + row +
		"." +
		w.columnName() + ")"
	var index, key []rewrite.File
	for _, f := range plan.Files {
		if f.Alone {
			index = append(index, f)
		} else {
			key = append(key, f)
		}
	}
	var all []*Phase
	if len(index) > 0 {
		all = append(all, &Phase{Stage: Add, Title: "add the index", Files: filesOf(index),
			Safe: "built while reads and writes go on"})
	}
	return append(all,
		confirm(Deploy, "deploy code that keeps to it", "deployed code writes no "+w.thing.Title()+" that is not in "+
			w.other.Title(), "nothing is forbidden yet"),
		&Phase{Stage: Stop, Title: "add the key, then prove it", Files: filesOf(key), Safe: "no row stands against it",
			Gates: Gates{Same: &Same{Table: w.relation(), Where: orphan, Says: "rows that refer to nothing"}}})
}

func dropPhases(w wish, plan rewrite.Plan) []*Phase {
	aside := &Phase{
		Stage: Drop, Title: "set aside under another name", Files: filesOf(plan.Files),
		Safe:  "no use of it was seen, and the way back is a rename",
		Gates: Gates{Soak: w.soak, Evidence: w.old()}, Parking: plan.Later[0].Parking,
	}
	last := contract(w, plan)
	last.Parking = nil // it is out of reach then
	if w.thing.Column == "" {
		last.Gates.Dump = plan.Later[0].Old
	}
	return []*Phase{
		confirm(Stop, "stop using it", "no deployed code uses "+w.thing.Title()+" any more",
			"nothing has changed yet"),
		aside, last,
	}
}

// asideName is what a table is called once it was set aside.
func asideName(plan rewrite.Plan) string {
	parts := usage.Parts(plan.Later[0].Old)
	return parts[len(parts)-1]
}

func replaceIndexPhases(w wish, plan rewrite.Plan) []*Phase {
	n := len(plan.Files) - 1
	return []*Phase{
		{Stage: Add, Title: "build the new index", Files: filesOf(plan.Files[:n]),
			Safe: "built while reads and writes go on"},
		{Stage: Drop, Title: "drop the old index", Files: filesOf(plan.Files[n:]),
			Safe:  "the new one is there, and was used for a while",
			Gates: Gates{Soak: w.soak, Typed: w.thing.Title()}},
	}
}
