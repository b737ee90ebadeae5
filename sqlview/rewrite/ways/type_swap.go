package ways

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"
	"belay/sqlview/synctrigger"
)

// typeSwap is the transaction in which a column of another type takes the place of
// the old one, with all that hangs on it.
type typeSwap struct {
	*twin
	conversion conversion
	pair       synctrigger.Pair
	feed       feeding
	// aside is the old column's name from then on.
	aside string
	// made are what the way back finds over the old column; nil = it makes them.
	made    *twin
	present string
	piece   *rewrite.Piece
	version int
}

// script is SQL that is written from both ends: what is done, and what undoes it
// in the reverse order.
type script struct{ up, down []string }

// do adds a statement with the one that takes it back; "" = none is needed.
func (s *script) do(up, down string) {
	s.up = append(s.up, up)
	if down != "" {
		s.down = append([]string{down}, s.down...)
	}
}

func (s typeSwap) phase() rewrite.Phase {
	var b script
	made := s.pair.SQL()
	b.up = append(b.up, made.Drop...)
	b.down = append(b.down, made.Create...)
	s.away(&b)
	s.names(&b)
	s.takeOver(&b)
	said := s.said()
	b.up = slices.Concat(b.up, s.privileges(), said)
	b.down = append(b.down, said...)
	if s.feed.fed() {
		fed := s.feed.SQL()
		b.up, b.down = append(b.up, fed.Create...), slices.Concat(fed.Drop, b.down)
	}
	phase := rewrite.Phase{
		Title: title(s.table, s.old, "swap"), SQL: b.up, Switch: true,
		Why: "both columns hold the same, so the new one takes the place of the old in one moment, with all that " +
			"hangs on it",
	}
	switch {
	case s.feed.fed():
		phase.Down = b.down
		phase.Retreat = s.retreat()
		phase.Why += "; the old column stays fed until it is dropped, and the way back gives it back its place: in " +
			"this file alone it compares all rows, while nobody can read or write the table; given up as a " +
			"campaign it is prepared first, and takes the place in one moment"
	case s.reversible():
		phase.Down = b.down
		phase.Why += "; the way back copies back what was written since, while nobody can read or write the table"
	default:
		phase.Why += "; there is no way back from here, because what is written since has no value of the old type: " +
			"change the type back as it was changed"
	}
	return phase
}

// reversible reports whether what is written after the swap can be copied back.
func (s typeSwap) reversible() bool { return s.feed.back != "" }

// away takes off the old column what would hold rows to it when nobody writes it
// any more.
func (s typeSwap) away(b *script) {
	for _, k := range slices.Concat(s.referring, s.keys, s.checks) {
		name := lint.Ident(k.Name)
		b.do(k.head+" DROP CONSTRAINT "+name, s.again(k, k.head+" ADD CONSTRAINT "+name+" "+k.Definition))
	}
	for _, i := range s.indexes {
		name := lint.Ident(i.name())
		switch {
		case i.Constraint != "":
			b.do(s.head+" DROP CONSTRAINT "+name, s.keyAgain(i, s.head+" ADD CONSTRAINT "+name+" "+s.keyDefinition(i)))
		case i.harmless() && !s.collides(i):
			if i.ReplicaIdentity { // else the old column keeps its NOT NULL
				b.do(s.head+" REPLICA IDENTITY USING INDEX "+lint.Ident(i.build),
					s.head+" REPLICA IDENTITY USING INDEX "+name)
			}
			aside := s.piece.Aside(catalog.Schema(s.table), i.name())
			b.do("ALTER INDEX "+s.beside(i.name())+" RENAME TO "+lint.Ident(aside),
				"ALTER INDEX "+s.beside(aside)+" RENAME TO "+name)
		default:
			b.do("DROP INDEX "+s.beside(i.name()), s.indexAgain(i, i.Definition))
		}
	}
	for _, st := range s.statistics {
		b.do("DROP STATISTICS "+lint.Quote(st.Name), st.Definition)
	}
}

// keyDefinition is a UNIQUE or PRIMARY KEY as pg_get_constraintdef prints it.
func (s typeSwap) keyDefinition(i twinIndex) string {
	if k := s.relation.Constraint(i.Constraint); k != nil && k.Definition != "" {
		return k.Definition
	}
	return ""
}

