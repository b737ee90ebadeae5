package ways

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(rewrite.Way{
	ID: "column-in-steps",
	Summary: "ADD COLUMN becomes a nullable column, its default for new rows, a backfill, and its constraints one " +
		"by one",
	Lifts: []string{
		"add-col-volatile-default", "add-col-default-pre11", "add-col-notnull-nodefault", "add-col-inline-check",
		"add-col-inline-fk", "add-col-inline-unique",
	},
	Doc: `
## Files
The column, nullable, with its type and collation; a default that would rewrite the table is set for new rows in the same file and
filled into the old ones by a backfill in the next. A constant default stays where it is: it is instant from 11 on. Then each
constraint as if it had been added by itself: CHECK and foreign key NOT VALID and VALIDATE, UNIQUE and PRIMARY KEY over an index
built CONCURRENTLY, NOT NULL last, proven first.

## In practice
A column that is NOT NULL and has no default gets no backfill: only its author knows what the old rows should hold. The file that
demands a value says so in its first lines.

## Left alone
IF NOT EXISTS, where the original does nothing if the column is there; generated and identity columns; tables with partitions
or children, where the default has to be set on each. A default that would be filled in where the table has rules, FORCE ROW LEVEL
SECURITY, or a trigger whose function takes rows of the table as they are.
`,
	Run: columnInSteps,
})

func columnInSteps(p *rewrite.Piece) (rewrite.Rewritten, error) {
	a, ok := p.Alteration()
	if !ok || a.Def.GetColumnDef() == nil {
		return rewrite.Refuse("the statement does more than to add one column")
	}
	c, ok := columnOf(p, a)
	if !ok {
		return rewrite.Refuse("the column's definition could not be taken apart")
	}
	if why := refuseColumn(a, c); why != "" {
		return rewrite.Refuse(why)
	}
	s := newColumn{Alteration: a, column: c, later: p.Has("add-col-volatile-default", "add-col-default-pre11")}
	if why := refuseFill(p, a.Relation); s.later && why != "" {
		return rewrite.Refuse(why)
	}
	made, err := s.steps()
	if s.later {
		made.Differences = firing(a.Relation)
	}
	return made, err
}

// refuseFill says what a backfill would meet, where the original fills every row and fires
// nothing: row security, a rule, or a trigger whose function does not fit rows with one
// column more; "" = nothing.
func refuseFill(p *rewrite.Piece, r *catalog.Relation) string {
	if r == nil {
		return ""
	}
	if r.Details != nil && r.Details.ForcedRowSecurity {
		return notFilled
	}
	if rule := rule(r); rule != "" {
		return "rule " + rule + " would rewrite the UPDATE that fills the column"
	}
	for _, t := range r.Triggers {
		if f := p.Before.Functions.Get(t.Function); f != nil && catalog.WholeRows(f.Body) {
			return "function " + t.Function + " of trigger " + t.Name +
				" takes rows of the table as they are (*): a backfill would fire it, and the rows have a column more"
		}
	}
	return ""
}

// rule is one of a table's own rules; "" = there is none, or nobody knows.
func rule(r *catalog.Relation) string {
	if r.Details == nil {
		return ""
	}
	for _, h := range r.Details.Hangs {
		if h.Kind == "rule" && h.Own && !strings.HasPrefix(h.Name, `"_RETURN"`) {
			return h.Name
		}
	}
	return ""
}

func refuseColumn(a rewrite.Alteration, c column) string {
	named := func(t pg.ConstrType) bool { k := c.find(t); return k != nil && k.Conname != "" }
	switch {
	case named(pg.ConstrType_CONSTR_DEFAULT) || named(pg.ConstrType_CONSTR_NOTNULL):
		return "a name for a DEFAULT or a NOT NULL would be lost"
	case a.MissingOk:
		return "where the column is there already, IF NOT EXISTS leaves it as it is, and the files would change it"
	case c.find(pg.ConstrType_CONSTR_GENERATED) != nil || c.find(pg.ConstrType_CONSTR_IDENTITY) != nil:
		return "a generated or identity column cannot be filled in steps: the server computes it"
	}
	if why := refuseIfExists(a); why != "" {
		return why
	}
	return refuseParts(a.Relation)
}

