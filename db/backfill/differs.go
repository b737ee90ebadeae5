package backfill

import (
	"context"
	"fmt"
	"strings"

	"belay/db"
	"belay/sqlview/usage"
)

// The volatility of a function by name, where the search_path finds it; the worst
// of its overloads counts.
const volatileSQL = `SELECT coalesce(pg_catalog.string_agg(DISTINCT w.name, ', '), '')
FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS w(schema, name)
WHERE EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE p.proname = w.name AND (n.nspname = w.schema OR w.schema = '' AND n.nspname = ANY ($3)) AND p.provolatile = 'v')`

// judgeVerify finds the conditions by which the end is verified, and says where
// it cannot be.
func (p *Plan) judgeVerify(ctx context.Context, c *db.Conn) error {
	st := p.Statement
	unsteady, err := p.unsteady(ctx, c)
	if err != nil {
		return err
	}
	switch {
	case unsteady == "" && !st.ReadsTarget:
		if p.differs, err = p.differing(ctx, c); err != nil {
			return err
		}
		p.sweeps = true
		return nil
	case p.guardReadsTarget():
		p.left, p.sweeps = "("+st.Guard+")", !st.ReadsTarget
		return nil
	case st.ReadsTarget:
		p.Verifiable = "the statement reads what it sets, so a row does not show whether it was done; the cursor " +
			"proves that each was met once"
	default:
		p.Verifiable = unsteady + ", so a row does not show whether it was done; a guard such as " +
			quote(st.Targets[0].Column) + " IS NULL would"
	}
	return nil
}

func (p *Plan) unsteady(ctx context.Context, c *db.Conn) (string, error) {
	st := p.Statement
	if st.unsteady != "" || len(st.Calls) == 0 {
		return st.unsteady, nil
	}
	var schemas, names []string
	for _, call := range st.Calls {
		at := strings.LastIndexByte(call, '.')
		schemas, names = append(schemas, call[:max(at, 0)]), append(names, call[at+1:])
	}
	var volatile string
	path, err := c.Schemas(ctx)
	if err == nil {
		err = c.QueryRow(ctx, volatileSQL, schemas, names, append(path, "pg_catalog")).Scan(&volatile)
	}
	if err != nil {
		return "", fmt.Errorf("backfill: functions: %w", err)
	}
	if volatile != "" {
		volatile += "() is VOLATILE: its value may differ each time"
	}
	return volatile, nil
}

// differing finds the conditions that a column is not as the statement would make
// it, and joins them. Types without equality are compared as text.
func (p *Plan) differing(ctx context.Context, c *db.Conn) (string, error) {
	text, err := p.withoutEquality(ctx, c)
	if err != nil {
		return "", err
	}
	p.differ = p.differingBy(text)
	condition := strings.Join(p.differ, " OR ")
	if _, err := execTeam(ctx, c,
		"EXPLAIN SELECT FROM "+p.Relation+" AS "+quote(p.Alias)+" "+usage.Mark+" WHERE "+condition); err != nil {
		return "", p.explainError(err)
	}
	return condition, nil
}

// withoutEquality asks whether the type of a column that is set has none.
func (p *Plan) withoutEquality(ctx context.Context, c *db.Conn) (bool, error) {
	nulls := make([]string, len(p.Statement.Targets))
	for i, a := range p.Statement.Targets {
		nulls[i] = "NULL::" + p.target(a.Column).typeName
	}
	row := "ROW(" + strings.Join(nulls, ", ") + ")"
	_, err := c.Exec(ctx, "SELECT "+unlike(row, row))
	if db.SQLState(err) == undefinedFunction {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("backfill: equality of what is set: %w", err)
	}
	return false, nil
}

const undefinedFunction = "42883"

func (p *Plan) explainError(err error) error {
	if db.Decided(err) && db.Classify(err) == db.Syntax {
		return &SpecError{"set", message(err), "check the expression against the table's columns"}
	}
	return fmt.Errorf("backfill: plan of %s: %w", p.Relation, err)
}

// unlike compares rows by the equality that their types have for indexes, which no
// search_path changes. NULL equals NULL.
func unlike(a, b string) string { return "pg_catalog.record_ne(" + a + ", " + b + ")" }

// differingBy compares each column with its expression, cast as an assignment
// would; text is as the types print it, by no cast that somebody made.
func (p *Plan) differingBy(text bool) []string {
	var all []string
	for _, a := range p.Statement.Targets {
		is, made := p.column(a), "("+a.Expression+")::"+p.target(a.Column).typeName
		if text {
			is, made = "pg_catalog.format('%L', "+is+")", "pg_catalog.format('%L', "+made+")"
		}
		all = append(all, unlike("ROW("+is+")", "ROW("+made+")"))
	}
	return all
}

// column is a column that is set, of the row in hand.
func (p *Plan) column(a Assignment) string { return quote(p.Alias) + "." + quote(a.Column) }

// readsColumns reports whether a value comes from the row.
func (p *Plan) readsColumns() bool {
	st := p.Statement
	return len(st.columns) > len(st.guardColumns) || len(st.ReadsTables) > 0
}