// names makes the columns change places.
func (s typeSwap) names(b *script) {
	old, gone := lint.Ident(s.old), lint.Ident(s.aside)
	c := s.column()
	if c.NotNull {
		b.do(s.head+" ALTER COLUMN "+old+" DROP NOT NULL", s.head+" ALTER COLUMN "+old+" SET NOT NULL")
	}
	if c.Default != "" {
		b.do(s.head+" ALTER COLUMN "+old+" DROP DEFAULT", s.head+" ALTER COLUMN "+old+" SET DEFAULT "+c.Default)
	}
	if s.reversible() && s.made == nil {
		// The copy stands behind both renames on the way back. A row of which both columns
		// still say the same keeps its old value to the last bit.
		b.down = append([]string{fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s", s.written, old, s.feed.back,
			s.apart())}, b.down...)
	}
	b.do(s.rename(s.old, s.aside), s.rename(s.aside, s.old))
	b.do(s.rename(s.fresh, s.old), s.rename(s.old, s.fresh))
	if c.Default != "" {
		b.do(s.head+" ALTER COLUMN "+old+" SET DEFAULT "+c.Default, s.head+" ALTER COLUMN "+old+" DROP DEFAULT")
	}
	if s.sequence != "" {
		b.do("ALTER SEQUENCE "+s.sequence+" OWNED BY "+s.written+"."+old,
			"ALTER SEQUENCE "+s.sequence+" OWNED BY "+s.written+"."+gone)
	}
	if c.NotNull && s.version >= 18 {
		s.notNullName(b)
	}
}

// notNullName gives the constraint of NOT NULL, which has a name from 18 on, that
// of the old column's.
func (s typeSwap) notNullName(b *script) {
	name := func(column string) string {
		return lint.Ident(catalog.ObjectName(catalog.Base(s.table), column, "not_null"))
	}
	was := name(s.old)
	for _, k := range s.relation.Constraints {
		if k.Type == catalog.NotNull && slices.Contains(k.Columns, s.old) {
			was = lint.Ident(k.Name)
		}
	}
	b.do(s.head+" RENAME CONSTRAINT "+name(s.fresh)+" TO "+was, s.head+" RENAME CONSTRAINT "+was+" TO "+name(s.fresh))
}

// takeOver gives what was built over the new column the names of the old.
func (s typeSwap) takeOver(b *script) {
	for _, i := range s.indexes {
		name, build := lint.Ident(i.name()), lint.Ident(i.build)
		if i.Constraint == "" {
			b.do("ALTER INDEX "+s.beside(i.build)+" RENAME TO "+name,
				"ALTER INDEX "+s.beside(i.name())+" RENAME TO "+build)
			continue
		}
		word := "UNIQUE"
		if i.Primary {
			word = "PRIMARY KEY"
		}
		b.do(s.head+" ADD CONSTRAINT "+name+" "+word+" USING INDEX "+build, s.head+" DROP CONSTRAINT "+name)
	}
	for _, k := range s.referring {
		// On the way back it goes before the key that it refers to.
		b.do(k.head+" RENAME CONSTRAINT "+lint.Ident(k.build)+" TO "+lint.Ident(k.Name),
			dropConstraint(k.head, k.Name)[0])
	}
	for _, k := range slices.Concat(s.checks, s.keys) {
		name, build := lint.Ident(k.Name), lint.Ident(k.build)
		b.do(k.head+" RENAME CONSTRAINT "+build+" TO "+name, k.head+" RENAME CONSTRAINT "+name+" TO "+build)
	}
	for _, st := range s.statistics {
		b.do(st.Definition, "DROP STATISTICS "+lint.Quote(st.Name))
	}
}

// privileges are those on the column, which the new one does not have yet.
func (s typeSwap) privileges() []string {
	d, _ := s.details()
	return grants(s.written, s.old, d)
}

// said is what is said of things by their names, which the new ones have after the
// swap and the old ones after its way back: comments, and which index is chosen.
func (s typeSwap) said() []string {
	var all []string
	comment := func(on, text string) {
		if text != "" {
			all = append(all, "COMMENT ON "+on+" IS "+literalText(text))
		}
	}
	if d, ok := s.details(); ok {
		comment("COLUMN "+s.written+"."+lint.Ident(s.old), d.Comment)
	}
	for _, i := range s.indexes {
		if s.relation.ClusteredOn == i.Name {
			all = append(all, s.head+" CLUSTER ON "+lint.Ident(i.name()))
		}
		if i.ReplicaIdentity {
			all = append(all, s.head+" REPLICA IDENTITY USING INDEX "+lint.Ident(i.name()))
		}
		comment("INDEX "+s.beside(i.name()), i.Comment)
		if i.Constraint != "" {
			comment("CONSTRAINT "+lint.Ident(i.name())+" ON "+s.written, s.relation.Details.Constraints[i.Constraint])
		}
	}
	for _, k := range slices.Concat(s.checks, s.keys) {
		comment("CONSTRAINT "+lint.Ident(k.Name)+" ON "+s.written, s.relation.Details.Constraints[k.Name])
	}
	for _, k := range s.referring {
		comment("CONSTRAINT "+lint.Ident(k.Name)+" ON "+strings.TrimPrefix(k.head, "ALTER TABLE "), k.comment)
	}
	for _, st := range s.statistics {
		comment("STATISTICS "+lint.Quote(st.Name), st.Comment)
		if st.Target >= 0 {
			all = append(all, fmt.Sprintf("ALTER STATISTICS %s SET STATISTICS %d", lint.Quote(st.Name), st.Target))
		}
	}
	return all
}

