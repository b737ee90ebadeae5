package apply

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/jackc/pgx/v5"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"
)

// Against is what a statement is going to check of the rows that are there already.
type Against struct {
	// Table is "schema.name"; What is the check in words.
	Table, What string
	// Code is the SQLSTATE that one row against it makes the statement end in.
	Code string

	rows, where, key string
	// null is the column whose NULLs are against it; "" = it is something else.
	null string
	// expression is the CHECK's, of the file or of the catalog; compared are the columns
	// that the look compares or casts.
	expression string
	compared   []column
}

// Reaches says what of the query would run code that is not PostgreSQL's own: it is then
// not to be asked before anybody said yes. live is the catalog as it is now.
func (a Against) Reaches(live *catalog.Snapshot) string {
	return reaches(live, a.Table, a.expression, a.compared)
}

// Query counts the rows against it, up to MaxDuplicates + 1.
func (a Against) Query() string {
	return fmt.Sprintf("SELECT pg_catalog.count(*) FROM (SELECT 1 FROM %s AS t WHERE %s LIMIT %d) AS d", a.rows,
		a.where, MaxDuplicates+1)
}

// Fill is the command that gives the rows against it a value, but for the value: only a
// person knows that. "" = they are not against it by a NULL.
func (a Against) Fill() string {
	if a.null == "" {
		return ""
	}
	column := lint.Ident(a.null)
	return lint.Batches{
		Table: lint.Quote(a.Table), Set: column + " = …", Where: column + " IS NULL",
	}.Command()
}

// Example gives the key of one such row; "" = the table has no key that is a number
// or a uuid. Another value of a row is nobody's business here.
func (a Against) Example() string {
	if a.key == "" {
		return ""
	}
	return fmt.Sprintf("SELECT %s::text FROM %s AS t WHERE %s LIMIT 1", a.key, a.rows, a.where)
}

// AgainstOf lists what an ALTER TABLE is going to check of the rows, as far as a
// query tells the same. version is the server's major version.
func AgainstOf(s parse.Statement, cat *catalog.Snapshot, version int) []Against {
	alter := s.Node.GetAlterTableStmt()
	if alter == nil || alter.Objtype != pg.ObjectType_OBJECT_TABLE {
		return nil
	}
	r := cat.Relation(cat.Name(alter.Relation))
	if r == nil || r.CreatedHere || r.Kind != catalog.Table && r.Kind != catalog.PartitionedTable {
		return nil
	}
	b := checks{sql: s, cat: cat, table: r, version: version, whole: quotedName(r.Name)}
	if !alter.Relation.Inh {
		b.whole = "ONLY " + b.whole
	}
	for _, n := range alter.Cmds {
		if c := n.GetAlterTableCmd(); c != nil {
			b.command(c)
		}
	}
	return b.all
}

// checks reads one ALTER TABLE.
type checks struct {
	sql     parse.Statement
	cat     *catalog.Snapshot
	table   *catalog.Relation
	version int
	whole   string // the table with its children, as the statement has it
	all     []Against
}

func (b *checks) add(code, rows, where, what string, args ...any) {
	b.all = append(b.all, Against{
		Table: b.table.Name, What: fmt.Sprintf(what, args...), Code: code, rows: rows, where: where,
		key: shownKey(b.table),
	})
}

func (b *checks) check(expression, what string) {
	b.add("23514", b.whole, "NOT ("+expression+"\n)", "%s", what)
	b.all[len(b.all)-1].expression = expression
}

// compares adds columns to what was added last.
func (b *checks) compares(table string, names ...string) {
	last := &b.all[len(b.all)-1]
	for _, n := range names {
		last.compared = append(last.compared, column{table, n})
	}
}

// shownKey is the primary key of a table where it is one number or uuid.
func shownKey(r *catalog.Relation) string {
	for _, i := range r.Indexes {
		if !i.Primary || len(i.Columns) != 1 {
			continue
		}
		if c := r.Column(i.Columns[0]); c != nil &&
			slices.Contains([]string{"smallint", "integer", "bigint", "uuid"}, c.Type) {
			return "t." + identifier(c.Name)
		}
	}
	return ""
}

func identifier(name string) string { return pgx.Identifier{name}.Sanitize() }

func (b *checks) command(c *pg.AlterTableCmd) {
	switch c.Subtype {
	case pg.AlterTableType_AT_SetNotNull:
		b.notNull(c.Name)
	case pg.AlterTableType_AT_AddConstraint:
		b.constraint(c.Def.GetConstraint())
	case pg.AlterTableType_AT_ValidateConstraint:
		if k := b.table.Constraint(c.Name); k != nil && !k.Valid && k.Enforced {
			b.validate(*k)
		}
	case pg.AlterTableType_AT_AlterColumnType:
		b.newType(c)
	}
}

func (b *checks) notNull(column string) {
	if c := b.table.Column(column); c != nil && !c.NotNull {
		// IS NULL would take a composite value for NULL of which all fields are.
		b.add("23502", b.whole, "t."+identifier(column)+" IS NOT DISTINCT FROM NULL", "NOT NULL of %s", column)
		b.all[len(b.all)-1].null = column
	}
}

func (b *checks) constraint(k *pg.Constraint) {
	if k == nil || k.SkipValidation || b.sql.Has(parse.NotEnforced, k.Location) {
		return
	}
	switch k.Contype {
	case pg.ConstrType_CONSTR_CHECK:
		if text := parenthesized(b.sql.SQL, k.Location); text != "" {
			b.check(text, strings.TrimSpace("CHECK "+k.Conname))
		}
	case pg.ConstrType_CONSTR_FOREIGN:
		if k.FkMatchtype != "f" {
			b.foreignKey(k.Conname, catalog.Strings(k.FkAttrs), b.cat.Name(k.Pktable), catalog.Strings(k.PkAttrs))
		}
	case pg.ConstrType_CONSTR_NOTNULL:
		for _, column := range catalog.Strings(k.Keys) {
			b.notNull(column)
		}
	}
}

