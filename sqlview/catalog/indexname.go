package catalog

import (
	"slices"
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// indexColumns is the part of a chosen name that stands for the columns, the stored ones
// too (ChooseIndexNameAddition).
func indexColumns(i IndexDef) string {
	if i.Primary {
		return ""
	}
	if i.Labels == nil {
		for _, c := range slices.Concat(i.Columns, i.Include) {
			if c == "" {
				c = "expr"
				if f, _, ok := strings.Cut(i.Expressions, "("); ok && f != "" && plainIdentifier(f) {
					c = f
				}
			}
			i.label(c)
		}
	}
	return strings.Join(i.Labels, "_")
}

// label names the next column of an index; of two alike the second gets a number
// (ChooseIndexColumnNames).
func (i *IndexDef) label(name string) {
	free := name
	for n := 1; slices.Contains(i.Labels, free); n++ {
		free = name + strconv.Itoa(n)
	}
	i.Labels = with(i.Labels, free)
}

// figured is what the server calls the column of an expression (FigureIndexColname);
// "" = it has no name for it.
func figured(n *pg.Node) string {
	name, _ := figure(n)
	return name
}

// figure gives a name and how good it is: 2 = a name that the expression says, 1 = a
// word for its kind.
func figure(n *pg.Node) (string, int) {
	switch {
	case n.GetColumnRef() != nil:
		if words := Strings(n.GetColumnRef().Fields); len(words) > 0 {
			return words[len(words)-1], 2
		}
	case n.GetFuncCall() != nil:
		if words := Strings(n.GetFuncCall().Funcname); len(words) > 0 {
			return words[len(words)-1], 2
		}
	case n.GetAIndirection() != nil:
		if words := Strings(n.GetAIndirection().Indirection); len(words) > 0 {
			return words[len(words)-1], 2
		}
		return figure(n.GetAIndirection().Arg)
	case n.GetTypeCast() != nil:
		name, good := figure(n.GetTypeCast().Arg)
		if words := Strings(n.GetTypeCast().TypeName.GetNames()); good < 2 && len(words) > 0 {
			return words[len(words)-1], 1
		}
		return name, good
	case n.GetCollateClause() != nil:
		return figure(n.GetCollateClause().Arg)
	case n.GetCaseExpr() != nil:
		if name, good := figure(n.GetCaseExpr().Defresult); good == 2 {
			return name, good
		}
		return "case", 1
	}
	return figureKind(n)
}

func figureKind(n *pg.Node) (string, int) {
	switch {
	case n.GetAExpr().GetKind() == pg.A_Expr_Kind_AEXPR_NULLIF:
		return "nullif", 2
	case n.GetCoalesceExpr() != nil:
		return "coalesce", 2
	case n.GetMinMaxExpr().GetOp() == pg.MinMaxOp_IS_GREATEST:
		return "greatest", 2
	case n.GetMinMaxExpr() != nil:
		return "least", 2
	case n.GetAArrayExpr() != nil:
		return "array", 2
	case n.GetRowExpr() != nil:
		return "row", 2
	}
	return "", 0
}
