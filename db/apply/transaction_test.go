package apply_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"belay/db/apply"
	"belay/db/dbtest"
)

func TestUnitIsAppliedWithItsRow(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, rec := executor(t, d.DSN)
	got := x.Run(t.Context(), unit(addColumn(), instant("ALTER TABLE", `ALTER TABLE t ADD COLUMN other text`)))
	want(t, got, apply.Applied, apply.Done)
	if !hasColumn(t, d, "note") || !hasColumn(t, d, "other") || version(t, d) != "7" {
		t.Errorf("version %q", version(t, d))
	}
	var kinds []apply.EventKind
	for _, e := range rec.all {
		kinds = append(kinds, e.Kind)
	}
	wantKinds := []apply.EventKind{apply.Intent, apply.AttemptStarted, apply.StatementBegun, apply.StatementEnded,
		apply.StatementBegun, apply.StatementEnded, apply.CommitSending, apply.AttemptEnded, apply.UnitApplied}
	if !slices.Equal(kinds, wantKinds) {
		t.Errorf("events %v", kinds)
	}
}

// An applied unit must outlive a crash, whatever the server thinks is enough.
func TestCommitIsOnDiskBeforeItIsAnswered(t *testing.T) {
	t.Parallel()
	for set, used := range map[string]string{"off": "local", "remote_write": "remote_write"} {
		t.Run(set, func(t *testing.T) {
			d := shop(t)
			d.Exec(t, `CREATE TABLE seen (synchronous_commit text)`)
			d.Exec(t, `ALTER DATABASE `+pgx.Identifier{d.Name}.Sanitize()+` SET synchronous_commit = `+set)
			x, _ := executor(t, d.DSN)
			u := unit(instant("INSERT", `INSERT INTO seen SELECT current_setting('synchronous_commit')`))
			want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
			if got := dbtest.QueryVal[string](t, d, `SELECT synchronous_commit FROM seen`); got != used {
				t.Errorf("synchronous_commit %s, want %s", got, used)
			}
		})
	}
}

func TestOwnTransactionIsReplaced(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, _ := executor(t, d.DSN)
	u := unit(opaque("BEGIN", `BEGIN`), addColumn(), opaque("COMMIT", `COMMIT`))
	u.Wrap = apply.Own
	want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
	if !hasColumn(t, d, "note") || version(t, d) != "7" {
		t.Errorf("version %q", version(t, d))
	}
}

func TestIntentThatCannotBeWrittenSendsNothing(t *testing.T) {
	t.Parallel()
	for _, kind := range []apply.EventKind{apply.Intent, apply.StatementBegun, apply.CommitSending} {
		t.Run(string(kind), func(t *testing.T) {
			d := shop(t)
			x, rec := executor(t, d.DSN)
			full := errors.New("no space left on device")
			rec.hook = func(e apply.Event) error {
				if e.Kind == kind {
					return full
				}
				return nil
			}
			got := x.Run(t.Context(), unit(addColumn()))
			want(t, got, apply.NotApplied, apply.Untold)
			if !errors.Is(got.Err, full) {
				t.Errorf("error %v", got.Err)
			}
			untouched(t, d)
		})
	}
}

func TestStatementErrorHasItsPlace(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, _ := executor(t, d.DSN)
	bad := instant("ALTER TABLE", "ALTER TABLE t\n  ADD COLUMN other\n  nosuchtype")
	got := x.Run(t.Context(), unit(addColumn(), bad))
	want(t, got, apply.NotApplied, apply.StatementError)
	var f *apply.Failure
	if !errors.As(got.Err, &f) || f.Line != 4 || f.Column != 3 || f.Code != "42704" || f.Path != "7_x.up.sql" {
		t.Errorf("failure %+v", f)
	}
	if !got.Unchanged() {
		t.Errorf("left %v", got.Left)
	}
	untouched(t, d)
}

// A file that ends our transaction is caught at the statement that does it.
func TestTransactionEndedInsideTheFile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, sql string
		left      bool
	}{
		{"commit", `COMMIT`, true},
		{"commit and chain", `COMMIT AND CHAIN`, true},
		{"rollback", `ROLLBACK`, false},
		{"rollback and chain", `ROLLBACK AND CHAIN`, false},
		{"prepare", `PREPARE TRANSACTION 'x'`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := shop(t)
			x, _ := executor(t, d.DSN)
			hidden := opaque("", c.sql) // not analysed, so Validate cannot know
			hidden.Effect.Known = false
			got := x.Run(t.Context(),
				unit(addColumn(), hidden, instant("ALTER TABLE", `ALTER TABLE t ADD COLUMN other text`)))
			if c.name == "prepare" { // the server at hand has max_prepared_transactions = 0
				want(t, got, apply.NotApplied, apply.StatementError)
				untouched(t, d)
				return
			}
			want(t, got, apply.NotApplied, apply.TransactionEnded)
			if (len(got.Left) > 0) != c.left || hasColumn(t, d, "note") != c.left {
				t.Errorf("left %q, note %v", got.Left, hasColumn(t, d, "note"))
			}
			if hasColumn(t, d, "other") || version(t, d) != "" {
				t.Error("it went on after the transaction ended")
			}
		})
	}
}

