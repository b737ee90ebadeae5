package synctrigger

import (
	"cmp"

	"belay/sqlview/lint"
)

// Pair keeps two columns of a table in step, in the direction of who wrote: what
// is written to Old is handed on to New, and the other way round. Where a
// statement writes both, New stands and is handed on: code that knows it is the
// newer code. A row in which neither was written stays as it is, so that a row
// that was not filled yet is left to the backfill.
type Pair struct {
	Trigger
	// Old and New are the columns' names, unquoted.
	Old, New string
	// ToNew is the value of New as an expression over NEW; "" = that of Old, of the
	// same type. What it raises fails the write, as a value that does not fit the
	// column would.
	ToNew string
	// Reads are further columns that ToNew reads, unquoted: where one of them changes,
	// New follows.
	Reads []string
	// ToOld is the value of Old as an expression over NEW; "" = that of New.
	ToOld string
	// OneWay leaves Old alone: what is written to New stands there only.
	OneWay bool
	// NewDefault is the constant DEFAULT of New as an expression of its very type,
	// "" = NULL: an INSERT that leaves New so has not written it.
	NewDefault string
}

// SQL writes the trigger.
func (p Pair) SQL() SQL {
	old, fresh := lint.Ident(p.Old), lint.Ident(p.New)
	written := "NEW." + fresh + " IS NOT NULL"
	if p.NewDefault != "" {
		written = changed("NEW."+fresh, p.NewDefault)
	}
	forth := "NEW." + fresh + " := " + cmp.Or(p.ToNew, "NEW."+old) + ";"
	var b body
	b.declare(p.handsBack(), "made record;", "apart boolean := true;")
	b.line(0, "BEGIN")
	b.line(1, "IF "+onInsert+" THEN")
	b.line(2, "IF NOT ("+written+") THEN")
	b.line(3, forth)
	p.back(&b, 2)
	b.line(2, "END IF;")
	b.line(1, "ELSIF "+same("NEW."+fresh, "OLD."+fresh)+" THEN")
	read := append([]string{p.Old}, p.Reads...)
	b.line(2, "IF "+changed(list("NEW", read), list("OLD", read))+" THEN")
	b.line(3, forth)
	b.line(2, "END IF;")
	p.back(&b, 1)
	b.line(1, "END IF;")
	b.line(1, "RETURN NEW;")
	b.line(0, "END")
	return p.sql(b.String(), "")
}

// handsBack reports whether a way there and back may change a value.
func (p Pair) handsBack() bool { return !p.OneWay && p.ToNew != "" }

// back is the branch that writes Old after New, unless New is what Old makes it:
// so the backfill writes it.
func (p Pair) back(b *body, indent int) {
	if p.OneWay {
		return
	}
	old, fresh := lint.Ident(p.Old), lint.Ident(p.New)
	give := "NEW." + old + " := " + cmp.Or(p.ToOld, "NEW."+fresh) + ";"
	b.line(indent, "ELSE")
	indent++
	if !p.handsBack() {
		b.line(indent, give)
		return
	}
	b.line(indent, "BEGIN")
	b.line(indent+1, "made := NEW;")
	b.line(indent+1, "made."+fresh+" := "+p.ToNew+";")
	b.line(indent+1, "apart := "+changed("made."+fresh, "NEW."+fresh)+";")
	b.line(indent, "EXCEPTION WHEN OTHERS THEN -- what Old holds has no value in New: they are apart")
	b.line(indent+1, "NULL;")
	b.line(indent, "END;")
	b.line(indent, "IF apart THEN")
	b.line(indent+1, give)
	b.line(indent, "END IF;")
}