func (b *checks) validate(k catalog.Constraint) {
	switch {
	case k.Type == catalog.Check && b.cat.Source == catalog.SourceLive && k.Expression != "":
		b.check(k.Expression, "CHECK "+k.Name)
		for _, c := range b.table.Columns {
			if strings.Trim(k.Expression, "()") == lint.Ident(c.Name)+" IS NOT NULL" {
				b.all[len(b.all)-1].null = c.Name
			}
		}
	case k.Type == catalog.ForeignKey && !strings.Contains(k.Definition, "MATCH FULL"):
		b.foreignKey(k.Name, k.Columns, k.References, k.RefColumns)
	}
}

// foreignKey looks for rows whose columns are all filled and have no row to point to.
func (b *checks) foreignKey(name string, columns []string, to string, refers []string) {
	parent := b.cat.Relation(to)
	if parent == nil {
		return
	}
	if len(refers) == 0 {
		for _, i := range parent.Indexes {
			if i.Primary {
				refers = i.Columns
			}
		}
	}
	if len(refers) != len(columns) || len(columns) == 0 {
		return
	}
	var filled, same []string
	for i, c := range columns {
		filled = append(filled, "t."+identifier(c)+" IS DISTINCT FROM NULL")
		same = append(same, "p."+identifier(refers[i])+" OPERATOR(pg_catalog.=) t."+identifier(c))
	}
	b.add("23503", of(b.table), fmt.Sprintf("%s AND NOT EXISTS (SELECT 1 FROM %s AS p WHERE %s)",
		strings.Join(filled, " AND "), of(parent), strings.Join(same, " AND ")), "%s",
		strings.TrimSpace("foreign key "+name))
	b.compares(b.table.Name, columns...)
	b.compares(parent.Name, refers...)
}

// of is a table as a foreign key has it: a partitioned one with its partitions,
// another without those that inherit from it.
func of(r *catalog.Relation) string {
	if r.Kind == catalog.PartitionedTable {
		return quotedName(r.Name)
	}
	return "ONLY " + quotedName(r.Name)
}

// newType looks for values that the new type of a column does not take.
func (b *checks) newType(c *pg.AlterTableCmd) {
	def, column := c.Def.GetColumnDef(), b.table.Column(c.Name)
	if column == nil || def == nil || def.RawDefault != nil && !castOf(def.RawDefault, c.Name, def.TypeName) {
		return
	}
	to := catalog.TypeText(def.TypeName)
	if code, where := misfits(column.Type, to, "t."+identifier(c.Name), def.RawDefault != nil, b.version); code != "" {
		b.add(code, b.whole, where, "the change of %s to %s", c.Name, to)
		b.compares(b.table.Name, c.Name)
	}
}

// castOf reports whether a USING is the column cast to the type and nothing else.
func castOf(n *pg.Node, column string, to *pg.TypeName) bool {
	cast := n.GetTypeCast()
	words := catalog.Strings(cast.GetArg().GetColumnRef().GetFields())
	return cast != nil && len(words) > 0 && words[len(words)-1] == column &&
		catalog.TypeText(cast.TypeName) == catalog.TypeText(to)
}

var integers = map[string]int{"smallint": 16, "integer": 32, "bigint": 64}

// misfits is the condition of the values that do not fit another type, and the
// SQLSTATE of the first; "" = all fit, or no query tells.
func misfits(from, to, column string, cast bool, version int) (code, where string) {
	fb, _, fa := catalog.SplitType(from)
	tb, mods, ta := catalog.SplitType(to)
	text := fb == "text" || fb == "character varying" || fb == "character"
	toText := tb == "text" || tb == "character varying" || tb == "character"
	switch {
	case fa || ta:
	case text && toText && len(mods) == 1 && !cast:
		return "22001", fmt.Sprintf("pg_catalog.length(pg_catalog.rtrim(%s::pg_catalog.text, ' ')) "+
			"OPERATOR(pg_catalog.>) %d", column, mods[0])
	case integers[fb] > integers[tb] && integers[tb] > 0:
		top := strconv.FormatInt(1<<(integers[tb]-1), 10)
		return "22003", fmt.Sprintf("%s OPERATOR(pg_catalog.>=) %s OR %s OPERATOR(pg_catalog.<) -%s", column, top,
			column, top)
	case text && !toText && cast && version >= 16:
		code = "22P02"
		if strings.HasPrefix(tb, "date") || strings.HasPrefix(tb, "time") || tb == "interval" {
			code = "22007"
		}
		return code, fmt.Sprintf("NOT pg_catalog.pg_input_is_valid(%s::pg_catalog.text, '%s')", column,
			strings.ReplaceAll(to, "'", "''"))
	}
	return "", ""
}

// parenthesized is what stands between the first parentheses at or after an offset.
func parenthesized(sql string, at int32) string {
	if at < 0 || int(at) > len(sql) {
		return ""
	}
	sql = sql[at:]
	depth, from := 0, 0
	for _, t := range parse.Tokens([]byte(sql)) {
		if t.Kind != parse.TokenSymbol {
			continue
		}
		switch sql[t.Start:t.End] {
		case "(":
			if depth++; depth == 1 {
				from = t.End
			}
		case ")":
			if depth--; depth == 0 {
				return sql[from:t.Start]
			}
		}
	}
	return ""
}
