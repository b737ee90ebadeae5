package apply

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
)

// Adjustment is a setting of the file that was not obeyed, because ours is
// stricter.
type Adjustment struct {
	Name    string        `json:"name"`
	Asked   time.Duration `json:"asked"` // 0 = off
	InForce time.Duration `json:"kept"`
}

// guard is the timeouts in force. For each of them 0 means off, so the stricter
// of two is the smaller one above 0.
type guard struct {
	lock, statement, idle, transaction, check time.Duration
	// fileStatement is true once the file set a stricter statement_timeout.
	fileStatement bool
}

type limit struct {
	name  string
	value *time.Duration
	since int // server_version_num that has it
}

func (g *guard) limits(version int) []limit {
	all := []limit{
		{"lock_timeout", &g.lock, 0},
		{"statement_timeout", &g.statement, 0},
		{"idle_in_transaction_session_timeout", &g.idle, 0},
		{"client_connection_check_interval", &g.check, 140000},
		{"transaction_timeout", &g.transaction, 170000},
	}
	var out []limit
	for _, l := range all {
		if version >= l.since {
			out = append(out, l)
		}
	}
	return out
}

// idleTimeout ends our transaction where we are frozen between two statements.
const idleTimeout = 30 * time.Second

// checkInterval makes the server notice a client that died.
const checkInterval = time.Second

// transactionGuard is the settings of an attempt at a unit in a transaction.
func transactionGuard(rung, hold time.Duration) guard {
	return guard{lock: rung, statement: rung + hold, idle: idleTimeout, check: checkInterval}
}

// impose sets what the team's tool would have, the guard and the role in one
// round trip, for the transaction or for the session, and reads the guard and the
// role back in another.
func (g *guard) impose(ctx context.Context, s session, local bool, u Unit) error {
	var calls []string
	var args []string
	set := func(name, value string) {
		args = append(args, name, value)
		calls = append(calls, fmt.Sprintf("pg_catalog.set_config($%d, $%d, %t)", len(args)-1, len(args), local))
	}
	calls = append(calls, fmt.Sprintf(db.DurableSQL, local))
	// What one statement of a OneByOne unit sets, the next one has: see adopt.
	session := local && u.Wrap == OneByOne
	for _, x := range s.team {
		args = append(args, x.Name, x.Want)
		calls = append(calls,
			fmt.Sprintf("pg_catalog.set_config($%d, $%d, %t)", len(args)-1, len(args), local && !session))
	}
	for _, l := range g.limits(s.version) {
		if l.name == "transaction_timeout" && *l.value == 0 {
			continue
		}
		set(l.name, guc(*l.value))
	}
	if u.Role != "" {
		set("role", u.Role)
	}
	if _, err := ask(ctx, s.conn, "select "+strings.Join(calls, ", "), args...); err != nil {
		return err
	}
	return g.verify(ctx, s, u.Role)
}

// verify reads the settings back: a server that ignores one, as some managed
// ones do, must not be trusted with a lock.
func (g *guard) verify(ctx context.Context, s session, role string) error {
	got, err := g.read(ctx, s)
	if err != nil {
		return err
	}
	want, have := g.limits(s.version), got.limits(s.version)
	for i := range want {
		if want[i].name == "client_connection_check_interval" || want[i].name == "transaction_timeout" {
			continue // a server may fix these; the others bound the same cases
		}
		if *want[i].value != *have[i].value {
			return fmt.Errorf("the server keeps %s at %s, not %s: belay does not run without it",
				want[i].name, *have[i].value, *want[i].value)
		}
	}
	if role == "" {
		return nil
	}
	rows, err := ask(ctx, s.conn, "select pg_catalog.current_setting('role')")
	if err == nil && rows[0][0] != role {
		return fmt.Errorf("the role is %s, not %s", rows[0][0], role)
	}
	return err
}

// read asks for the timeouts in force.
func (g *guard) read(ctx context.Context, s session) (guard, error) {
	var got guard
	limits := got.limits(s.version)
	var calls []string
	for _, l := range limits {
		calls = append(calls, "pg_catalog.current_setting('"+l.name+"')")
	}
	rows, err := ask(ctx, s.conn, "select "+strings.Join(calls, ", "))
	if err != nil {
		return got, err
	}
	for i, l := range limits {
		if *l.value, err = parseGUC(rows[0][i]); err != nil {
			return got, fmt.Errorf("%s: %w", l.name, err)
		}
	}
	return got, nil
}

