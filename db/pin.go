package db

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// pin is a parameter that our own reading and sending depends on.
type pin struct {
	name, want string
	since      int // major version that has it
	until      int // the one that has it no more; 0 = none
	// ours is true where belay's value stands during a migration's statements too.
	ours bool
	// tunes is true where it changes how fast the server is, never what it says.
	tunes bool
}

// pins are what every session of ours has while it runs no statement of a
// migration. A role, a database, a DSN and PGOPTIONS may set each of them.
//
// The schemas of search_path hold what a superuser made and nothing else. No
// operator or function is looked for in pg_temp, and it stands last, where a
// temporary table hides none of the catalog's.
var pins = slices.Concat([]pin{
	{name: "search_path", want: "pg_catalog, pg_temp"},
	{name: "client_encoding", want: "UTF8", ours: true}, // what is sent is UTF-8, a migration too
	{name: "standard_conforming_strings", want: "on"},
	{name: "backslash_quote", want: "safe_encoding"},
	{name: "DateStyle", want: "ISO, MDY"},
	{name: "IntervalStyle", want: "postgres"},
	{name: "extra_float_digits", want: "3"}, // before 12 a float is read back whole only so
	{name: "bytea_output", want: "hex"},
	{name: "array_nulls", want: "on"},
	{name: "transform_null_equals", want: "off"},
	{name: "quote_all_identifiers", want: "off"},
	{name: "xmloption", want: "content"},
	{name: "row_security", want: "off"},              // an error, and no other's policy run, where rows would be hidden
	{name: "gin_fuzzy_search_limit", want: "0"},      // else an index leaves rows out
	{name: "exit_on_error", want: "off", ours: true}, // else a lock timeout ends the session
	{name: "jit", want: "off", since: 11},            // compiling takes longer than what asks each second may
	{name: "client_min_messages", want: "notice"},
	{name: "force_parallel_mode", want: "off", until: 16}, // so does starting a worker
	{name: "debug_parallel_query", want: "off", since: 16},
	{name: "default_transaction_isolation", want: "read committed"},
	{name: "default_transaction_deferrable", want: "off"},
	{name: "default_tablespace", want: ""},
	{name: "default_table_access_method", want: "heap", since: 12},
	{name: "stats_fetch_consistency", want: "cache", since: 15},
}, tunings)

func pinsOf(major int) []pin {
	return slices.DeleteFunc(slices.Clone(pins), func(p pin) bool {
		return p.since > major || p.until > 0 && p.until <= major
	})
}

func pinned(major int) []Setting {
	var out []Setting
	for _, p := range pinsOf(major) {
		out = append(out, Setting{Name: p.name, Want: p.want})
	}
	return out
}

// PinError says that a session does not keep what belay must rely on.
type PinError struct{ Refused []Setting }

// Error names the first parameter with what the server said.
func (e *PinError) Error() string {
	s := e.Refused[0]
	if s.SQLState != "" {
		return fmt.Sprintf("the server does not take %s = %s (SQLSTATE %s)", s.Name, s.Want, s.SQLState)
	}
	return fmt.Sprintf("the server keeps %s = %s, belay needs %s", s.Name, s.Got, s.Want)
}

// Hint is what to do now.
func (e *PinError) Hint() string {
	if e.Refused[0].Name == "client_encoding" {
		return "belay sends and reads UTF-8, which this database's encoding cannot be converted to: use the team's " +
			"own tool here"
	}
	return "something on the server fixes this parameter: see what ALTER ROLE, ALTER DATABASE and its extensions do " +
		"to it"
}

// Script makes one of SQL of ours for somebody who runs it by hand, in psql and as a
// superuser: it is done whole or not at all, and no setting of the session reaches
// what it means. Like all that is for others to run, body names the schema of each
// relation, type, function and operator.
func Script(body string) string {
	return "BEGIN;\nSET LOCAL search_path = pg_catalog, pg_temp;\nSET LOCAL client_encoding = 'UTF8';\n" +
		"SET LOCAL standard_conforming_strings = on;\nSET LOCAL default_tablespace = '';\n\n" +
		strings.TrimRight(body, "\n") + "\n\nCOMMIT;\n"
}

// settle reads what the session has of others, sets the pins and the safety
// settings, reads both back, and learns who the session is and whose the database. All
// of that is one round trip; where the server refuses a part of it, each is asked alone.
func (c *Conn) settle(ctx context.Context, safety []Setting) error {
	pins := pinned(c.ServerMajor())
	team, all := append(Settings(nil), pins...), append(Settings(pins), safety...)
	err := c.settleAtOnce(ctx, team, all)
	if SQLState(err) == notOwn {
		return ErrPooler
	}
	if err != nil && Decided(err) && !hurried[SQLState(err)] {
		all, err = c.settleEach(ctx, team, all)
	}
	if err != nil {
		return err
	}
	if refused := all[:len(pins)].Refused(); len(refused) > 0 {
		return &PinError{Refused: refused}
	}
	c.Team, c.Settings = teams(team, c.ServerMajor()), all[len(pins):]
	return nil
}

