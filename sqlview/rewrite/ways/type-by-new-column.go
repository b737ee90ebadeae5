package ways

import (
	"cmp"
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/rewrite"
)

var _ = add(rewrite.Way{
	ID: "type-by-new-column",
	Summary: "ALTER COLUMN TYPE becomes a new column, a trigger that keeps both in step, a backfill, and a swap of " +
		"the names",
	Lifts: []string{"type-rewrite", "type-shrink", "type-timestamptz", "type-constrained-domain"},
	Doc: `
## Files
The new column with its type; a trigger that writes it from the old one; a backfill; NOT NULL, proven, where the old column is; each
index over the column again, CONCURRENTLY; each CHECK and foreign key again, NOT VALID and then VALIDATE, those of other tables that
refer to the column included. Then, in one transaction of changes in the catalog, the trigger goes, the names are swapped, and
default, sequence, keys, statistics, comments, privileges and settings are the new column's. The old indexes are dropped last,
CONCURRENTLY. The old column stays under a name with _drop_ and the date, for a week.

## In practice
USING is evaluated by the trigger and by the backfill. A value that does not fit fails where it is written, as it would have failed
after the original; one that is there already ends the backfill. Code that names the column goes on; prepared statements fail
once. The column stands last in the table from then on: INSERT without a list of columns, COPY, and code that counts the columns
of SELECT *, have to be looked at first. Until the swap the way back drops what was added. The swap's own way back copies back what
was written since, while nobody can read or write the table; after a USING there is none.

## Left alone
What the server refuses: a view, rule, policy, trigger, function, publication or generated column that names the column, or a default
without a cast. What cannot be carried over: identity and generated columns, exclusion constraints, DEFERRABLE keys, partitions
and children, a published table, FORCE ROW LEVEL SECURITY, rules, triggers that fire after the new one, functions that take rows
of the table as they are. A value that hangs on settings of the session. A table of which the server was not asked.
`,
	Run: typeByNewColumn,
})

func typeByNewColumn(p *rewrite.Piece) (rewrite.Rewritten, error) {
	a, ok := p.Alteration()
	def := a.Def.GetColumnDef()
	switch {
	case !ok || def == nil:
		return rewrite.Refuse("the statement does more than to change one type")
	case p.Today == "":
		return rewrite.Refuse("the date is not known")
	}
	t := newTwin(p, a.Range, a.Head, a.Name, a.Name+"_new")
	if why := cmp.Or(refuseIfExists(a), t.refuse(p), t.refuseLater(p)); why != "" {
		return rewrite.Refuse(why)
	}
	c, why := conversionOf(p, a, &t)
	if why = cmp.Or(why, t.readIndexes(p, "new"), t.readConstraints(p), t.readStatistics()); why != "" {
		return rewrite.Refuse(why)
	}
	if why = cmp.Or(c.refuseUnlike(&t), c.refuseDefault(p, &t)); why != "" {
		return rewrite.Refuse(why)
	}
	pair, why := c.pair(p, &t)
	if why != "" {
		return rewrite.Refuse(why)
	}
	s := typeSwap{twin: &t, conversion: c, pair: pair, aside: p.Aside(a.Table, a.Name), piece: p, version: p.Version}
	if s.feed, why = s.feedingOf(p); why != "" {
		return rewrite.Refuse(why)
	}
	phases := []rewrite.Phase{
		t.addTyped(c.typ), t.keep(pair, "whoever writes "+a.Name+" writes both from here on"),
		t.fill(c.value, c.missing),
	}
	phases = append(phases, t.notNull()...)
	phases = append(phases, t.buildIndexes("as there is one over "+a.Name+", built while reads and writes go on")...)
	phases = append(phases, constraintPhases(t.checks, "as it holds for "+a.Name)...)
	phases = append(phases, constraintPhases(t.keys, "as it holds for "+a.Name)...)
	for _, phase := range constraintPhases(t.referring, "as it refers to "+a.Name) {
		for i, down := range phase.Down {
			phase.Down[i] = strings.Replace(down, "DROP CONSTRAINT ", "DROP CONSTRAINT IF EXISTS ", 1)
		}
		phases = append(phases, phase)
	}
	phases = append(phases, s.phase())
	return rewrite.Rewritten{
		Phases: append(phases, s.dropIndexes()...), Differences: s.differences(), Contract: s.contract(),
	}, nil
}

// refuseLater: what the file drops below may still be the old column's.
func (t *twin) refuseLater(p *rewrite.Piece) string {
	for _, st := range p.Later {
		if dropsUsed(st) != "" {
			return "the file goes on with " + st.Kind + ", which the old column may still use"
		}
	}
	return ""
}

// addTyped is the new column with what the original would have kept of the old.
func (t *twin) addTyped(typ string) rewrite.Phase {
	phase := t.add(typ, "the column with the new type, beside the old one")
	phase.SQL = append(phase.SQL, t.tuning(t.fresh)...)
	return phase
}

func (s typeSwap) differences() []string {
	kept := append(firing(s.relation),
		"column "+s.table+"."+s.old+" of the old type stays as "+s.aside+s.feed.says()+": drop it a week later",
		s.old+" stands last in the table: look at INSERT without a list of columns, COPY and SELECT *")
	for _, st := range s.statistics {
		if st.Target >= 0 {
			kept = append(kept, "statistics "+st.Name+" keep their target, which the original would lose")
		}
	}
	if s.conversion.zone {
		kept = append(kept, fmt.Sprintf("values are converted in the time zone %s", s.pair.Settings[0].Value))
	}
	return kept
}

// tuning are the settings of a column that a change of type keeps.
func (t *twin) tuning(column string) []string {
	d, ok := t.relation.Details.Columns[t.old]
	if !ok {
		return nil
	}
	return columnSettings(t.head, column, d)
}

func (t *twin) details() (catalog.ColumnDetails, bool) {
	d, ok := t.relation.Details.Columns[t.old]
	return d, ok
}
