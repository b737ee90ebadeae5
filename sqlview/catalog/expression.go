package catalog

import (
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// maxDepth bounds the text of an expression; deeper parts read as "…".
const maxDepth = 100

// Expression writes an expression much as pg_get_expr would: operators in
// parentheses, casts with "::". It is for reading and for comparing, not for
// running. What it does not know it writes as the columns that are in it.
func Expression(n *pg.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	writeExpression(&b, n, 0)
	return b.String()
}

func writeExpression(b *strings.Builder, n *pg.Node, depth int) {
	if depth > maxDepth {
		b.WriteString("…")
		return
	}
	switch {
	case n.GetColumnRef() != nil:
		b.WriteString(quotedRef(n.GetColumnRef()))
	case n.GetAConst() != nil:
		b.WriteString(constant(n.GetAConst()))
	case n.GetTypeCast() != nil:
		writeExpression(b, n.GetTypeCast().Arg, depth+1)
		b.WriteString("::" + TypeText(n.GetTypeCast().TypeName))
	case n.GetFuncCall() != nil:
		f := n.GetFuncCall()
		b.WriteString(strings.TrimPrefix(strings.Join(Strings(f.Funcname), "."), "pg_catalog.") + "(")
		writeList(b, f.Args, ", ", depth+1)
		b.WriteString(")")
	case n.GetBoolExpr() != nil:
		writeBool(b, n.GetBoolExpr(), depth+1)
	case n.GetNullTest() != nil:
		b.WriteString("(")
		writeExpression(b, n.GetNullTest().Arg, depth+1)
		b.WriteString(nullTest[n.GetNullTest().Nulltesttype] + ")")
	case n.GetAExpr() != nil:
		writeOperator(b, n.GetAExpr(), depth+1)
	case n.GetSqlvalueFunction() != nil:
		b.WriteString(strings.TrimPrefix(n.GetSqlvalueFunction().Op.String(), "SVFOP_"))
	case n.GetCoalesceExpr() != nil:
		b.WriteString("COALESCE(")
		writeList(b, n.GetCoalesceExpr().Args, ", ", depth+1)
		b.WriteString(")")
	case n.GetList() != nil:
		writeList(b, n.GetList().Items, ", ", depth+1)
	case n.GetAArrayExpr() != nil:
		b.WriteString("ARRAY[")
		writeList(b, n.GetAArrayExpr().Elements, ", ", depth+1)
		b.WriteString("]")
	default:
		b.WriteString("… (" + strings.Join(Columns(n), ", ") + ")")
	}
}

var nullTest = map[pg.NullTestType]string{
	pg.NullTestType_IS_NULL: " IS NULL", pg.NullTestType_IS_NOT_NULL: " IS NOT NULL",
}

func writeList(b *strings.Builder, nodes []*pg.Node, between string, depth int) {
	for i, n := range nodes {
		if i > 0 {
			b.WriteString(between)
		}
		writeExpression(b, n, depth)
	}
}

func writeBool(b *strings.Builder, e *pg.BoolExpr, depth int) {
	b.WriteString("(")
	switch e.Boolop {
	case pg.BoolExprType_NOT_EXPR:
		b.WriteString("NOT ")
		writeList(b, e.Args, " ", depth)
	case pg.BoolExprType_OR_EXPR:
		writeList(b, e.Args, " OR ", depth)
	default:
		writeList(b, e.Args, " AND ", depth)
	}
	b.WriteString(")")
}

func writeOperator(b *strings.Builder, e *pg.A_Expr, depth int) {
	op := strings.Join(Strings(e.Name), ".")
	if e.Kind != pg.A_Expr_Kind_AEXPR_OP {
		op = strings.TrimPrefix(e.Kind.String(), "AEXPR_") + " " + op
	}
	b.WriteString("(")
	if e.Lexpr != nil {
		writeExpression(b, e.Lexpr, depth)
		b.WriteString(" ")
	}
	b.WriteString(op + " ")
	if e.Rexpr != nil {
		writeExpression(b, e.Rexpr, depth)
	}
	b.WriteString(")")
}

func quotedRef(c *pg.ColumnRef) string {
	if name := columnRef(c); name != "*" {
		return Quote(name)
	}
	return "*"
}

func columnRef(c *pg.ColumnRef) string {
	words := Strings(c.Fields)
	if len(words) == 0 {
		return "*"
	}
	return words[len(words)-1]
}

func constant(c *pg.A_Const) string {
	switch {
	case c.Isnull:
		return "NULL"
	case c.GetIval() != nil:
		return strconv.Itoa(int(c.GetIval().Ival))
	case c.GetFval() != nil:
		return c.GetFval().Fval
	case c.GetBoolval() != nil:
		return strconv.FormatBool(c.GetBoolval().Boolval)
	case c.GetBsval() != nil:
		return c.GetBsval().Bsval
	}
	return "'" + strings.ReplaceAll(c.GetSval().GetSval(), "'", "''") + "'"
}

// Columns lists the column names that a tree refers to, without their tables,
// each once, in the order they appear. "*" stands for a whole row.
func Columns(n *pg.Node) []string {
	var all []string
	seen := map[string]bool{}
	Walk(n, func(m any) bool {
		if c, ok := m.(*pg.ColumnRef); ok {
			if name := columnRef(c); !seen[name] {
				seen[name] = true
				all = append(all, name)
			}
		}
		return true
	})
	return all
}
