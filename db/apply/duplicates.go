package apply

import (
	"fmt"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/jackc/pgx/v5"

	"belay/sqlview/parse"
)

// MaxDuplicates is how many keys are counted before the look ends.
const MaxDuplicates = 1000

// duplicates is the query that counts the keys of a unique index that occur more
// than once; "" where the index is not unique, its table is not known, or its
// keys are more than columns.
func duplicates(s parse.Statement, n *pg.IndexStmt, table string) string {
	if !n.Unique || table == "" {
		return ""
	}
	var columns, filled []string
	for _, p := range n.IndexParams {
		e := p.GetIndexElem()
		if e.GetName() == "" || len(e.GetCollation()) > 0 || len(e.GetOpclass()) > 0 {
			return ""
		}
		c := pgx.Identifier{e.Name}.Sanitize()
		columns, filled = append(columns, c), append(filled, c+" IS NOT NULL")
	}
	var where []string
	if n.WhereClause != nil {
		where = append(where, "("+condition(s.SQL)+"\n)") // a comment may end it
	}
	if !n.NullsNotDistinct {
		where = append(where, filled...)
	}
	sql := "SELECT 1 FROM " + quotedName(table)
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	return fmt.Sprintf("SELECT count(*) FROM (%s GROUP BY %s HAVING count(*) > 1 LIMIT %d) AS d", sql, strings.Join(columns, ", "), MaxDuplicates+1)
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
