package lint

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Batches is an UPDATE as a backfill runs it: `belay backfill` takes the same
// words.
type Batches struct {
	// Table is written as SQL writes it; Set and Where are the statement's own
	// words. Where is "" for every row.
	Table, Set, Where string
}

// Command is the command line that does the same.
func (b Batches) Command() string {
	table := b.Table
	if strings.ContainsAny(table, "$`\\!\"' ") {
		table = shell(table)
	}
	c := "belay backfill --table " + table + " --set " + shell(b.Set)
	if b.Where != "" {
		c += " --where " + shell(b.Where)
	}
	return c
}

// shell quotes a text for a POSIX shell.
func shell(text string) string {
	if strings.ContainsAny(text, "$`\\!\"") {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return `"` + text + `"`
}

// Batches reads the file as a backfill, which its header asks for. why says what
// stands against it, "" = nothing.
func (f *File) Batches() (b Batches, why string) {
	if len(f.Statements) != 1 {
		return b, "the file has more than one statement"
	}
	s := Stmt{&f.Statements[0], &Pass{File: f}}
	if s.Node.GetUpdateStmt() == nil {
		return b, "the statement is no UPDATE"
	}
	return s.Batches(s.findDataChanges()[0])
}

// InBatches reports whether belay runs the file in batches: its header says so
// and the file can be run that way.
func (f *File) InBatches() bool {
	if !f.Backfill {
		return false
	}
	_, why := f.Batches()
	return why == ""
}

// Batches says how an UPDATE is done by `belay backfill`; why says what stands
// against it, "" = nothing.
func (s Stmt) Batches(d DataChange) (b Batches, why string) {
	u := d.Update
	switch {
	case u == nil:
		return b, "a DELETE is no backfill"
	case len(u.FromClause) > 0:
		return b, "FROM joins another table"
	case u.WithClause != nil || s.Node.GetUpdateStmt() != u:
		return b, "the UPDATE is not the whole statement: it has a WITH"
	case len(u.ReturningList) > 0:
		return b, "RETURNING has no reader"
	case !u.Relation.GetInh():
		return b, "ONLY leaves the partitions and children out"
	}
	return Batches{Table: Quote(d.Table), Set: s.SetText(u), Where: s.WhereText(d)}, ""
}

// SetText is the source text of an UPDATE's assignments, without comments.
func (s Stmt) SetText(u *pg.UpdateStmt) string {
	if len(u.TargetList) == 0 {
		return ""
	}
	from := int(u.TargetList[0].GetResTarget().GetLocation())
	return s.clause(u, from, clauseEnd(s.tail(int32(from)), endsSet))
}

// WhereText is the source text of a condition, without comments.
func (s Stmt) WhereText(d DataChange) string {
	if d.Where == nil {
		return ""
	}
	from := d.At
	if d.Update != nil {
		from = int(d.Update.TargetList[0].GetResTarget().GetLocation())
	}
	from += clauseEnd(s.tail(int32(from)), toWhere) + len("WHERE")
	if from >= len(s.SQL) {
		return ""
	}
	return s.clause(d.Update, from, clauseEnd(s.tail(int32(from)), endsWhere))
}

// clause is a part of SQL in one line, n bytes from a byte offset on. Where the
// UPDATE gives its table another name, the table's own stands in its place:
// that is the one a backfill knows.
func (s Stmt) clause(u *pg.UpdateStmt, from, n int) string {
	text := s.SQL[from : from+n]
	alias := u.GetRelation().GetAlias().GetAliasname()
	if alias == "" {
		return folded(text)
	}
	var at []int
	catalog.Walk(s.Node, func(m any) bool {
		if c, ok := m.(*pg.ColumnRef); ok && len(c.Fields) > 1 && c.Fields[0].GetString_().GetSval() == alias {
			at = append(at, int(c.Location)-from)
		}
		return true
	})
	for _, i := range slices.Backward(slices.Sorted(slices.Values(at))) {
		if i < 0 || i >= len(text) {
			continue
		}
		if end := strings.IndexByte(text[i:], '.'); end > 0 {
			text = text[:i] + Ident(u.Relation.Relname) + text[i+end:]
		}
	}
	return folded(text)
}

// folded is SQL in one line: comments are gone and blanks are one, but in
// quotes.
func folded(text string) string {
	var b strings.Builder
	gap := false
	put := func(part string) {
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(part)
		gap = false
	}
	for i := 0; i < len(text); {
		rest := text[i:]
		n := quoted(rest)
		switch {
		case strings.HasPrefix(rest, "--") || strings.HasPrefix(rest, "/*"):
			gap = true
		case n > 0:
			put(rest[:n])
		case strings.ContainsRune(" \t\r\n\f", rune(rest[0])):
			n, gap = 1, true
		default:
			n = max(len(wordBoundary.FindString(rest)), 1)
			put(rest[:n])
		}
		i += n
	}
	return b.String()
}
