package rewrite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// read parses what the catalog says word for word of the tables whose columns get
// another type or name: where a name stands in a text, only the parser knows.
func (p *proposal) read(ctx context.Context) error {
	p.texts = map[string]parse.Statement{}
	for _, r := range p.before().Relations.All() {
		if r.Details == nil || !p.changesColumns() {
			continue
		}
		for _, i := range r.Indexes {
			p.texts[i.Definition] = parse.Statement{}
		}
		for _, k := range r.Constraints {
			p.texts[ConstraintText(k)] = parse.Statement{}
		}
		for _, c := range r.Columns {
			p.texts[DefaultText(c)] = parse.Statement{}
		}
	}
	for _, text := range p.in.Given {
		p.texts[ExpressionText(text)] = parse.Statement{}
	}
	delete(p.texts, "")
	keys := slices.Sorted(maps.Keys(p.texts))
	files, err := parse.Parse(ctx, bytesOf(keys)...)
	if err != nil {
		return fmt.Errorf("reading the catalog's definitions: %w", err)
	}
	for i, f := range files {
		delete(p.texts, keys[i])
		if f.Problem == nil && len(f.Statements) == 1 && f.Statements[0].Node != nil {
			p.texts[keys[i]] = f.Statements[0]
		}
	}
	return nil
}

func bytesOf(texts []string) [][]byte {
	var all [][]byte
	for _, t := range texts {
		all = append(all, []byte(t))
	}
	return all
}

// changesColumns reports whether the file gives a column another type or name.
func (p *proposal) changesColumns() bool {
	return slices.ContainsFunc(p.original, func(st parse.Statement) bool {
		return st.Node.GetRenameStmt() != nil ||
			slices.ContainsFunc(st.Node.GetAlterTableStmt().GetCmds(), func(n *pg.Node) bool {
				return n.GetAlterTableCmd().GetSubtype() == pg.AlterTableType_AT_AlterColumnType
			})
	})
}

// ConstraintText is a statement that holds the definition of a CHECK or a foreign
// key, at its end; "" = it is neither, or not known.
func ConstraintText(k catalog.Constraint) string {
	if k.Definition == "" || k.Type != catalog.Check && k.Type != catalog.ForeignKey {
		return ""
	}
	return "ALTER TABLE t ADD " + k.Definition
}

// DefaultText is a statement that holds a default, at its end; "" = there is none.
func DefaultText(c catalog.Column) string {
	if c.Default == "" {
		return ""
	}
	return "SELECT " + c.Default
}

// ExpressionHead stands before an expression in a statement that holds it.
const ExpressionHead = "SELECT ("

// ExpressionText is a statement that holds an expression, and nothing but it;
// ExpressionOf takes it out again.
func ExpressionText(text string) string { return ExpressionHead + text + ")" }

// ExpressionOf is the expression that a statement of ExpressionText holds.
func ExpressionOf(text string) string {
	return strings.TrimSuffix(strings.TrimPrefix(text, ExpressionHead), ")")
}

// Read is a text of the catalog, or one of the given expressions, as the parser understands it; false = it could
// not be read.
func (p *Piece) Read(text string) (parse.Statement, bool) {
	st, ok := p.texts[text]
	return st, ok
}