// adopt takes over, for the next statement, what a statement outside a transaction
// of ours left in the session, and gives the session belay's own settings back:
// what is asked in between is ours. A session that does not take them is closed.
func (r *run) adopt(ctx context.Context) {
	if !r.teamSettings || r.s.status() != 'I' {
		return
	}
	r.teamSettings, r.encoding = false, r.s.conn.PgConn().ParameterStatus("client_encoding")
	limited, cancel := r.s.limited(ctx)
	defer cancel()
	calls := make([]string, len(r.s.team))
	for i, x := range r.s.team {
		calls[i] = "pg_catalog.current_setting('" + x.Name + "')"
	}
	sql, args := r.x.Trio.Executor.PinSQL(db.ForSession)
	rows, err := ask(limited, r.s.conn, "select "+strings.Join(calls, ", "))
	if err == nil {
		_, err = r.s.conn.Exec(limited, sql, args...)
	}
	if err != nil {
		_ = r.s.conn.Close(limited)
		return
	}
	team := slices.Clone(r.s.team)
	for i := range team {
		team[i].Want = rows[0][i]
	}
	r.s.team = team
}

// keep obeys what a statement of the file set only where it is stricter, and
// puts ours back elsewhere.
func (g *guard) keep(ctx context.Context, s session, local bool) ([]Adjustment, error) {
	got, err := g.read(ctx, s)
	if err != nil {
		return nil, err
	}
	var out []Adjustment
	ours, theirs := g.limits(s.version), got.limits(s.version)
	for i := range ours {
		asked, kept := *theirs[i].value, *ours[i].value
		if asked == kept {
			continue
		}
		if stricter(asked, kept) {
			*ours[i].value = asked
			g.fileStatement = g.fileStatement || ours[i].name == "statement_timeout"
			continue
		}
		out = append(out, Adjustment{Name: ours[i].name, Asked: asked, InForce: kept})
		sql := fmt.Sprintf("select pg_catalog.set_config($1, $2, %t)", local)
		if _, err := ask(ctx, s.conn, sql, ours[i].name, guc(kept)); err != nil {
			return out, err
		}
	}
	return out, nil
}

func stricter(a, b time.Duration) bool { return a > 0 && (b == 0 || a < b) }

// guc writes a duration as a setting, in milliseconds.
func guc(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) + "ms" }

var gucUnits = []struct {
	suffix string
	unit   time.Duration
}{
	{"us", time.Microsecond}, {"ms", time.Millisecond}, {"min", time.Minute}, {"s", time.Second}, {"h", time.Hour},
	{"d", 24 * time.Hour},
}

// parseGUC reads a time setting as SHOW spells it, such as "200ms" or "1min".
func parseGUC(s string) (time.Duration, error) {
	for _, u := range gucUnits {
		if n, ok := strings.CutSuffix(s, u.suffix); ok {
			v, err := strconv.ParseInt(n, 10, 64)
			return time.Duration(v) * u.unit, err
		}
	}
	v, err := strconv.ParseInt(s, 10, 64)
	return time.Duration(v) * time.Millisecond, err
}

// baseline is what the session had before a unit, to be put back after it.
type baseline map[string]string

const baselineSQL = `select name, setting from pg_catalog.pg_settings where source operator(pg_catalog.=) 'session'
union all select 'role', pg_catalog.current_setting('role')
union all select 'search_path', pg_catalog.current_setting('search_path')
union all select 'session_authorization', pg_catalog.current_setting('session_authorization')`

func readBaseline(ctx context.Context, c *pgx.Conn) (baseline, error) {
	rows, err := ask(ctx, c, baselineSQL)
	if err != nil {
		return nil, err
	}
	b := baseline{}
	for _, r := range rows {
		b[r[0]] = r[1]
	}
	return b, nil
}

// restore takes back whatever a unit set for the session. RESET ALL leaves role
// and session authorization alone, so these come first and by name. It leaves a
// session without the pins for a moment: what is sent then names all schemas.
func (b baseline) restore(ctx context.Context, c *pgx.Conn) error {
	for _, sql := range []string{"reset session authorization", "reset role", "reset all"} {
		if _, _, err := exec(ctx, c, sql); err != nil {
			return err
		}
	}
	var calls, args []string
	for name, value := range b {
		if name == "session_authorization" {
			continue
		}
		args = append(args, name, value)
		calls = append(calls, fmt.Sprintf("pg_catalog.set_config($%d, $%d, false)", len(args)-1, len(args)))
	}
	_, err := ask(ctx, c, "select "+strings.Join(calls, ", "), args...)
	return err
}

// mayMoveSettings reports whether a statement can change a setting. DDL and
// INSERT cannot unless they call set_config, short of a trigger made for it;
// what was not analysed may.
func mayMoveSettings(s Statement) bool {
	if strings.Contains(strings.ToLower(s.SQL), "set_config") {
		return true
	}
	for _, p := range []string{
		"CREATE ", "ALTER ", "DROP ", "COMMENT", "GRANT", "REVOKE", "INSERT", "TRUNCATE", "LOCK",
	} {
		if strings.HasPrefix(s.Kind, p) {
			return false
		}
	}
	return true
}
