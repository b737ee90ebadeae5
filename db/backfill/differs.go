package backfill

import (
	"context"
	"fmt"
	"strings"

	"belay/db"
)

// The volatility of a function by name; the worst of its overloads counts.
const volatileSQL = `SELECT coalesce(pg_catalog.string_agg(DISTINCT w.name, ', '), '')
FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS w(schema, name)
WHERE EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE p.proname = w.name AND (w.schema = '' OR n.nspname = w.schema) AND p.provolatile = 'v')`

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
		p.left, p.sweeps = p.differs, true
		if st.Guard != "" {
			p.left = "(" + st.Guard + ") AND (" + p.differs + ")"
		}
		return nil
	case p.guardReadsTarget():
		p.left, p.sweeps = "("+st.Guard+")", !st.ReadsTarget
		return nil
	case st.ReadsTarget:
		p.Verifiable = "the statement reads what it sets, so a row does not show whether it was done; the cursor proves that each was met once"
	default:
		p.Verifiable = unsteady + ", so a row does not show whether it was done; a guard such as " + quote(st.Targets[0].Column) + " IS NULL would"
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
	if err := c.QueryRow(ctx, volatileSQL, schemas, names).Scan(&volatile); err != nil {
		return "", fmt.Errorf("backfill: functions: %w", err)
	}
	if volatile != "" {
		volatile += "() is VOLATILE: its value may differ each time"
	}
	return volatile, nil
}

// differing writes the condition that a row is not as the statement would make
// it. Types without equality are compared as text.
func (p *Plan) differing(ctx context.Context, c *db.Conn) (string, error) {
	for _, text := range []bool{false, true} {
		condition := p.differingBy(quote(p.Alias)+".", func(a Assignment) string { return a.Expression }, text)
		_, err := c.Exec(ctx, "EXPLAIN SELECT FROM "+p.Relation+" AS "+quote(p.Alias)+" WHERE "+condition)
		if err == nil {
			p.asText = text
			return condition, nil
		}
		if text || db.SQLState(err) != undefinedFunction {
			return "", p.explainError(err)
		}
	}
	return "", nil
}

const undefinedFunction = "42883"

func (p *Plan) explainError(err error) error {
	if db.Decided(err) && db.Classify(err) == db.Syntax {
		return &SpecError{"set", message(err), "check the expression against the table's columns"}
	}
	return fmt.Errorf("backfill: plan of %s: %w", p.Relation, err)
}

// differingBy compares each column behind prefix with its expression, cast as an
// assignment would.
func (p *Plan) differingBy(prefix string, expression func(Assignment) string, text bool) string {
	var all []string
	for _, a := range p.Statement.Targets {
		cast := ""
		if text {
			cast = "::text"
		}
		all = append(all, fmt.Sprintf("%s%s%s IS DISTINCT FROM ((%s)::%s)%s",
			prefix, quote(a.Column), cast, expression(a), p.target(a.Column).typeName, cast))
	}
	return strings.Join(all, " OR ")
}
