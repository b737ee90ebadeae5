package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"belay/db/dbtest"
)

// cellLimit is how long one command of a cell may take, whatever its settings are.
const cellLimit = 2 * time.Minute

// givers are the four ways in which a session gets settings that nobody typed.
var givers = []string{"ALTER ROLE", "ALTER DATABASE", "options of the DSN", "PGOPTIONS"}

// played are the commands of a cell, with the statements that the team's own tool
// would have sent instead; "" = the command only looks.
var played = []struct {
	args []string
	same string
	// long is true for what only the long form plays.
	long bool
}{
	{args: []string{"doctor"}},
	{args: []string{"watch", "--once", "public.orders"}},
	{args: []string{"rehearse", "--answers", "answers.toml"}, long: true},
	{args: []string{"run", "--answers", "answers.toml", "--output", "json"}, same: settingsFile},
	{
		args: []string{
			"backfill", "--table", "public.orders", "--set", settingsFill, "--where", "note IS NULL", "--answers",
			"answers.toml",
		},
		same: "UPDATE public.orders SET " + settingsFill + " WHERE note IS NULL",
	},
}

// The statements write what settings change the meaning of: letters, a date, bytes,
// floating point, a backslash, and each of them as text.
const (
	settingsFill = `note = 'é\x' || id || day || ratio || span || bytes`
	settingsFile = `ALTER TABLE public.orders ADD COLUMN city text DEFAULT 'Zürich';
CREATE TABLE public.made (id bigint PRIMARY KEY, name text, day date, bytes bytea, ratio float8, path text, span interval, xs int[]);
INSERT INTO public.made VALUES (1, 'Zürich', '01/02/2026', '\x00ff', 0.1::float8 + 0.2::float8, 'a\b', '1 day 02:00', '{1,NULL}');
INSERT INTO public.made (id, name) SELECT id + 1, day::text || ratio || span || bytes FROM public.made;
UPDATE public.orders SET day = '03/04/2026' WHERE id = 7;
`
	settingsGiven = `CREATE TABLE public.orders (id bigint PRIMARY KEY, day date, ratio float8, bytes bytea, span interval, note text);
INSERT INTO public.orders SELECT g, date '2026-01-02' + g::int, g / 3.0, decode('00ff', 'hex'), make_interval(hours => g::int)
	FROM generate_series(1, 400) g;
CREATE TABLE public.schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
INSERT INTO public.schema_migrations VALUES (1, false);
ANALYZE;
`
	settingsAnswers = `target.environment = "staging"
ledger.create = "yes"
backfill.trigger = "yes"
run.confirm = "$DBNAME"
run.hold = "60s"
backup.choice = "none"
rehearse.choice = "none"
deploy.state = "everywhere"
monitor.waive = "a test"
smoke.waive = "a test"
preflight.waive = "a test"
`
)

// settingsCell plays the commands under some settings that one giver gives.
type settingsCell struct {
	*person
	team  *dbtest.DB // where the statements run without belay
	role  string
	giver string
	given []hostile
}

// verdict is how a cell ended.
type verdict struct {
	wrong   []string // what was neither right nor refused
	refused []string // which command, and its reason
}

func (v verdict) right() bool { return len(v.wrong)+len(v.refused) == 0 }

func newSettingsCell(t *testing.T, giver string, given []hostile) *settingsCell {
	c := &settingsCell{giver: giver, given: given}
	d := dbtest.Named(t, nextName())
	c.team = dbtest.Named(t, d.Name+"_team")
	options := ""
	if slices.ContainsFunc(given, func(h hostile) bool { return h.super }) && slices.Index(givers, giver) > 1 {
		options = "SUPERUSER"
	}
	var dsn string
	c.role, dsn = d.Role(t, "teller", options)
	quoted := pgx.Identifier{c.role}.Sanitize()
	d.Exec(t, "GRANT bystander TO "+quoted)
	for _, on := range []*dbtest.DB{d, c.team} {
		d.Exec(t, "ALTER DATABASE "+on.Name+" OWNER TO "+quoted)
		on.Exec(t, "SET SESSION AUTHORIZATION "+quoted+"; "+settingsGiven)
	}
	t.Cleanup(func() { c.team.Exec(t, "REASSIGN OWNED BY "+quoted+" TO CURRENT_USER") })
	c.person = newPersonAt(t, d, map[string]string{
		"answers.toml": settingsAnswers, "migrations/000001_base.up.sql": "SELECT 1;\n",
		"migrations/000002_all.up.sql": settingsFile,
	})
	c.env["DATABASE_URL"] = strings.Replace(dsn, "postgres:", "pgx5:", 1) // the driver that sets nothing of its own
	return c
}

// options are the settings as libpq's options.
func (c *settingsCell) options() string {
	all := make([]string, len(c.given))
	for i, h := range c.given {
		all[i] = h.option()
	}
	return strings.Join(all, " ")
}

// give puts the settings into force for whoever connects as the role, and returns
// how they are taken back: what is asked in between must not have them.
func (c *settingsCell) give() (back func()) {
	c.t.Helper()
	switch c.giver {
	case givers[2]:
		was := c.env["DATABASE_URL"]
		c.env["DATABASE_URL"] = was + "&options=" + strings.ReplaceAll(url.QueryEscape(c.options()), "+", "%20")
		return func() { c.env["DATABASE_URL"] = was }
	case givers[3]:
		c.env["PGOPTIONS"] = c.options()
		return func() { delete(c.env, "PGOPTIONS") }
	}
	of := []string{"ROLE " + pgx.Identifier{c.role}.Sanitize()}
	if c.giver == givers[1] {
		of = []string{"DATABASE " + c.db.Name, "DATABASE " + c.team.Name}
	}
	from := dbtest.At(c.db.Cluster(), "postgres")
	for _, what := range of {
		for _, h := range c.given {
			from.Exec(c.t, "ALTER "+what+" SET "+h.name+" TO "+h.literal())
		}
	}
	return func() {
		for _, what := range of {
			from.Exec(c.t, "ALTER "+what+" RESET ALL")
		}
	}
}

