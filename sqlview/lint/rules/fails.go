package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/refusal"
)

var _ = add(lint.Rule{
	ID: "fails", Severity: lint.Stop, Kind: "fails",
	Summary: "a statement that the server refuses as the catalog is now",
	Run:     fails,
	Doc: `
## Advice
Know before the run what the server will not do.

## In practice
The server looks at its catalog and refuses: what is there already, what is missing or of another kind, what others depend
on, what has no cast, a key that is none, a bound that is taken, words that are newer than the server. Up to then the
statements before it in the transaction have worked, and hold their locks. Each statement is held against the catalog that
the statements before it leave. What the catalog does not tell is never a reason: where only the folder's history is known,
nothing is called missing, and after code that nobody sees (DO, CALL, an extension's script) nothing is.

A run does not begin over such a statement, whatever reason is given: the server would refuse it all the same. Change the
file, or what stands in its way, and look again.

## Measured
Thousands of drawn statements were run on real servers and rolled back: more than nine in ten refusals are foretold with
the server's own SQLSTATE, and of what the server accepts nothing is. What depends on rows (23502, 23505, 22P02 of a
conversion) is not told from a catalog.

## Instead
What the message says; then review again. By SQLSTATE: 42P07, 42701, 42710, 42P06, 42723 = it is there already; 42P01, 42703,
42704, 42883, 3F000 = it is missing; 42809 = it is of another kind; 2BP01 = others depend on it; 42804, 42846 = there is no
cast; 42830 = no key is there to point to; 42P16, 42P17 = keys, partitions and inheritance do not allow it; 0A000 = the
server cannot do that; 42601 = its grammar does not have that; 55000 = something must be done first; 55006 = rows of the
same transaction wait for a deferred constraint: SET CONSTRAINTS ALL IMMEDIATE before it.
`,
})

// fails warns where the catalog is not known to be the server's own: a folder's
// history may leave something out. What the grammar refuses needs no catalog.
func fails(p *lint.Pass) {
	for s := range p.Statements() {
		if w, ok := s.Pending(); ok && s.Effect().Fails.Code == "" {
			waits(s, w)
		}
		f := s.Effect().Fails
		if f.Code == "" || f.IfRows || p.File.ByBelay && belayLooks(s, f) {
			continue
		}
		severity := lint.Stop
		if f.Code != "42601" {
			severity = sure(s)
		}
		s.Report(lint.Hazard{
			Severity: severity, Message: fmt.Sprintf("This fails (%s): %s.", f.Code, f.Message),
			Why:     "The server refuses it as the catalog is when the statement runs.",
			Instead: instead(f),
		})
	}
}

// waits reports a table that the server does not change while checks of its rows wait
// for the end of the transaction.
func waits(s lint.Stmt, w lint.Pending) {
	severity, when := lint.Warn, fmt.Sprintf(" if the statement in line %d changes a row", w.Line)
	if w.Surely {
		severity, when = sure(s), ""
	}
	if w.Cursor != "" {
		if !w.Surely {
			when = fmt.Sprintf(" if the cursor of line %d reads it", w.Line)
		}
		s.Report(lint.Hazard{
			Severity: severity, Relation: w.Table,
			Message: fmt.Sprintf("This fails (55006)%s: cursor %s of line %d holds %s.", when, w.Cursor, w.Line,
				w.Table),
			Why:     "The server changes no table that an open cursor of the same session reads.",
			Instead: "-- before it:\nCLOSE " + lint.Ident(w.Cursor) + ";",
		})
		return
	}
	s.Report(lint.Hazard{
		Severity: severity, Relation: w.Table,
		Message: fmt.Sprintf("This fails (55006)%s: %s has rows of this transaction that %s checks at its end.", when,
			w.Table, w.Constraint),
		Why:     "The constraint is deferred, and the server changes no table with checks that wait.",
		Instead: "-- have the rows checked first, in a statement before it:\nSET CONSTRAINTS ALL IMMEDIATE;",
	})
}

// sure is the severity of a failure that is known from the catalog.
func sure(s lint.Stmt) lint.Severity {
	if source := s.Catalog().Source; source != catalog.SourceLive && source != catalog.SourceSchema {
		return lint.Warn
	}
	return lint.Stop
}

// belayLooks reports what belay looks at itself before it runs the statement: an
// index of a concurrent build that is there already, wanted or INVALID, and a
// partition that is detached already.
func belayLooks(s lint.Stmt, f refusal.Failure) bool {
	switch s.Concurrently() {
	case "CREATE INDEX CONCURRENTLY":
		i := s.Node.GetIndexStmt()
		table, there := s.Catalog().Indexed(catalog.Schema(s.Name(i.Relation)) + "." + catalog.Truncate(i.Idxname))
		return f.Code == "42P07" && there != nil && table.Name == s.Name(i.Relation)
	case "DETACH PARTITION CONCURRENTLY":
		return f.Code == "42P01"
	}
	return false
}

// instead is what to do about a failure of a kind; "" = the message says it.
func instead(f refusal.Failure) string {
	switch f.Code {
	case "42P07", "42701", "42710", "42P06", "42723":
		return "-- leave the statement out if what is there is what is meant, else take another name;\n" +
			"-- IF NOT EXISTS would keep what is there as it is, also where it differs"
	case "42P01", "42703", "42883", "3F000":
		return "-- correct the name or its schema, or run first what makes it"
	case "2BP01":
		return "-- drop first what depends on it; CASCADE drops all of that too: read what goes"
	case "42601":
		return "-- write it without these words, or upgrade the server first"
	case "42830":
		return "-- make a unique constraint over these columns first"
	}
	return ""
}