// settleAtOnce is settle in one message: the server does all of it or nothing.
func (c *Conn) settleAtOnce(ctx context.Context, team, all Settings) error {
	var b pgx.Batch
	read := func(s Settings) {
		sql, args := readSQL(s)
		b.Queue(sql, args...).QueryRow(func(r pgx.Row) error { return s.scan(r) })
	}
	b.Queue(ownSQL, int32(c.PgConn().PID()))
	read(team)
	sql, args := setSQL(ForSession, all)
	b.Queue(sql, args...)
	read(all)
	b.Queue(selfSQL).QueryRow(c.scanSelf)
	b.Queue(oidSQL).QueryRow(c.oid)
	b.Queue(systemSQL).QueryRow(c.system)
	b.Queue(timelineSQL).QueryRow(c.timeline)
	sent := time.Now()
	if err := c.SendAll(ctx, &b); err != nil {
		return fmt.Errorf("session settings: %w", err)
	}
	c.Away = time.Since(sent)
	return nil
}

// settleEach is settle step by step: what the server does not take is marked, and the
// others still count.
func (c *Conn) settleEach(ctx context.Context, team, all Settings) (Settings, error) {
	if err := readBack(ctx, c.Conn, team); err != nil {
		return nil, err
	}
	all, err := Set(ctx, c.Conn, ForSession, all)
	if err != nil {
		return nil, err
	}
	if err := c.self(ctx); err != nil {
		return nil, err
	}
	return all, c.askWhose(ctx)
}

// teams leaves out what is ours during a migration's statements too.
func teams(read Settings, major int) []Setting {
	var out []Setting
	for i, p := range pinsOf(major) {
		if !p.ours {
			out = append(out, Setting{Name: read[i].Name, Want: read[i].Got})
		}
	}
	return out
}

// TeamValue is what the session would have of a parameter in Team; "" = it is not
// among them, or empty.
func (c *Conn) TeamValue(name string) string {
	for _, s := range c.Team {
		if s.Name == name {
			return s.Want
		}
	}
	return ""
}

// ToolSets reports whether the team's tool sets a parameter itself when it connects.
func (c *Conn) ToolSets(name string) bool {
	return slices.ContainsFunc(c.tool, func(s Setting) bool { return s.Name == name })
}

// TeamSQL is a query that puts into force what the team's own tool would have on
// this connection, but for own and what only tunes: for the transaction, or for the
// session. What else
// is sent until [Conn.PinSQL] is sent must name the schema of each of its types,
// functions and operators.
func (c *Conn) TeamSQL(scope Scope, own ...Setting) (sql string, args []any) {
	return setSQL(scope, Override(slices.DeleteFunc(slices.Clone(c.Team), isTuning), own))
}

func isTuning(s Setting) bool {
	return slices.ContainsFunc(tunings, func(p pin) bool { return p.name == s.Name })
}

// PinSQL is a query that takes back what TeamSQL set, and for the session what a
// migration's statements had.
func (c *Conn) PinSQL(scope Scope) (sql string, args []any) {
	all := pinned(c.ServerMajor())
	if scope == ForTransaction {
		all = slices.DeleteFunc(all, isTuning)
	}
	return setSQL(scope, all)
}

func setSQL(scope Scope, s []Setting) (sql string, args []any) {
	calls := make([]string, len(s))
	args = []any{bool(scope)}
	for i, x := range s {
		calls[i] = fmt.Sprintf("pg_catalog.set_config($%d, $%d, $1)", 2*i+2, 2*i+3)
		args = append(args, x.Name, x.Want)
	}
	return "SELECT " + strings.Join(calls, ", "), args
}

// AsTeam runs f in a transaction, which it rolls back, with what the team's own
// tool would have on this connection. See [Conn.TeamSQL].
func (c *Conn) AsTeam(ctx context.Context, access pgx.TxAccessMode, f func(pgx.Tx) error) error {
	tx, err := c.BeginTx(ctx, pgx.TxOptions{AccessMode: access})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	sql, args := c.TeamSQL(ForTransaction)
	if _, err := tx.Exec(ctx, sql, args...); err != nil {
		return err
	}
	return f(tx)
}

// Schemas are those of the team's search_path that exist and that the role may
// use, in its order: a name without a schema is made in the first. Outside a
// transaction only.
func (c *Conn) Schemas(ctx context.Context) ([]string, error) {
	var out []string
	var b pgx.Batch
	c.QueueSchemas(&b, &out)
	if err := c.Send(ctx, &b); err != nil {
		return nil, fmt.Errorf("schemas of search_path: %w", err)
	}
	return out, nil
}

// QueueSchemas asks for Schemas with other questions, before which it must stand, in one
// round trip: see [Conn.Send].
func (c *Conn) QueueSchemas(b *pgx.Batch, to *[]string) {
	b.Queue("BEGIN READ ONLY")
	sql, args := c.TeamSQL(ForTransaction)
	b.Queue(sql, args...)
	b.Queue("SELECT pg_catalog.current_schemas(false)::pg_catalog.text[]").QueryRow(func(r pgx.Row) error {
		return r.Scan(to)
	})
	b.Queue("ROLLBACK")
}

// SendAll asks all of a batch in one round trip.
func (c *Conn) SendAll(ctx context.Context, b *pgx.Batch) error {
	return c.cause(c.SendBatch(ctx, b).Close())
}

// Send is SendAll for a session in no transaction: what it began and an error left open is
// rolled back.
func (c *Conn) Send(ctx context.Context, b *pgx.Batch) error {
	err := c.SendAll(ctx, b)
	if err != nil {
		c.Undo(ctx)
	}
	return err
}

// Undo rolls back what is open on the connection.
func (c *Conn) Undo(ctx context.Context) {
	if c.IsClosed() || c.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Slack)
	defer cancel()
	_, _ = c.Exec(ctx, "ROLLBACK")
}
