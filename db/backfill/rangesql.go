package backfill

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/sqlview/usage"
)

// cursor is a key's columns as text; nil = before the first row. It is compared
// in the server only, never here.
type cursor []string

// rangeSQL writes the statements that walk one leaf. Every name is quoted and
// qualified; the leaf has the relation's own name as its alias, so that the
// expressions may say either.
type rangeSQL struct {
	leaf  Leaf
	alias string
	st    *Statement
}

func newRangeSQL(p *Plan, l Leaf) rangeSQL {
	return rangeSQL{leaf: l, alias: p.Alias, st: p.Statement}
}

func (q rangeSQL) from() string {
	return "ONLY " + q.leaf.Name + " AS " + quote(q.alias) + " " + usage.Mark
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// columns are the key's columns, with the collation of the index where the
// column has another.
func (q rangeSQL) columns() []string {
	k := q.leaf.Key
	if k.ByPlace() {
		return []string{quote(q.alias) + ".ctid"}
	}
	out := make([]string, len(k.Columns))
	for i, c := range k.Columns {
		out[i] = quote(q.alias) + "." + quote(c)
		if k.Collations[i] != "" {
			out[i] += " COLLATE " + k.Collations[i]
		}
	}
	return out
}

// row is "a" or "(a, b)": one index condition, which the OR form is not.
func row(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// values are the bound parameters from number first on, of the key's types. They
// are read as the types read text: a cast might be anybody's.
func (q rangeSQL) values(first int) []string {
	out := make([]string, len(q.columns()))
	for i := range out {
		out[i] = fmt.Sprintf("$%d::%s", first+i, q.leaf.Key.Types[i])
	}
	return out
}

// within is the condition of the range (lo, hi] with its arguments; a nil end
// is open.
func (q rangeSQL) within(lo, hi cursor) (string, []any) {
	var all []string
	var args []any
	n := len(q.columns())
	for _, end := range []struct {
		op  string
		key cursor
	}{{">", lo}, {"<=", hi}} {
		if end.key == nil {
			continue
		}
		all = append(all, q.compared(end.op, len(args)+1))
		for _, v := range end.key[:n] {
			args = append(args, v)
		}
	}
	if len(all) == 0 {
		return "true", nil
	}
	return strings.Join(all, " AND "), args
}

// compared is the key held against the parameters from number first on. It is one
// row comparison where the operators of all columns live in one schema; written
// out, only the first column is an index condition.
func (q rangeSQL) compared(op string, first int) string {
	k, columns, values := q.leaf.Key, q.columns(), q.values(first)
	if k.oneSchema() {
		return row(columns) + " " + k.operator(0, op) + " " + row(values)
	}
	last := len(columns) - 1
	out := columns[last] + " " + k.operator(last, op) + " " + values[last]
	for i, strict := last-1, op[:1]; i >= 0; i-- {
		out = fmt.Sprintf("%[1]s %[2]s %[4]s AND (%[1]s %[3]s %[4]s OR %[5]s)", columns[i], k.operator(i, strict+"="),
			k.operator(i, strict), values[i], out)
	}
	return out
}

func (q rangeSQL) order(direction string) string {
	out := q.columns()
	for i := range out {
		out[i] += direction
	}
	return strings.Join(out, ", ")
}

// bound finds the key of the rows-th row in (lo, hi] for which only holds, "" =
// of any; no row = there are fewer.
func (q rangeSQL) bound(lo, hi cursor, rows int, only string) (string, []any) {
	where, args := q.within(lo, hi)
	if only != "" {
		where += " AND (" + only + ")"
	}
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s OFFSET %d LIMIT 1",
		strings.Join(q.columns(), ", "), q.from(), where, q.order(""), rows-1), args
}

// last finds the highest key; no row = the leaf is empty.
func (q rangeSQL) last() string {
	return fmt.Sprintf("SELECT %s FROM %s ORDER BY %s LIMIT 1", strings.Join(q.columns(), ", "), q.from(),
		q.order(" DESC"))
}

// update changes the rows of a range for which the guard holds. extra narrows
// it further; "" = no more.
func (q rangeSQL) update(lo, hi cursor, extra string) (string, []any) {
	return q.updateBy(q.st.Set, lo, hi, extra)
}

// updateBy is update with a SET list of its own.
func (q rangeSQL) updateBy(set string, lo, hi cursor, extra string) (string, []any) {
	where, args := q.within(lo, hi)
	for _, g := range []string{q.st.Guard, extra} {
		if g != "" {
			where += " AND (" + g + ")"
		}
	}
	return "UPDATE " + q.from() + " SET " + set + " WHERE " + where, args
}
