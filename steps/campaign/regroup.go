package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"belay/db"
	"belay/sqlview/lint"
	"belay/sqlview/measure"
	"belay/sqlview/rewrite"
	"belay/sqlview/rewrite/ways"
	"belay/sqlview/usage"
	"belay/steps"
)

// split takes a list apart at the commas outside of parentheses and quotes.
func split(text string) []string {
	var all []string
	depth, quoted, from := 0, false, 0
	for i, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			all, from = append(all, strings.TrimSpace(text[from:i])), i+1
		}
	}
	return append(all, strings.TrimSpace(text[from:]))
}

// typed reads "NAME" or "NAME TYPE".
func typed(text string) (c ways.Regrouped, err error) {
	name, typ := text, ""
	if end := nameEnd(text); end < len(text) {
		name, typ = text[:end], strings.TrimSpace(text[end:])
	}
	if c.Name, err = named(name); err != nil {
		return c, err
	}
	c.Type = typ
	return c, nil
}

// nameEnd is where the first word of a text ends.
func nameEnd(text string) int {
	quoted := false
	for i, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ' ' && !quoted:
			return i
		}
	}
	return len(text)
}

// regroup reads which columns a split or a merge is about, with the value of each.
func (w *wish) regroup(sets []string) error {
	from, to := split(w.args[0]), split(w.args[1])
	old := []ways.Regrouped{{Name: w.thing.Column}}
	for _, text := range from[1:] {
		c, err := typed(text)
		if err != nil {
			return err
		}
		old = append(old, c)
	}
	var fresh []ways.Regrouped
	for _, text := range to {
		c, err := typed(text)
		if err != nil {
			return err
		}
		fresh = append(fresh, c)
	}
	one, many := old, fresh
	if w.kind.Name == "merge" {
		one, many = fresh, old
	}
	if len(one) != 1 || len(many) < 2 {
		return refused("give it: belay campaign new "+w.kind.Name+" "+w.kind.Args, "%s takes %s", w.kind.Name,
			w.kind.Args)
	}
	if err := values(sets, old, fresh); err != nil {
		return err
	}
	w.groups = ways.Regrouping{Old: old, New: fresh}
	return nil
}

// values gives each column its expression.
func values(sets []string, sides ...[]ways.Regrouped) error {
	for _, set := range sets {
		left, value, ok := strings.Cut(set, "=")
		name, err := named(strings.TrimSpace(left))
		if !ok || err != nil {
			return refused(`write it as --set "first_name = split_part(name, ' ', 1)"`, "--set %s names no column", set)
		}
		found := false
		for _, side := range sides {
			for i := range side {
				if side[i].Name == name {
					side[i].Value, found = strings.TrimSpace(value), true
				}
			}
		}
		if !found {
			return refused("give one for each column of both sides, and no other", "--set is for %s, which is no "+
				"column of the change", name)
		}
	}
	for _, side := range sides {
		for _, c := range side {
			if c.Value == "" {
				return refused(`say it: --set "`+lint.Ident(c.Name)+` = EXPRESSION"`, "nothing says what the other "+
					"columns make %s", c.Name)
			}
		}
	}
	return nil
}

// given are the expressions of a person's.
func (w wish) given() []string {
	all := []string{w.back, w.using}
	for _, c := range slices.Concat(w.groups.Old, w.groups.New) {
		all = append(all, c.Value)
	}
	return slices.DeleteFunc(all, func(text string) bool { return text == "" })
}

// list names columns in a sentence.
func list(all []ways.Regrouped) string {
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// olds are all that goes, as people read it.
func (w wish) olds() string {
	all := w.thing.Title()
	if len(w.groups.Old) > 1 {
		all += ", " + list(w.groups.Old[1:])
	}
	return all
}

// regroupPhases are those of columns that take the place of others.
func regroupPhases(w wish, plan rewrite.Plan) []*Phase {
	l := plan.Later[0]
	fresh, old := list(w.groups.New), list(w.groups.Old)
	says := "rows in which the old and the new columns differ"
	deploy := confirm(Deploy, "deploy code that uses "+fresh, "code that uses "+fresh+", or both, is deployed",
		"the new columns are filled, and whoever writes one side writes both")
	deploy.Gates.Same = &Same{Table: l.Table, Where: l.Before, Says: says}
	last := contract(w, plan)
	last.Gates.Same.Says, last.Gates.Typed = says, w.olds()
	return []*Phase{
		{Stage: Add, Title: "add " + fresh + ", keep them in step, fill them", Files: filesOf(plan.Files),
			Safe: "old code does not know the new columns, and whoever writes one side writes both"},
		deploy,
		confirm(Stop, "stop using "+old, "no deployed code names "+old+" any more",
			"the new columns have it all, and what old code still writes is handed on"),
		last,
	}
}

// sampled is how many rows the expressions are tried on.
const sampled = 1000

// tryRows reads some rows and makes of them what the expressions say, there and back. It
// says how many do not come back as they were. The server checks names and types with it.
func (d *Desk) tryRows(ctx context.Context, w wish) (kept string, err error) {
	var same, again []string
	for _, c := range w.groups.New {
		typ := c.Type
		if typ == "" {
			if typ, err = d.typeOf(ctx, w); err != nil {
				return "", err
			}
		}
		again = append(again, "("+c.Value+")::"+typ+" AS "+lint.Ident(c.Name))
	}
	for _, c := range w.groups.Old {
		same = append(same, "("+c.Value+")::text IS NOT DISTINCT FROM "+lint.Ident(c.Name)+"::text")
	}
	sql := fmt.Sprintf("SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (%s)) FROM (SELECT r.*, "+
		"%s FROM (SELECT * FROM %s %s LIMIT %d) AS r) AS r", strings.Join(same, " AND "), strings.Join(again, ", "),
		w.relation(), usage.Mark, sampled)
	var rows, apart int
	err = steps.AsTool(ctx, d.conn, d.Project, func() error { return d.conn.QueryRow(ctx, sql).Scan(&rows, &apart) })
	if told := (*pgconn.PgError)(nil); errors.As(err, &told) && told.Code != "57014" {
		message, _ := db.Explain(err)
		return "", refused("write the expressions so that they hold for every row, such as with nullif or coalesce",
			"the server does not take the expressions: %s", message)
	}
	if err != nil {
		return "", steps.Database("the rows of "+w.thing.Relation, err)
	}
	if apart == 0 {
		return fmt.Sprintf("the expressions were tried on %s: each comes back as it was",
			measure.Plural(rows, "row")), nil
	}
	return fmt.Sprintf("the expressions were tried on %s: %d of them %s not come back as before; old code sees such a "+
		"row change as soon as new code writes it", measure.Plural(rows, "row"), apart,
		measure.Verb(int64(apart), "does", "do")), nil
}

// typeOf is the type of the column that the change is about.
func (d *Desk) typeOf(ctx context.Context, w wish) (typ string, err error) {
	err = d.conn.QueryRow(ctx, `SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a
		WHERE a.attrelid = $1 AND a.attname = $2`, w.thing.OID, w.thing.Column).Scan(&typ)
	return typ, steps.Database("the column's type", err)
}

// words are the names in what a plan is made of.
func (w wish) words(sql string) []string {
	return usage.Words(sql + " " + strings.Join(w.given(), " "))
}
