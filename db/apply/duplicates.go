package apply

import (
	"fmt"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/jackc/pgx/v5"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"
)

// MaxDuplicates is how many keys are counted before the look ends.
const MaxDuplicates = 1000

// Unique is what a statement that builds a unique index is going to check.
type Unique struct {
	// Table is the indexed table as "schema.name"; "" = it is not known.
	Table string
	// What is the index or constraint in words, with its name where the statement
	// gives one.
	What string
	// Only is true for an index of a partitioned table alone, which checks nothing.
	Only bool
	// Unsure is why no query would check exactly the same; "" = Query does.
	Unsure string

	where string
	keys  []string // expressions, as the statement writes them
	// expression is all that is no plain column: keys and the condition.
	expression string
	nullsEqual bool
}

// Query counts the keys that would make the build fail, up to MaxDuplicates + 1.
// An index is of a table's own rows, but that of a partitioned one is of its
// partitions'. "" = Unsure says why there is none.
func (u Unique) Query(partitioned bool) string {
	if u.Unsure != "" {
		return ""
	}
	var keys, names, filled []string
	for i, k := range u.keys {
		name := fmt.Sprintf("k%d", i+1)
		// IS NOT NULL would leave out a composite value of which one field is NULL.
		keys, names, filled = append(keys, k+" AS "+name), append(names, name),
			append(filled, name+" IS DISTINCT FROM NULL")
	}
	only := "ONLY "
	if partitioned {
		only = ""
	}
	// A constant key such as ((true)) cannot be grouped by but from within.
	rows := "SELECT " + strings.Join(keys, ", ") + " FROM " + only + quotedName(u.Table) + u.where
	group := "SELECT 1 FROM (" + rows + ") AS k"
	if !u.nullsEqual {
		group += " WHERE " + strings.Join(filled, " AND ")
	}
	return fmt.Sprintf("SELECT pg_catalog.count(*) FROM (%s GROUP BY %s HAVING pg_catalog.count(*) "+
		"OPERATOR(pg_catalog.>) 1 LIMIT %d) AS d", group, strings.Join(names, ", "), MaxDuplicates+1)
}

// Reaches says what of the query would run code that is not PostgreSQL's own, as
// [Against.Reaches] does.
func (u Unique) Reaches(live *catalog.Snapshot) string {
	return reaches(live, u.Table, u.expression, nil)
}

// uniqueIndex reads what a CREATE UNIQUE INDEX is going to check.
func uniqueIndex(s parse.Statement, n *pg.IndexStmt, table string) Unique {
	u := Unique{
		Table: table, What: strings.TrimSpace("unique index " + n.Idxname), Only: !n.Relation.GetInh(),
		nullsEqual: n.NullsNotDistinct,
	}
	if table == "" {
		u.Unsure = "its table is not known"
		return u
	}
	texts := elements(s.SQL)
	for i, p := range n.IndexParams {
		e := p.GetIndexElem()
		key := pgx.Identifier{e.GetName()}.Sanitize()
		if e.GetName() == "" {
			if key = ""; len(texts) == len(n.IndexParams) {
				key = expression(texts[i])
			}
			u.expression += key + "\n"
		}
		if key == "" {
			u.Unsure = fmt.Sprintf("key %d of it could not be cut out of the statement", i+1)
			return u
		}
		if class := names(e.GetOpclass()); len(class) > 0 && !byteEqual(class) {
			u.Unsure = "operator class " + strings.Join(class, ".") + " may have an equality of its own"
			return u
		}
		if c := names(e.GetCollation()); len(c) > 0 {
			key += " COLLATE " + pgx.Identifier(c).Sanitize()
		}
		u.keys = append(u.keys, key)
	}
	if n.WhereClause != nil {
		u.where = " WHERE (" + condition(s.SQL) + "\n)" // a comment may end it
		u.expression += condition(s.SQL)
	}
	return u
}

// uniqueConstraints reads what the UNIQUE and PRIMARY KEY constraints of an ALTER
// TABLE are going to check. One made of an index that is there checks nothing; one
// that stands within ADD COLUMN is not looked for, as no row has the column yet.
func uniqueConstraints(a *pg.AlterTableStmt, table string) []Unique {
	var out []Unique
	for _, n := range a.Cmds {
		c := n.GetAlterTableCmd().GetDef().GetConstraint()
		if c == nil || c.Indexname != "" {
			continue
		}
		kind := ""
		switch c.Contype {
		case pg.ConstrType_CONSTR_UNIQUE:
			kind = "UNIQUE constraint"
		case pg.ConstrType_CONSTR_PRIMARY:
			kind = "primary key"
		default:
			continue
		}
		u := Unique{
			Table: table, What: strings.TrimSpace(kind + " " + c.Conname), Only: !a.Relation.GetInh(),
			nullsEqual: c.NullsNotDistinct,
		}
		if table == "" {
			u.Unsure = "its table is not known"
		}
		for _, column := range names(c.Keys) {
			u.keys = append(u.keys, pgx.Identifier{column}.Sanitize())
		}
		out = append(out, u)
	}
	return out
}

func names(list []*pg.Node) []string {
	var out []string
	for _, n := range list {
		out = append(out, n.GetString_().GetSval())
	}
	return out
}

// byteEqual reports an operator class that finds the same values equal as the
// type's own does. With a collation where that would not hold the server builds
// no index of it.
func byteEqual(class []string) bool {
	if len(class) > 1 && class[0] != "pg_catalog" {
		return false
	}
	return slices.Contains([]string{"text_pattern_ops", "varchar_pattern_ops", "bpchar_pattern_ops"},
		class[len(class)-1])
}

// elements are the keys of a CREATE INDEX as they are written: what stands
// between the commas of its first parentheses.
func elements(sql string) []string {
	var out []string
	depth, from := 0, 0
	for _, t := range parse.Tokens([]byte(sql)) {
		if t.Kind != parse.TokenSymbol {
			continue
		}
		switch sql[t.Start:t.End] {
		case "(", "[":
			if depth++; depth == 1 {
				from = t.End
			}
		case ",":
			if depth == 1 {
				out, from = append(out, sql[from:t.Start]), t.End
			}
		case ")", "]":
			if depth--; depth == 0 {
				return append(out, sql[from:t.Start])
			}
		}
	}
	return nil
}

// expression is the key of an element that is none of a column: up to the end of
// its first parentheses. Collation, operator class and order come after them; ""
// = it has none.
func expression(element string) string {
	depth := 0
	for _, t := range parse.Tokens([]byte(element)) {
		if t.Kind != parse.TokenSymbol {
			continue
		}
		switch element[t.Start:t.End] {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				return element[:t.End]
			}
		}
	}
	return ""
}

// condition is the text behind the WHERE of a CREATE INDEX: the last one outside
// of parentheses.
func condition(sql string) string {
	depth, at := 0, len(sql)
	for _, t := range parse.Tokens([]byte(sql)) {
		switch word := sql[t.Start:t.End]; {
		case t.Kind == parse.TokenSymbol && word == "(":
			depth++
		case t.Kind == parse.TokenSymbol && word == ")":
			depth--
		case t.Kind == parse.TokenWord && depth == 0 && strings.EqualFold(word, "where"):
			at = t.End
		}
	}
	return strings.TrimSuffix(strings.TrimSpace(sql[at:]), ";")
}
