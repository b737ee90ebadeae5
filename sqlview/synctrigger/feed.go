package synctrigger

import "cmp"

// Feed keeps a column fed that code no longer writes, so that a change can be taken back
// without loss: what is written to From is handed on to To. A value that has none in To
// leaves To empty, and no write of the application fails by it.
type Feed struct {
	Trigger
	// From and To are the columns' names, unquoted.
	From, To string
	// Value is that of To as an expression over NEW; "" = that of From, assigned.
	Value string
	// Reads are further columns that Value reads, unquoted: where one of them changes, To
	// follows.
	Reads []string
	// Strict has a value that To does not take fail the write, as To itself would.
	Strict bool
}

// SQL writes the trigger.
func (f Feed) SQL() SQL {
	from := append([]string{f.From}, f.Reads...)
	to := list("NEW", []string{f.To})
	var b body
	b.line(0, "BEGIN")
	b.line(1, to+" := "+cmp.Or(f.Value, list("NEW", from[:1]))+";")
	b.line(1, "RETURN NEW;")
	if f.Strict {
		b.line(0, "END")
		return f.sql(b.String(), changed(list("NEW", from), list("OLD", from)))
	}
	b.line(0, "EXCEPTION WHEN OTHERS THEN -- it has no value there")
	b.line(1, to+" := NULL;")
	b.line(1, "RETURN NEW;")
	b.line(0, "END")
	return f.sql(b.String(), changed(list("NEW", from), list("OLD", from)))
}
