package db

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Setting is one run-time parameter: what was asked for and what the server
// then said it is.
type Setting struct {
	Name string `json:"name"`
	// Want is in the parameter's base unit without the unit: "200" for a
	// lock_timeout of 200 ms, "on".
	Want string `json:"want"`
	// Got is the answer of SHOW, such as "200ms"; "" = the server did not tell.
	Got string `json:"got"`
	// SQLState is why the parameter could not be set; "" = it could.
	SQLState string `json:"sqlstate,omitempty"`
}

// Obeyed reports whether the server says what was asked for.
func (s Setting) Obeyed() bool { return s.SQLState == "" && sameValue(s.Name, s.Want, s.Got) }

// String is "lock_timeout = 200ms", with "(asked for …)" where that differs.
func (s Setting) String() string {
	if s.Obeyed() {
		return s.Name + " = " + s.Got
	}
	got := s.Got
	if got == "" {
		got = "unknown"
	}
	return fmt.Sprintf("%s = %s (asked for %s)", s.Name, got, s.Want)
}

// Settings are the parameters of a session in the order they were set.
type Settings []Setting

// Get is what the server said of a parameter; "" = never asked.
func (s Settings) Get(name string) string {
	for _, x := range s {
		if x.Name == name {
			return x.Got
		}
	}
	return ""
}

// Refused lists the settings that the server does not have as asked. A managed
// server may fix some of them.
func (s Settings) Refused() []Setting {
	var out []Setting
	for _, x := range s {
		if !x.Obeyed() {
			out = append(out, x)
		}
	}
	return out
}

// Scope is how long a setting lasts.
type Scope bool

// The scopes of SET and SET LOCAL.
const (
	ForSession     Scope = false
	ForTransaction Scope = true
)

// Querier is what a connection and a transaction of pgx have in common.
type Querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Set sets parameters in one round trip, reads them back in a second, and
// returns what the server said. Outside a transaction a parameter that cannot
// be set is left as it is and marked; inside one, or with ForTransaction, it is
// an error. A difference is no error: look at [Settings.Refused].
func Set(ctx context.Context, q Querier, scope Scope, want []Setting) (Settings, error) {
	out := append(Settings(nil), want...)
	if len(out) == 0 {
		return out, nil
	}
	err := setAll(ctx, q, scope, out)
	if err != nil {
		if scope == ForTransaction || !Decided(err) {
			return nil, fmt.Errorf("session settings: %w", err)
		}
		if err := setEach(ctx, q, out); err != nil {
			return nil, err
		}
	}
	return out, readBack(ctx, q, out)
}

func setAll(ctx context.Context, q Querier, scope Scope, s Settings) error {
	sql, args := setSQL(scope, s)
	got := make([]any, len(s))
	for i := range got {
		got[i] = new(string)
	}
	return q.QueryRow(ctx, sql, args...).Scan(got...)
}

// setEach is for the server that refuses one of them: the others still count.
func setEach(ctx context.Context, q Querier, s Settings) error {
	for i := range s {
		err := setAll(ctx, q, ForSession, s[i:i+1])
		if err != nil && (!Decided(err) || hurried[SQLState(err)]) { // time ran out: nothing was refused
			return fmt.Errorf("session setting %s: %w", s[i].Name, err)
		}
		s[i].SQLState = SQLState(err)
	}
	return nil
}

func readBack(ctx context.Context, q Querier, s Settings) error {
	sql, args := readSQL(s)
	if err := s.scan(q.QueryRow(ctx, sql, args...)); err != nil {
		return fmt.Errorf("session settings: read back: %w", err)
	}
	return nil
}

// readSQL is a query for what the server has of each setting.
func readSQL(s Settings) (sql string, args []any) {
	calls := make([]string, len(s))
	for i, x := range s {
		// missing_ok: an older server does not know every parameter.
		calls[i] = fmt.Sprintf("pg_catalog.current_setting($%d, true)", i+1)
		args = append(args, x.Name)
	}
	return "SELECT " + strings.Join(calls, ", "), args
}

// scan takes the answer of readSQL.
func (s Settings) scan(r pgx.Row) error {
	got, values := make([]any, len(s)), make([]*string, len(s))
	for i := range got {
		got[i] = &values[i]
	}
	if err := r.Scan(got...); err != nil {
		return err
	}
	for i, v := range values {
		if v != nil {
			s[i].Got = *v
		}
	}
	return nil
}

var unitMS = map[string]float64{"us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}

// inSeconds are the parameters whose base unit is the second.
var inSeconds = map[string]bool{"tcp_keepalives_idle": true, "tcp_keepalives_interval": true}

// sameValue compares "200" with "200ms": SHOW picks the unit.
func sameValue(name, want, got string) bool {
	if want == got {
		return true
	}
	digits := strings.TrimRight(got, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return false
	}
	w, err := strconv.ParseFloat(want, 64)
	if err != nil {
		return false
	}
	unit, known := unitMS[got[len(digits):]]
	if !known {
		return n == w
	}
	if inSeconds[name] {
		w *= 1000
	}
	return n*unit == w
}

// MilliSeconds is a Setting of a time-out in milliseconds.
func MilliSeconds(name string, ms int64) Setting {
	return Setting{Name: name, Want: strconv.FormatInt(ms, 10)}
}

// DurableSQL is an expression that makes a COMMIT which was answered survive a
// crash of the server: with synchronous_commit = off the answer comes before the
// record is on disk. Every other value flushes at home and stays. Its verb is
// true for the transaction, false for the session; its value is what was set.
const DurableSQL = `pg_catalog.set_config('synchronous_commit',
	pg_catalog.replace(pg_catalog.current_setting('synchronous_commit'), 'off', 'local'), %t)`