// dropIndexes drops the old indexes that were set aside, when the new are used.
func (s typeSwap) dropIndexes() []rewrite.Phase {
	var phases []rewrite.Phase
	for _, i := range s.indexes {
		if i.Constraint != "" || !i.harmless() || s.collides(i) {
			continue
		}
		aside := s.piece.Aside(catalog.Schema(s.table), i.name())
		phase := rewrite.Phase{
			Title: "drop " + aside, Alone: true, SQL: []string{"DROP INDEX CONCURRENTLY " + s.beside(aside)},
			Why: "the new one is there; dropped while reads and writes go on",
		}
		if edits, ok := indexEdits(i.st, s.old, s.aside); ok && s.reversible() {
			i.build = aside
			phase.Down, phase.DownAlone = []string{builds(i.st, edits, i, s.written)}, true
		}
		phases = append(phases, phase)
	}
	return phases
}

// grants are the privileges on a column, as statements.
func grants(table, column string, d catalog.ColumnDetails) []string {
	var all []string
	for _, g := range d.Grants {
		all = append(all, grant(g, " ("+lint.Ident(column)+")", table))
	}
	return all
}

// grant is a privilege as a statement; columns is "" or a list in parentheses.
func grant(g catalog.Privilege, columns, on string) string {
	to := "PUBLIC"
	if g.Grantee != "" {
		to = lint.Ident(g.Grantee)
	}
	sql := "GRANT " + g.Name + columns + " ON " + on + " TO " + to
	if g.Grantable {
		sql += " WITH GRANT OPTION"
	}
	return sql
}

// columnSettings are the settings of a column, as statements.
func columnSettings(head, column string, d catalog.ColumnDetails) []string {
	var all []string
	if d.Statistics >= 0 {
		all = append(all, fmt.Sprintf("%s ALTER COLUMN %s SET STATISTICS %d", head, lint.Ident(column), d.Statistics))
	}
	if len(d.Options) > 0 {
		all = append(all,
			fmt.Sprintf("%s ALTER COLUMN %s SET (%s)", head, lint.Ident(column), strings.Join(d.Options, ", ")))
	}
	return all
}

// readStatistics takes in the statistics objects that name the column: they are
// made again under the same text when the column has its name.
func (t *twin) readStatistics() string {
	for _, s := range t.relation.Details.Statistics {
		switch {
		case !slices.Contains(s.Columns, t.old):
		case s.Definition == "":
			return "how statistics " + s.Name + " were made is not known"
		case s.Owner != t.relation.Owner:
			return "statistics " + s.Name + " belong to another role than the table"
		default:
			t.statistics = append(t.statistics, s)
		}
	}
	return ""
}

// contract drops the column of the old type, which waits under another name.
func (s typeSwap) contract() *rewrite.Contract {
	gone := lint.Ident(s.aside)
	c := &rewrite.Contract{
		Old: lint.Quote(s.table) + "." + gone, Phases: dropColumn(s.twin, gone),
		Own:   []string{function(s.table, s.pair.Trigger)},
		Table: s.written, Before: s.apart(),
	}
	if s.feed.fed() {
		drop := &c.Phases[0]
		drop.SQL = append(s.feed.SQL().Drop, drop.SQL...)
		drop.Why = "what kept the old column fed goes, and then the column: there is no way back from here"
		c.Own = append(c.Own, function(s.table, s.feed.Trigger))
	}
	return c
}

// apart holds for a row in which the new column, under its first name, is not what the
// old one makes it.
func (s typeSwap) apart() string {
	return differ(lint.Ident(s.fresh), "("+s.conversion.value+")::"+s.conversion.typ)
}

// differ holds for a row in which two values are not the same to the last bit: it needs
// no operator of the type.
func differ(a, b string) string {
	return "pg_catalog.record_image_ne(ROW(" + a + "), ROW(" + b + "))"
}

// function names the function of a trigger, as schema.name. Where the file leaves the
// schema to the session, it is taken to be the table's.
func function(table string, t synctrigger.Trigger) string {
	return catalog.Schema(table) + "." + t.Name
}