// newColumn is a column on its way into a table.
type newColumn struct {
	rewrite.Alteration
	column
	// later is true where the default must not come with the column.
	later bool
}

func (s newColumn) steps() (rewrite.Rewritten, error) {
	first := rewrite.Phase{
		Title: title(s.Table, "add", s.Def.GetColumnDef().Colname), SQL: []string{s.Head + " ADD COLUMN " + s.base},
		Down: []string{s.Head + " DROP COLUMN " + s.name},
		Why:  "a column that may be NULL is a change in the catalog; old code does not notice",
	}
	var rest []rewrite.Phase
	value := s.find(pg.ConstrType_CONSTR_DEFAULT)
	switch {
	case value == nil:
	case s.later:
		text := trimmed(value.text[len("DEFAULT"):])
		first.SQL = append(first.SQL, s.Head+" ALTER COLUMN "+s.name+" SET "+value.text)
		first.Why = "the column and the default of new rows are changes in the catalog; the old rows get theirs in " +
			"the next file"
		rest = append(rest, s.fill(text))
	default:
		first.SQL[0] += " " + value.text
	}
	for _, k := range s.parts {
		phases, err := s.constraint(k, value)
		if err != nil {
			return rewrite.Rewritten{}, err
		}
		if len(phases) == 0 && k.Contype == pg.ConstrType_CONSTR_NOTNULL {
			first.SQL[0] += " " + k.text
		}
		rest = append(rest, phases...)
	}
	return rewrite.Rewritten{Phases: append([]rewrite.Phase{first}, rest...)}, nil
}

// fill gives the old rows their value.
func (s newColumn) fill(value string) rewrite.Phase {
	return rewrite.Phase{
		Title: title(s.Table, "fill", s.Def.GetColumnDef().Colname), Backfill: true,
		SQL:     []string{fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s IS NULL", s.Written, s.name, value, s.name)},
		Why:     "the rows that were there before get their value in small batches; new rows have it from the default",
		Nothing: "nothing to take back: the column goes with the file before",
	}
}

// constraint is what becomes of one inline constraint. NOT NULL stays with the
// column where a default of the original fills every row at once.
func (s newColumn) constraint(k columnPart, value *columnPart) ([]rewrite.Phase, error) {
	switch k.Contype {
	case pg.ConstrType_CONSTR_DEFAULT, pg.ConstrType_CONSTR_NULL:
		return nil, nil
	case pg.ConstrType_CONSTR_NOTNULL:
		if value != nil && !s.later && !value.RawExpr.GetAConst().GetIsnull() {
			return nil, nil
		}
		return []rewrite.Phase{s.notNull(value)}, nil
	}
	text := s.asTable(k)
	if text == "" {
		return nil, &rewrite.Refusal{Why: "belay does not know how to add this constraint by itself: " + k.text}
	}
	phase := rewrite.Phase{
		Title: title(s.Table, s.Def.GetColumnDef().Colname, "constraint"), SQL: []string{s.Head + " ADD " + text},
		Why: "as it stood in the column's definition",
	}
	if k.Contype == pg.ConstrType_CONSTR_PRIMARY && value == nil {
		phase.Before = s.fillFirst()
	}
	return []rewrite.Phase{phase}, nil
}

func (s newColumn) notNull(value *columnPart) rewrite.Phase {
	phase := rewrite.Phase{
		Title: title(s.Table, s.Def.GetColumnDef().Colname, "not null"),
		SQL:   []string{s.Head + " ALTER COLUMN " + s.name + " SET NOT NULL"},
		Down:  []string{s.Head + " ALTER COLUMN " + s.name + " DROP NOT NULL"},
		Why:   "every row has a value by now",
	}
	if value == nil {
		phase.Before = s.fillFirst()
	}
	return phase
}

// fillFirst says what nobody but the author can do.
func (s newColumn) fillFirst() string {
	fill := lint.Batches{Table: s.Written, Set: s.name + " = …", Where: s.name + " IS NULL"}
	return fmt.Sprintf("deploy code that writes %s, then fill the old rows: %s", s.name, fill.Command())
}