// play plays the commands one after the other.
func (c *settingsCell) play(long bool) (v verdict) {
	for _, p := range played {
		if p.long && !long {
			continue
		}
		name := p.args[0]
		before := c.rows(c.db)
		said, late := c.under(p.args)
		after := c.rows(c.db)
		if late != "" {
			v.wrong = append(v.wrong, fmt.Sprintf("%s has no end after %s: %s", name, cellLimit, late))
			return v
		}
		switch {
		case said.code == 0 && p.same == "":
			if before != after {
				v.wrong = append(v.wrong, name+" changes the database")
			}
		case said.code == 0:
			if wrong := c.differs(p.same, after); wrong != "" {
				v.wrong = append(v.wrong, name+": "+wrong)
			}
		case before != after:
			v.wrong = append(v.wrong, fmt.Sprintf("%s ends with %s, and there is change:\n%s", name, said, after))
		case strings.TrimSpace(said.err) == "" && name != "doctor":
			v.wrong = append(v.wrong, fmt.Sprintf("%s is refused without a reason: %s", name, said))
		default:
			v.refused = append(v.refused, name+": "+firstLine(said))
		}
	}
	return v
}

func firstLine(s said) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s.err), "\n")
	return fmt.Sprintf("exit %d: %s", s.code, line)
}

// under calls belay with the settings in force. late tells what the sessions of the
// database wait for, where the command has not ended in time.
func (c *settingsCell) under(args []string) (s said, late string) {
	defer c.give()()
	ctx, stop := context.WithTimeout(c.t.Context(), cellLimit)
	defer stop()
	s = c.within(ctx, args...)
	if ctx.Err() == nil {
		return s, ""
	}
	return s, strings.Join(dbtest.QueryCol[string](c.t, dbtest.At(c.db.Cluster(), "postgres"), `SELECT
		concat_ws(' ', application_name, state, wait_event_type, wait_event, left(query, 200)) FROM pg_stat_activity WHERE datname = $1`,
		c.db.Name), "\n") + "\n" + s.String()
}

// differs carries the statements out in the team's database without belay, under the
// same settings, and tells where the rows are others. Where that cannot be done with
// them, what they mean by default counts.
func (c *settingsCell) differs(sql, got string) string {
	given := "the same settings"
	if err := c.teams(sql, true); err != nil {
		// Only the server's own word says that it cannot be done: a machine that is too
		// busy to connect would pass for it.
		if refused, ok := errors.AsType[*pgconn.PgError](err); !ok || strings.HasPrefix(refused.Code, "53") {
			return "without belay: " + err.Error()
		}
		given = "the defaults, after " + err.Error()
		if err := c.teams(sql, false); err != nil {
			return err.Error()
		}
	}
	if want := c.rows(c.team); got != want {
		return fmt.Sprintf("rows with belay:\n%s\nwithout, under %s:\n%s", got, given, want)
	}
	return ""
}

// teams sends statements as the team's tool does: in one message.
func (c *settingsCell) teams(sql string, given bool) error {
	if given {
		defer c.give()()
	}
	cfg, err := pgx.ParseConfig(strings.Replace(c.env["DATABASE_URL"], "pgx5:", "postgres:", 1))
	if err != nil {
		return err
	}
	cfg.Database = c.team.Name
	if o := c.env["PGOPTIONS"]; o != "" {
		cfg.RuntimeParams["options"] = o
	}
	cfg.RuntimeParams["client_encoding"] = "UTF8" // the files are
	ctx, stop := context.WithTimeout(c.t.Context(), cellLimit)
	defer stop()
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

// rows are what a database holds, without the history's and belay's own tables.
func (c *settingsCell) rows(d *dbtest.DB) string {
	c.t.Helper()
	tables := dbtest.QueryCol[string](c.t, d, `SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'v', 'p')
		AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
		AND relnamespace::regnamespace::text NOT IN ('belay', 'pg_toast') AND relname <> 'schema_migrations' ORDER BY 1`)
	triggers := dbtest.QueryCol[string](c.t, d, `SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal`)
	text := strings.Join(append(tables, triggers...), " ") + "\n"
	for _, table := range tables {
		text += strings.Join(dbtest.QueryCol[string](c.t, d, `SELECT (to_jsonb(x) - 'bytes')::text || coalesce(encode((to_jsonb(x)
			->> 'bytes')::bytea, 'hex'), '') FROM `+table+` x ORDER BY id LIMIT 8`), "\n") + "\n"
		text += dbtest.QueryVal[string](c.t, d, `SELECT md5(string_agg(x::text, ' ' ORDER BY id)) FROM `+table+` x`) + "\n"
	}
	return text
}

// within is person.belay that is ended with ctx.
func (p *person) within(ctx context.Context, args ...string) said {
	cmd := exec.CommandContext(ctx, "belay", args...)
	cmd.WaitDelay = time.Second
	return p.call(cmd)
}
