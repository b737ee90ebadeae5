package rules

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/pattern"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "drop-cascade", Severity: lint.Stop, Kind: "destroys",
	Summary: "CASCADE, spelled out to the objects and rows",
	Run:     dropCascade,
	Doc: `
## Advice
Never let CASCADE decide what goes: name each object.

## In practice
CASCADE drops views, foreign keys, policies, defaults and functions that depend on the object, and what depends on those,
with no more than a NOTICE. Without it the server refuses and lists them: that list is the review. It does not reach
functions whose text names the object; those stay and fail.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: DROP TABLE … CASCADE drops the foreign keys of other tables under ACCESS EXCLUSIVE on
them and says so in a NOTICE only.

## Instead
Drop the dependents by name, in the same transaction, then the object without CASCADE.
`,
})

func dropCascade(p *lint.Pass) {
	for s, d := range lint.Each(p, (*pg.Node).GetDropStmt) {
		if d.Behavior != pg.DropBehavior_DROP_CASCADE || d.RemoveType == pg.ObjectType_OBJECT_SCHEMA {
			continue
		}
		for _, name := range s.Dropped(d) {
			if s.Existed(name) {
				reportCascade(s, name, "", cascadeOf(s.Catalog(), name), dropped(s, name))
			}
		}
	}
	for s, a := range p.Alterations(pg.AlterTableType_AT_DropColumn, pg.AlterTableType_AT_DropConstraint) {
		if a.Behavior == pg.DropBehavior_DROP_CASCADE {
			kind := catalog.ColumnKind
			if a.Subtype == pg.AlterTableType_AT_DropConstraint {
				kind = catalog.ConstraintKind
			}
			reportCascade(s, a.Table, a.Name, cascadeOfPart(a), catalog.Object{Kind: kind, Name: a.Name, On: a.Table})
		}
	}
}

// dropped is the relation that a DROP names; the zero Object where it is not known.
func dropped(s lint.Stmt, name string) catalog.Object {
	if r := s.Catalog().Relation(name); r != nil {
		return catalog.Object{Kind: r.Kind, Name: r.Name}
	}
	return catalog.Object{}
}

func reportCascade(s lint.Stmt, name, part string, gone []string, o catalog.Object) {
	what := name
	if part != "" {
		what += "." + part
	}
	message := fmt.Sprintf("CASCADE drops everything that depends on %s, without asking.", what)
	why := "Nothing is known here that depends on it; the server may know more."
	if len(gone) > 0 {
		message = fmt.Sprintf("CASCADE also drops %s.", strings.Join(gone, ", "))
		why = fmt.Sprintf("They depend on %s; functions whose text names it stay and fail.", what)
	}
	s.Report(lint.Hazard{
		Relation: name, Object: "cascade of " + what, Message: message, Why: why,
		Instead: byName(s, o) + strings.TrimSpace(cascadeWord.ReplaceAllString(s.SQL, "")) +
			";  -- without CASCADE the server refuses where something still depends on it",
	})
}

// cascadeOf names what depends on a relation, views of views included.
func cascadeOf(c *catalog.Snapshot, name string) []string {
	var gone []string
	for next := []string{name}; len(next) > 0; next = next[1:] {
		r := c.Seen(next[0])
		if r == nil {
			continue
		}
		for _, d := range r.Dependents {
			if text := string(d.Kind) + " " + d.Name; !slices.Contains(gone, text) {
				gone, next = append(gone, text), append(next, d.Name)
			}
		}
		for _, by := range r.ReferencedBy {
			if by != next[0] {
				gone = append(gone, "the foreign keys of "+by+" to "+next[0])
			}
		}
	}
	return gone
}

// cascadeOfPart names what depends on a column or constraint.
func cascadeOfPart(a lint.Alteration) []string {
	if a.Relation == nil {
		return nil
	}
	var gone []string
	if a.Subtype == pg.AlterTableType_AT_DropColumn {
		for _, d := range a.Relation.Dependents {
			if uses(d, a.Name) {
				gone = append(gone, string(d.Kind)+" "+d.Name)
			}
		}
	}
	if k := a.Relation.Constraint(a.Name); k != nil && (k.Type == catalog.PrimaryKey || k.Type == catalog.Unique) {
		for _, by := range a.Relation.ReferencedBy {
			gone = append(gone, "the foreign keys of "+by+" to "+a.Table)
		}
	}
	return gone
}

// byName drops by name what is known to depend on an object, the last of a chain first.
func byName(s lint.Stmt, o catalog.Object) string {
	if o.Kind == "" {
		return ""
	}
	var drops string
	for _, g := range slices.Backward(s.Catalog().Closure(o)) {
		if sql := dropOf(s.Catalog(), g); g.Cascaded && sql != "" {
			drops += sql + ";\n"
		}
	}
	return drops
}

// dropOf is the DROP of one object; "" = it goes with another, or its name alone
// does not say it.
func dropOf(c *catalog.Snapshot, g catalog.Gone) string {
	on := "ALTER TABLE " + lint.Quote(g.On)
	switch g.Kind {
	case catalog.View, catalog.MaterializedView, catalog.Table:
		return "DROP " + strings.ToUpper(string(g.Kind)) + " " + lint.Quote(g.Name)
	case catalog.ConstraintKind:
		if k := c.Seen(g.On).Constraint(g.Name); k != nil && k.Inherited && !k.Local {
			return ""
		}
		return on + " DROP CONSTRAINT " + lint.Ident(g.Name)
	case catalog.ColumnKind:
		return on + " DROP COLUMN " + lint.Ident(g.Name)
	case catalog.DefaultKind:
		return on + " ALTER COLUMN " + lint.Ident(g.Name) + " DROP DEFAULT"
	case catalog.PolicyKind, catalog.RuleKind:
		return "DROP " + strings.ToUpper(string(g.Kind)) + " " + lint.Ident(g.Name) + " ON " + lint.Quote(g.On)
	}
	return ""
}

var cascadeWord = pattern.New(`(?i)\s*\bCASCADE\b`)
