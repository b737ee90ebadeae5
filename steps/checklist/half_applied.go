package checklist

import (
	"context"
	"fmt"
	"strings"

	"belay/sqlview/migration"
	"belay/sqlview/proof"
	"belay/steps"
	"belay/steps/fact"
)

// halfApplied says of the first pending file what of it is there already. Most tools
// write nothing down about a file that broke outside a transaction: it is pending, and a
// part of it stands.
func halfApplied(
	ctx context.Context, e *steps.Env, target steps.Target, b *steps.Folder, items []fact.Item,
) []fact.Item {
	if b.Back || b.Table == nil || b.Command != nil || len(b.Chosen) == 0 || e.Resumed || len(b.Open) > 0 {
		return items
	}
	m := b.Chosen[0]
	if m.Up.Tx != migration.TxNone || m.Up.Backfill != nil {
		return items // in a transaction all of it is undone
	}
	each, err := partsOf(ctx, e, target, m)
	if err != nil {
		return append(items, fact.Item{
			ID: "half-applied", Level: fact.OK,
			Text: "whether a part of " + m.Up.Path + " is there already could not be read: " + err.Error(),
		})
	}
	there, invalid := stands(each)
	if there == 0 && !invalid {
		return items
	}
	items = append(items, fact.Item{
		ID: "half-applied", Level: fact.Look,
		Text: m.Up.Path + " is not recorded, and a part of it is there: it has broken in the middle, or somebody ran " +
			"that part by hand",
		Hint: halfAppliedHint(m, each, recordedBy(b.Table.Variant.Record(b.Table.Quoted, m))),
	})
	for _, s := range each {
		if i, is := partItem(s); is {
			items = append(items, i)
		}
	}
	return items
}

// stands counts the statements whose work is there, and tells whether one left an
// INVALID index.
func stands(each []proof.Standing) (there int, invalid bool) {
	for _, s := range each {
		if s.Asked > 0 && len(s.Wrong) == 0 {
			there++
		}
		for _, w := range s.Wrong {
			invalid = invalid || strings.HasSuffix(w, invalidIndex)
		}
	}
	return there, invalid
}

// halfAppliedHint is how a person gets on: record is the SQL that makes the history true.
func halfAppliedHint(m migration.Migration, each []proof.Standing, record string) string {
	there, invalid := stands(each)
	missing, unseen := "", ""
	for _, s := range each {
		switch {
		case s.Asked > 0 && len(s.Wrong) > 0 && missing == "":
			missing = fact.PlaceOf(s.Place)
		case s.Asked == 0 && s.Unasked && unseen == "":
			unseen = fact.PlaceOf(s.Place)
		}
	}
	once := ""
	if unseen != "" {
		once = ", once you know what became of " + unseen
	}
	switch {
	case missing == "":
		return "all of it that a catalog shows is there: record it as applied" + once + ": " + record
	case there == 0 && invalid:
		return "drop the INVALID index that is left; then nothing of it is there, and it can run"
	}
	return fmt.Sprintf("finish it: run what is missing by hand, from %s on%s, then record it: %s; or undo it: take "+
		"back what is there, then %s can run whole", missing, once, record, m.Up.Path)
}

// recordedBy is the tool's own row as SQL for psql.
func recordedBy(writes []migration.Write) string {
	return strings.Join(strings.Fields(strings.Join(spelled(writes), "; ")), " ") + ";"
}