// Analysed transaction control is refused before anything is sent.
func TestRefusedBeforeSending(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, _ := executor(t, d.DSN)
	concurrent := apply.Statement{SQL: `CREATE INDEX CONCURRENTLY i ON t (a)`, Kind: "CREATE INDEX", Concurrent: true}
	for _, s := range []apply.Statement{opaque("COMMIT", `COMMIT`), opaque("SAVEPOINT", `SAVEPOINT s`),
		{SQL: `COPY t FROM STDIN`, Kind: "COPY", Stdin: true}, {SQL: `\if x`, Unsendable: "psql"}, concurrent} {
		want(t, x.Run(t.Context(), unit(addColumn(), s)), apply.NotApplied, apply.Refused)
	}
	untouched(t, d)
}

func TestTwoCommandsInOneTextAreRefused(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, _ := executor(t, d.DSN)
	got := x.Run(t.Context(), unit(opaque("", `ALTER TABLE t ADD COLUMN note text; COMMIT; DROP TABLE t`)))
	want(t, got, apply.NotApplied, apply.StatementError)
	untouched(t, d)
}

func TestRoleIsSetAndTakenBack(t *testing.T) {
	t.Parallel()
	d := shop(t)
	owner, _ := d.Role(t, "owner", "")
	login, dsn := d.Role(t, "deploy", "NOINHERIT")
	d.Exec(t, `GRANT `+owner+` TO `+login+`; ALTER TABLE t OWNER TO `+owner+`;
		ALTER TABLE schema_migrations OWNER TO `+owner+`; GRANT CREATE ON SCHEMA public TO `+owner)
	x, _ := executor(t, dsn)
	want(t, x.Run(t.Context(), unit(addColumn())), apply.NotApplied, apply.StatementError)
	u := unit(addColumn(), instant("CREATE TABLE", `CREATE TABLE fresh (id int)`))
	u.Role = owner
	want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
	if got := dbtest.QueryVal[string](t, d,
		`SELECT relowner::regrole::text FROM pg_class WHERE relname = 'fresh'`); got != owner {
		t.Errorf("fresh belongs to %s", got)
	}
	var role string
	if err := x.Trio.Executor.QueryRow(t.Context(), `SELECT current_user`).Scan(&role); err != nil || role != login {
		t.Errorf("the session stayed %s (%v)", role, err)
	}
}

// What a file does to its session must not reach the history row, nor the next unit.
func TestHistoryRowIsNotShadowed(t *testing.T) {
	t.Parallel()
	for i, c := range []struct{ name, kind, sql string }{
		{"temporary table", "CREATE TABLE", `CREATE TEMP TABLE schema_migrations (version bigint, dirty boolean)`},
		{"search_path", "SET", `SET search_path = pg_temp`},
		{"empty search_path", "SELECT", `SELECT set_config('search_path', '', false)`},
		{"role", "SET", `SET ROLE pg_monitor`},
		{"session authorization", "SET", `SET SESSION AUTHORIZATION pg_monitor`},
		{"discard", "DISCARD", `DISCARD PLANS`},
		{"read only", "SET", `SET default_transaction_read_only = on`},
		{"date style", "SET", `SET DateStyle = 'German'`},
	} {
		if !dbtest.InShort(i, 2) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			d := shop(t)
			x, _ := executor(t, d.DSN)
			const settings = `SELECT string_agg(name || '=' || setting, E'\n' ORDER BY name) FROM pg_settings WHERE source = 'session'`
			var before, after, user string
			if err := x.Trio.Executor.QueryRow(t.Context(), settings).Scan(&before); err != nil {
				t.Fatal(err)
			}
			want(t, x.Run(t.Context(), unit(addColumn(), opaque(c.kind, c.sql))), apply.Applied, apply.Done)
			if got := version(t, d); got != "7" {
				t.Errorf("version %q", got)
			}
			if err := x.Trio.Executor.QueryRow(t.Context(), settings).Scan(&after); err != nil || before != after {
				t.Errorf("session settings changed (%v)\nbefore %s\nafter %s", err, before, after)
			}
			if err := x.Trio.Executor.QueryRow(t.Context(), `SELECT current_user`).Scan(&user); err != nil ||
				user == "pg_monitor" {
				t.Errorf("user %s (%v)", user, err)
			}
		})
	}
}

