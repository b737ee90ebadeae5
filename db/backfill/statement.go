package backfill

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Statement is the SET list and the guard after they were read and found to be
// what they say: one UPDATE's own, nothing around or behind.
type Statement struct {
	Set string `json:"set"`
	// Guard is the WHERE; "" = every row.
	Guard   string       `json:"guard,omitempty"`
	Targets []Assignment `json:"targets"`
	// SHA256 is of SET list and guard, in hex: what a resume must find again.
	SHA256 string `json:"sha256"`
	// ReadsTables names the relations that subqueries read.
	ReadsTables []string `json:"reads_tables,omitempty"`
	// Calls names the functions that are called, as written.
	Calls []string `json:"calls,omitempty"`
	// ReadsTarget is true where an expression or the guard reads a column that
	// is set, as in n = n + 1: what it does twice differs from once.
	ReadsTarget bool `json:"reads_target"`
	// guardColumns are the columns the guard reads.
	guardColumns []string
	// unsteady says why a value may differ when asked again; "" = it does not.
	unsteady string
	columns  []string // every column an expression or the guard reads
	lookups  lookups
}

// Assignment is one column = expression of the SET list.
type Assignment struct {
	Column string `json:"column"`
	// Expression is the text as written.
	Expression string `json:"expression"`
}

// setPrefix and whereJoin build the UPDATE that is parsed; positions count from
// the prefix on.
const (
	setPrefix = "UPDATE t SET "
	whereJoin = "\nWHERE "
)

// readStatement parses and checks SET list and guard.
func readStatement(ctx context.Context, set, where string) (*Statement, error) {
	set, where = strings.TrimSpace(set), strings.TrimSpace(where)
	update, err := parseUpdate(ctx, "set", setPrefix+set)
	if err != nil {
		return nil, err
	}
	if update.WhereClause != nil {
		return nil, &SpecError{"set", "it holds a WHERE", "give the condition by --where"}
	}
	st := &Statement{Set: set, Guard: where, SHA256: hash(set, where)}
	if err := st.assign(update); err != nil {
		return nil, err
	}
	st.read(update.TargetList)
	if where != "" {
		// Alone, so that a parenthesis too many cannot widen the batch's range.
		guarded, err := parseUpdate(ctx, "where", setPrefix+"a = 1"+whereJoin+where)
		if err != nil {
			return nil, err
		}
		st.guardColumns = catalog.Columns(guarded.WhereClause)
		st.read([]*pg.Node{guarded.WhereClause})
	}
	st.ReadsTarget = st.readsTarget()
	return st, nil
}

func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func parseUpdate(ctx context.Context, field, text string) (*pg.UpdateStmt, error) {
	files, err := parse.Parse(ctx, []byte(text))
	if err != nil {
		return nil, fmt.Errorf("backfill: read %s: %w", field, err)
	}
	f := files[0]
	bad := func(problem string) error {
		return &SpecError{field, problem, `write --set "column = expression" and --where "condition", as in one UPDATE`}
	}
	switch {
	case f.Problem != nil:
		return nil, bad(f.Problem.Message)
	case len(f.Comments) > 0 || len(f.Meta) > 0:
		return nil, bad("it holds a comment or a psql command")
	case len(f.Statements) != 1 || f.Statements[0].SQL != text:
		return nil, bad("it is more than one statement, or ends with a semicolon")
	case f.Statements[0].Node == nil:
		return nil, bad(f.Statements[0].Problem.Message)
	}
	u := f.Statements[0].Node.GetUpdateStmt()
	switch {
	case u == nil:
		return nil, bad("it is no UPDATE")
	case len(u.FromClause) > 0:
		return nil, bad("FROM joins another table: a value computed from it is not kept in sync")
	case len(u.ReturningList) > 0:
		return nil, bad("RETURNING has no reader")
	}
	return u, nil
}

// assign cuts the SET list into its assignments.
func (st *Statement) assign(u *pg.UpdateStmt) error {
	starts := make([]int, 0, len(u.TargetList)+1)
	for _, n := range u.TargetList {
		t := n.GetResTarget()
		if len(t.Indirection) > 0 || t.Val.GetMultiAssignRef() != nil {
			return &SpecError{
				"set", "a part of a column, or (a, b) = (…)", "set whole columns, one by one: a = …, b = …",
			}
		}
		starts = append(starts, int(t.Location)-len(setPrefix))
		st.Targets = append(st.Targets, Assignment{Column: t.Name})
	}
	starts = append(starts, len(st.Set))
	for i := range st.Targets {
		piece := st.Set[starts[i]:starts[i+1]]
		skip := afterEquals(piece)
		text := strings.TrimRight(piece[skip:], " \t\r\n")
		if i < len(st.Targets)-1 {
			text = strings.TrimRight(strings.TrimSuffix(text, ","), " \t\r\n")
		}
		st.Targets[i].Expression = text
	}
	return nil
}

// afterEquals is where the expression begins behind `column =` or `"co=l" =`.
func afterEquals(piece string) int {
	quoted := false
	for i, r := range piece {
		switch {
		case r == '"':
			quoted = !quoted
		case r == '=' && !quoted:
			rest := piece[i+1:]
			return i + 1 + len(rest) - len(strings.TrimLeft(rest, " \t\r\n"))
		}
	}
	return len(piece)
}

// timeWords are the functions that are stable within a statement and differ in
// the next.
var timeWords = []string{"now", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "timeofday",
	"age", "txid_current", "pg_current_xact_id", "current_setting", "nextval", "currval", "random", "gen_random_uuid"}

// read collects what expressions read and call.
func (st *Statement) read(nodes []*pg.Node) {
	for _, n := range nodes {
		catalog.Walk(n, func(m any) bool {
			st.lookups.add(m)
			switch m := m.(type) {
			case *pg.RangeVar:
				st.ReadsTables = append(st.ReadsTables, strings.TrimPrefix(m.Schemaname+"."+m.Relname, "."))
			case *pg.FuncCall:
				st.called(catalog.Strings(m.Funcname))
			case *pg.SQLValueFunction:
				st.unsteady = "it reads the clock or the session"
			case *pg.SetToDefault:
				st.unsteady = "DEFAULT stands for an expression that is not in the statement"
			}
			return true
		})
		st.columns = append(st.columns, catalog.Columns(n)...)
	}
}

func (st *Statement) called(name []string) {
	if len(name) == 0 {
		return
	}
	if slices.Contains(timeWords, name[len(name)-1]) {
		st.unsteady = name[len(name)-1] + "() gives another value each time"
	}
	if full := strings.Join(name, "."); !slices.Contains(st.Calls, full) {
		st.Calls = append(st.Calls, full)
	}
}

func (st *Statement) sets(column string) bool {
	return slices.ContainsFunc(st.Targets, func(a Assignment) bool { return a.Column == column })
}

// readsTarget looks at the expressions only: a guard such as "status IS NULL"
// may read what is set.
func (st *Statement) readsTarget() bool {
	n := len(st.columns) - len(st.guardColumns)
	return slices.ContainsFunc(st.columns[:max(n, 0)], func(c string) bool {
		return st.sets(c) || c == "*"
	})
}

// readsRowOf counts a mention of the whole row, such as to_jsonb(orders), as a
// reading of what is set.
func (st *Statement) readsRowOf(alias string) {
	for _, c := range st.columns[:len(st.columns)-len(st.guardColumns)] {
		st.ReadsTarget = st.ReadsTarget || c == alias
	}
}
