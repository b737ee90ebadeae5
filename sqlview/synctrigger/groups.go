package synctrigger

import (
	"strings"

	"belay/sqlview/lint"
)

// Groups keeps two groups of columns in step, in the direction of who wrote, as [Pair]
// does for two columns: a name beside its parts. Where a statement writes both, New stands
// and is handed on. What an expression raises leaves the other group as it was, and no
// write of the application fails by it: the row is then one in which both disagree.
type Groups struct {
	Trigger
	Old, New []Member
}

// Member is a column of a group.
type Member struct {
	Name string // unquoted
	// Value is what the other group makes it, as an expression over NEW.
	Value string
	// Reads are the columns that Value reads, unquoted.
	Reads []string
}

func names(all []Member) []string {
	var out []string
	for _, m := range all {
		out = append(out, m.Name)
	}
	return out
}

// read are the columns that the values of a group hang on, without those of the group.
func read(all []Member) []string {
	var out []string
	seen := map[string]bool{}
	for _, m := range all {
		for _, r := range m.Reads {
			if !seen[r] {
				out, seen[r] = append(out, r), true
			}
		}
	}
	return out
}

// SQL writes the trigger.
func (g Groups) SQL() SQL {
	fresh := names(g.New)
	var b body
	b.declare(true, "made record;", "apart boolean := true;")
	b.line(0, "BEGIN")
	b.line(1, "IF "+onInsert+" THEN")
	b.line(2, "IF pg_catalog.num_nonnulls("+list("NEW", fresh)+") OPERATOR(pg_catalog.=) 0 THEN")
	give(&b, 3, g.New)
	b.line(2, "ELSE")
	g.back(&b, 3)
	b.line(2, "END IF;")
	b.line(1, "ELSIF "+same(list("NEW", fresh), list("OLD", fresh))+" THEN")
	b.line(2, "IF "+changed(list("NEW", read(g.New)), list("OLD", read(g.New)))+" THEN")
	give(&b, 3, g.New)
	b.line(2, "END IF;")
	b.line(1, "ELSE")
	g.back(&b, 2)
	b.line(1, "END IF;")
	b.line(1, "RETURN NEW;")
	b.line(0, "END")
	return g.sql(b.String(), "")
}

// back writes Old after New, unless New is what Old makes it: so the backfill and code
// that writes both leave it.
func (g Groups) back(b *body, indent int) {
	tried(b, indent, func(indent int) {
		work(b, indent, g.New)
		b.line(indent, "apart := "+changed(list("made", names(g.New)), list("NEW", names(g.New)))+";")
	})
	b.line(indent, "IF apart THEN")
	give(b, indent+1, g.Old)
	b.line(indent, "END IF;")
}

// work makes a group's values in a row of their own.
func work(b *body, indent int, group []Member) {
	b.line(indent, "made := NEW;")
	for _, m := range group {
		b.line(indent, "made."+lint.Ident(m.Name)+" := "+m.Value+";")
	}
}

// give writes a group, all of it or none.
func give(b *body, indent int, group []Member) {
	tried(b, indent, func(indent int) {
		work(b, indent, group)
		for _, m := range group {
			b.line(indent, "NEW."+lint.Ident(m.Name)+" := made."+lint.Ident(m.Name)+";")
		}
	})
}

// tried is work whose failure is none of the application's.
func tried(b *body, indent int, work func(indent int)) {
	b.line(indent, "BEGIN")
	work(indent + 1)
	b.line(indent, "EXCEPTION WHEN OTHERS THEN")
	b.line(indent+1, "NULL;")
	b.line(indent, "END;")
}

// Apart is the condition for a row in which the groups disagree: neither is what the other
// makes it. Each member's Value is here one over the row, of the column's type.
func Apart(old, fresh []Member) string {
	differ := func(group []Member) string {
		var is, made []string
		for _, m := range group {
			is, made = append(is, lint.Ident(m.Name)), append(made, m.Value)
		}
		return changed(strings.Join(is, ", "), strings.Join(made, ", "))
	}
	return differ(fresh) + " AND " + differ(old)
}
