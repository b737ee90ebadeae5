// Package shapes tries the statements that an application really sends against a schema as
// it will be: each is prepared before and after the change, on a throwaway server. One that
// fails then, or gives other columns, would have broken the code that sends it.
package shapes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"belay/db"
	"belay/sqlview/catalog"
	"belay/sqlview/measure"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Shape is a statement of an application, its values taken out.
type Shape struct {
	SQL string `json:"sql"`
	// Who sends it and how often; "" and 0 = nobody counted.
	Who   string `json:"who,omitempty"`
	Calls int64  `json:"calls,omitempty"`
	// Last is when it was last seen; zero = nobody knows.
	Last time.Time `json:"last,omitzero"`
	// Values is true where SQL has values of rows in it: they are left out of what is told.
	Values bool `json:"-"`
}

// withoutValues is the shape as it is told.
func (s Shape) withoutValues() Shape {
	if s.Values {
		s.SQL = shapeOf(s.SQL)
	}
	return s
}

// Shown is the statement on one line, without what may be a secret.
func (s Shape) Shown() string { return strings.Join(strings.Fields(db.ShownQuery(s.SQL)), " ") }

// Sender says who sends it, how often and when it was seen last.
func (s Shape) Sender() string {
	out := s.Who
	if s.Calls > 0 {
		out += ", " + measure.Plural(int(s.Calls), "time")
	}
	if !s.Last.IsZero() {
		out += ", last " + s.Last.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	return out
}

// Broken is a shape that does not live through the change.
type Broken struct {
	Shape
	// Why is the server's word, or what is other in its columns. Fails is false for the
	// latter.
	Why   string `json:"why"`
	Fails bool   `json:"fails"`
}

// Result is what became of all of them.
type Result struct {
	// Tried were prepared before and after. Untried could not be prepared before: those
	// say nothing.
	Tried   int      `json:"tried"`
	Untried int      `json:"untried"`
	Broken  []Broken `json:"broken"`
}

// Try prepares each shape, makes the change, and prepares each again. The connection is
// one of a server that may be thrown away. An error is one of the change or of the
// connection.
func Try(ctx context.Context, c *db.Conn, all []Shape, change []string) (Result, error) {
	out := Result{Broken: []Broken{}}
	var known []Shape
	var was [][]pgconn.FieldDescription
	for _, s := range all {
		columns, why, err := prepared(ctx, c, s.SQL)
		if err != nil {
			return out, err
		}
		if why != "" {
			out.Untried++
			continue
		}
		known, was = append(known, s), append(was, columns)
	}
	for _, sql := range change {
		if _, err := c.PgConn().Exec(ctx, sql).ReadAll(); err != nil {
			return out, fmt.Errorf("on the throwaway server: %w", err)
		}
	}
	for i, s := range known {
		columns, why, err := prepared(ctx, c, s.SQL)
		switch {
		case err != nil:
			return out, err
		case why != "":
			out.Broken = append(out.Broken, Broken{Shape: s.withoutValues(), Why: why, Fails: true})
		case !slices.EqualFunc(columns, was[i], same):
			why, err := differ(ctx, c, was[i], columns)
			if err != nil {
				return out, err
			}
			out.Broken = append(out.Broken, Broken{Shape: s.withoutValues(), Why: why})
		}
		out.Tried++
	}
	return out, nil
}

// prepared are the columns that a statement gives, and why the server does not take it; ""
// = it does.
func prepared(ctx context.Context, c *db.Conn, sql string) (
	columns []pgconn.FieldDescription, why string, err error) {
	d, err := c.PgConn().Prepare(ctx, "", sql, nil)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return nil, refused.Message + " (SQLSTATE " + refused.Code + ")", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("a statement on the throwaway server: %w", err)
	}
	return d.Fields, "", nil
}

func same(a, b pgconn.FieldDescription) bool {
	return a.Name == b.Name && a.DataTypeOID == b.DataTypeOID && a.TypeModifier == b.TypeModifier
}

// differ says what is other in the columns of a result.
func differ(ctx context.Context, c *db.Conn, was, is []pgconn.FieldDescription) (string, error) {
	before, err := described(ctx, c, was)
	if err != nil {
		return "", err
	}
	now, err := described(ctx, c, is)
	return "its columns were (" + before + ") and are (" + now + ")", err
}

// described are columns with their types as SQL writes them.
func described(ctx context.Context, c *db.Conn, all []pgconn.FieldDescription) (string, error) {
	var out []string
	for _, f := range all {
		var typ string
		err := c.QueryRow(ctx, `SELECT pg_catalog.format_type($1::oid, $2::integer)`, f.DataTypeOID, f.TypeModifier).
			Scan(&typ)
		if err != nil {
			return "", fmt.Errorf("the type of a column on the throwaway server: %w", err)
		}
		out = append(out, f.Name+" "+typ)
	}
	return strings.Join(out, ", "), nil
}

// ofTables reports whether a statement names a relation that is not PostgreSQL's or
// belay's own: those know nothing of the change.
func ofTables(node *pg.Node) bool {
	found := false
	catalog.Walk(node, func(m any) bool {
		if r, ok := m.(*pg.RangeVar); ok && !strings.HasPrefix(r.Relname, "pg_") {
			found = found || !slices.Contains([]string{"pg_catalog", "information_schema", "belay"}, r.Schemaname)
		}
		return !found
	})
	return found
}

// Of takes the statements out of a text that an application may send: reads and writes of
// rows, once each.
func Of(ctx context.Context, all []Shape) ([]Shape, error) {
	texts := make([][]byte, len(all))
	for i, s := range all {
		texts[i] = []byte(s.SQL)
	}
	files, err := parse.Parse(ctx, texts...)
	if err != nil {
		return nil, err
	}
	var out []Shape
	for i, f := range files {
		for _, st := range f.Statements {
			switch st.Node.GetNode().(type) {
			case *pg.Node_SelectStmt, *pg.Node_InsertStmt, *pg.Node_UpdateStmt, *pg.Node_DeleteStmt, *pg.Node_MergeStmt:
				if s := all[i]; ofTables(st.Node) {
					s.SQL = st.SQL
					out = append(out, s)
				}
			}
		}
	}
	return out, nil
}