// A SET of the file counts only where it is stricter.
func TestSetInsideTheFile(t *testing.T) {
	t.Parallel()
	for i, c := range []struct {
		name, sql string
		obeyed    bool
	}{
		{"longer lock_timeout", `SET lock_timeout = '10s'`, false},
		{"no lock_timeout", `SET LOCAL lock_timeout = 0`, false},
		{"shorter lock_timeout", `SET lock_timeout = '30ms'`, true},
		{"longer statement_timeout", `SET statement_timeout = '10min'`, false},
		{"reset", `RESET lock_timeout`, false},
		{"reset all", `RESET ALL`, false},
		{"by function", `SELECT set_config('statement_timeout', '0', true)`, false},
		{"in a block", `DO $$ BEGIN PERFORM set_config('lock_timeout', '1h', false); END $$`, false},
	} {
		if !dbtest.InShort(i, 2) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			d := shop(t)
			x, rec := executor(t, d.DSN)
			u := unit(opaque("SET", c.sql), opaque("CREATE TABLE", `CREATE TABLE seen AS SELECT
				current_setting('lock_timeout')::interval AS lock, current_setting('statement_timeout')::interval AS statement`))
			want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
			adjusted := rec.of(apply.SettingAdjusted)
			if (len(adjusted) == 0) != c.obeyed {
				t.Errorf("adjusted %+v", adjusted)
			}
			if d.Count(t,
				`seen WHERE lock <= '300ms' AND lock > '0' AND statement <= '1300ms' AND statement > '0'`) != 1 {
				t.Errorf("in force: %s", dbtest.QueryVal[string](t, d, `SELECT lock || ' ' || statement FROM seen`))
			}
		})
	}
}

func TestStopWhileWaiting(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"stop", "context"} {
		t.Run(way, func(t *testing.T) {
			d := shop(t)
			x, rec := executor(t, d.DSN)
			x.Limits.FirstRung = dbtest.Timeout // the stop must not be taken for a timeout
			_, release := d.Blocker(t, `LOCK TABLE t IN ACCESS SHARE MODE`)
			defer release()
			ctx, cancel := context.WithCancelCause(t.Context())
			reason := errors.New("c pressed by anna")
			go func() {
				d.WaitForLockWaitBy(t, "belay/7f3a0001/run")
				if way == "stop" {
					x.Stop(reason)
				} else {
					cancel(reason)
				}
			}()
			got := x.Run(ctx, unit(addColumn()))
			cancel(nil)
			want(t, got, apply.NotApplied, apply.Canceled)
			if !errors.Is(got.Err, reason) || len(rec.of(apply.CancelSent)) != 1 {
				t.Errorf("error %v, events %v", got.Err, rec.of(apply.CancelSent))
			}
			untouched(t, d)
			if x.Stop(nil) {
				t.Error("a stop with nothing running did something")
			}
			release()
			want(t, x.Run(t.Context(), unit(addColumn())), apply.Applied, apply.Done)
		})
	}
}

// A stop that comes once COMMIT is on its way changes nothing and is told so.
func TestStopIsTooLateForCommit(t *testing.T) {
	t.Parallel()
	d := shop(t)
	p := dbtest.NewProxy(t, d.DSN)
	x, rec := executor(t, p.DSN)
	late := true
	p.Hook(func(m dbtest.Message) dbtest.Action {
		if dbtest.Runs("COMMIT")(m) {
			late = !x.Stop(errors.New("c"))
		}
		return dbtest.Pass
	})
	want(t, x.Run(t.Context(), unit(addColumn())), apply.Applied, apply.Done)
	if !late || len(rec.of(apply.TooLate)) != 1 || version(t, d) != "7" {
		t.Errorf("late %v, events %d, version %q", late, len(rec.of(apply.TooLate)), version(t, d))
	}
}

func TestCanceledByAnother(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, _ := executor(t, d.DSN)
	x.Limits.FirstRung = dbtest.Timeout
	_, release := d.Blocker(t, `LOCK TABLE t IN ACCESS SHARE MODE`)
	defer release()
	go func() {
		pid := d.WaitForLockWaitBy(t, "belay/7f3a0001/run")
		d.Exec(t, `SELECT pg_cancel_backend($1)`, int32(pid))
	}()
	want(t, x.Run(t.Context(), unit(addColumn())), apply.NotApplied, apply.CanceledByOther)
	untouched(t, d)
}

func TestTerminatedByAnother(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, _ := executor(t, d.DSN)
	x.Limits.FirstRung = dbtest.Timeout
	_, release := d.Blocker(t, `LOCK TABLE t IN ACCESS SHARE MODE`)
	defer release()
	go func() {
		pid := d.WaitForLockWaitBy(t, "belay/7f3a0001/run")
		d.Exec(t, `SELECT pg_terminate_backend($1)`, int32(pid))
	}()
	want(t, x.Run(t.Context(), unit(addColumn())), apply.NotApplied, apply.Terminated)
	untouched(t, d)
	want(t, x.Run(t.Context(), unit(addColumn())), apply.NotApplied, apply.ConnectionLost)
}
