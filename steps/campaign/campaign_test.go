package campaign

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/backfill"
	"belay/db/dbtest"
	"belay/db/ledger"
	"belay/steps/evidence"
	"belay/steps/project"
)

// atHome runs the tests with a state folder of their own.
type atHome struct{ m *testing.M }

func (h atHome) Run() int {
	home, err := os.MkdirTemp("", "campaign")
	if err == nil {
		err = os.Setenv("XDG_STATE_HOME", home)
	}
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(home)
	db.MonitorLimit = dbtest.Timeout
	return h.m.Run()
}

func TestMain(m *testing.M) { dbtest.Main(atHome{m}) }

const schema = `CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL DEFAULT '' CHECK (email <> 'x'), age integer, note text, team_id bigint);
CREATE TABLE teams (id bigint PRIMARY KEY, name text);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, total numeric, CHECK (total >= 0));
CREATE TABLE old_orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users, note text);
CREATE TABLE "Order Items" (id bigint PRIMARY KEY, "Unit Price" numeric(10,2) NOT NULL DEFAULT 0, "user" text);
CREATE INDEX "Price Idx" ON "Order Items" ("Unit Price");
INSERT INTO "Order Items" SELECT g, g FROM generate_series(1, 50) g;
CREATE TABLE persons (id bigint PRIMARY KEY, name text NOT NULL DEFAULT '' CHECK (name <> 'x'), given varchar(40) NOT NULL, family text);
INSERT INTO persons SELECT g, 'Ada L' || g, 'Ada', nullif('L' || g, 'L7') FROM generate_series(1, 500) g;
CREATE INDEX persons_name_idx ON persons (lower(name));
CREATE TABLE parts (id bigint, note text) PARTITION BY RANGE (id);
CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (100) TO (10000);
INSERT INTO parts SELECT g, 'p' || g FROM generate_series(1, 300) g;
CREATE INDEX users_email_idx ON users (email);
CREATE INDEX orders_user_idx ON orders (user_id);
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
CREATE VIEW mails AS SELECT id, email AS mail FROM users;
CREATE FUNCTION invoice(bigint) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT email FROM users WHERE id = $1); END';
COMMENT ON COLUMN users.email IS 'where to write';
INSERT INTO users SELECT g, 'u' || g, g, 'n', 1 FROM generate_series(1, 500) g;
INSERT INTO teams VALUES (1, 'a');
INSERT INTO orders SELECT g, g, g FROM generate_series(1, 500) g;
INSERT INTO old_orders SELECT g, g FROM generate_series(1, 50) g;
CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
INSERT INTO schema_migrations VALUES (1, false)`

// place is a project with a database, as a team has it.
type place struct {
	t   *testing.T
	db  *dbtest.DB
	dir string
	// watchSwap looks at a transaction that changes the names back, before its end.
	watchSwap func(*pgx.Conn)
}

func newPlace(t *testing.T, db *dbtest.DB) *place {
	t.Helper()
	p := &place{t: t, db: db, dir: t.TempDir()}
	if err := os.Mkdir(filepath.Join(p.dir, "migrations"), 0o755); err != nil {
		t.Fatal(err)
	}
	first := filepath.Join(p.dir, "migrations", "000001_first.up.sql")
	if err := os.WriteFile(first, []byte("SELECT 1;\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, schema)
	if _, err := ledger.Create(t.Context(), db.Conn(t)); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *place) desk() *Desk {
	p.t.Helper()
	loaded, err := project.Load(project.Flags{DSN: p.db.DSN}, p.dir)
	if err != nil {
		p.t.Fatal(err)
	}
	d, err := Open(p.t.Context(), loaded, "op1@test")
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(d.Close)
	d.Samples = 1
	return d
}

var version = regexp.MustCompile(`^0*(\d+)_.*\.up\.sql$`)

// run applies what is pending, as golang-migrate does, and the backfills as they stand.
func (p *place) run() {
	p.t.Helper()
	names, _ := filepath.Glob(filepath.Join(p.dir, "migrations", "*.up.sql"))
	slices.Sort(names)
	at := dbtest.QueryVal[int64](p.t, p.db, `SELECT version FROM schema_migrations`)
	conn := p.db.Conn(p.t)
	for _, name := range names {
		var n int64
		fmt.Sscan(version.FindStringSubmatch(filepath.Base(name))[1], &n)
		if n <= at {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			p.t.Fatal(err)
		}
		swap := p.watchSwap != nil && strings.Contains(string(text), "RENAME COLUMN")
		if swap {
			text, conn = []byte("BEGIN;\n"+string(text)), p.db.Conn(p.t) // its counters begin with it
		}
		if _, err := conn.PgConn().Exec(p.t.Context(), string(text)).ReadAll(); err != nil {
			p.t.Fatalf("%s: %v\n%s", filepath.Base(name), err, text)
		}
		if swap {
			p.watchSwap(conn)
			if _, err := conn.Exec(p.t.Context(), "COMMIT"); err != nil {
				p.t.Fatal(err)
			}
		}
		p.db.Exec(p.t, `UPDATE schema_migrations SET version = $1`, n)
	}
}

func (p *place) begin(w Wanted) *Campaign {
	p.t.Helper()
	w.ID = backfill.NewID()
	if w.Soak == 0 {
		w.Soak = 7 * 24 * time.Hour
	}
	d := p.desk()
	c, err := d.Propose(p.t.Context(), w)
	if err != nil {
		p.t.Fatalf("%s %v: %v", w.Kind, w.Args, err)
	}
	if err := d.Begin(p.t.Context(), c); err != nil {
		p.t.Fatal(err)
	}
	return c
}

// step takes the campaign one phase further: it confirms, or writes and runs. It moves
// the clock where a phase waits for time.
func (p *place) step(id string) *Phase {
	p.t.Helper()
	ctx := p.t.Context()
	p.db.Exec(p.t, `UPDATE belay.phase SET not_before = now() - interval '1 s' WHERE not_before > now()`)
	d := p.desk()
	c, err := d.Find(ctx, id)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := d.Settle(ctx, c); err != nil {
		p.t.Fatal(err)
	}
	at, _ := c.Current()
	if at == nil {
		return nil
	}
	if at.Confirms() {
		for range enough {
			if _, err := d.Check(ctx, c, time.Minute, backfill.NewID); err != nil {
				p.t.Fatal(err)
			}
		}
		if err := d.Confirm(ctx, c, "v1"); err != nil {
			p.t.Fatal(err)
		}
		return at
	}
	p.db.Exec(p.t, `UPDATE belay.phase SET not_before = now() - interval '1 s' WHERE not_before > now()`)
	d = p.desk()
	if c, err = d.Find(ctx, id); err != nil {
		p.t.Fatal(err)
	}
	at, _ = c.Current()
	p.open(d, c, at)
	made, err := d.Compose(c, at, "20261130120000")
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := d.WritePhase(ctx, c, made); err != nil {
		p.t.Fatal(err)
	}
	p.run()
	return at
}

// open counts what the gate waits for, waives the source that no test server has, and
// fails where a gate stays closed.
func (p *place) open(d *Desk, c *Campaign, at *Phase) {
	p.t.Helper()
	for range 2 {
		if _, err := d.Check(p.t.Context(), c, time.Minute, backfill.NewID); err != nil {
			p.t.Fatal(err)
		}
	}
	seen, err := d.Evidence(p.t.Context(), at)
	if err != nil {
		p.t.Fatal(err)
	}
	for i := 0; seen != nil && i < len(seen.Sources); i++ {
		if s := seen.Sources[i]; evidence.Blocks(s) {
			if err := d.Waive(p.t.Context(), c, s.Name, "a test"); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	b, err := d.Board(p.t.Context(), c, true)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, r := range b.Rows {
		for _, g := range r.Gates {
			if !g.Open {
				p.t.Fatalf("%s, phase %d: gate %s is closed: %s", c.Start.Says, r.N, g.Name, g.Says)
			}
		}
	}
}

var splitName = Wanted{Kind: "split", Args: []string{"persons.name", "first_name, last_name varchar(40)"},
	Sets: []string{
		"first_name = split_part(name, ' ', 1)", "last_name = nullif(substr(name, strpos(name || ' ', ' ') + 1), '')",
		"name = concat_ws(' ', first_name, last_name)",
	}}

var mergeName = Wanted{Kind: "merge", Args: []string{"persons.given,family", "full_name text"}, Sets: []string{
	"full_name = concat_ws(' ', given, family)", "given = split_part(full_name, ' ', 1)",
	"family = nullif(substr(full_name, strpos(full_name || ' ', ' ') + 1), '')",
}}

var everyKind = []Wanted{
	splitName, mergeName,
	{Kind: "rename", Args: []string{"users.email", "email_address"}},
	{Kind: "rename", Args: []string{"users", "people"}},
	{Kind: "rename", Args: []string{`"Order Items"."Unit Price"`, `"Net Price"`}},
	{Kind: "drop", Args: []string{`"Order Items"`}},
	{Kind: "not-null", Args: []string{"parts.note"}},
	{Kind: "rename", Args: []string{"parts", "pieces"}},
	{Kind: "drop", Args: []string{"parts"}},
	{Kind: "type", Args: []string{"orders.total", "double precision"}},
	{Kind: "type", Args: []string{"users.age", "text"}, Using: "age::text"},
	{Kind: "type", Args: []string{"users.age", "text"}, Using: "age::text", Back: "age::integer"},
	{Kind: "not-null", Args: []string{"users.note"}, Fill: "'-'"},
	{Kind: "foreign-key", Args: []string{"users.team_id", "teams.id"}},
	{Kind: "drop", Args: []string{"users.age"}},
	{Kind: "drop", Args: []string{"orders.total"}},
	{Kind: "drop", Args: []string{"old_orders"}},
	{Kind: "replace-index", Args: []string{"users_email_idx", "CREATE INDEX users_email_id_idx ON users (email, id)"}},
}

// The kinds that the short form plays: those of which another test plays none under
// writers, and the rename, which has triggers to take back. The long form plays all.
var (
	endedInShort     = []string{"drop old_orders", "foreign-key users.team_id"}
	abandonedInShort = []string{"rename users.email", "not-null users.note"}
)

// playedOf are the kinds that this form plays.
func playedOf(short []string) []Wanted {
	if dbtest.Long() {
		return everyKind
	}
	return slices.DeleteFunc(slices.Clone(everyKind), func(w Wanted) bool {
		return !slices.Contains(short, w.Kind+" "+w.Args[0])
	})
}

// TestAbandon gives each kind up at its phases: the schema is the one of the start. The
// short form takes the one before the last, which has everything to take back; the long
// form each.
func TestAbandon(t *testing.T) {
	for _, w := range playedOf(abandonedInShort) {
		t.Run(w.Kind+" "+w.Args[0]+w.Back, func(t *testing.T) {
			t.Parallel()
			if !dbtest.Long() {
				abandonAfter(t, w, -1)
				return
			}
			for steps := 0; abandonAfter(t, w, steps); steps++ {
			}
		})
	}
}

// abandonAfter gives the campaign up after so many phases, -1 = all but the last; false =
// it was over before.
func abandonAfter(t *testing.T, w Wanted, steps int) bool {
	t.Helper()
	p := newPlace(t, dbtest.New(t))
	was := p.dump()
	c := p.begin(w)
	if steps < 0 {
		steps = len(c.Phases) - 1
	}
	for range steps {
		if p.step(c.ID) == nil {
			return false
		}
	}
	d := p.desk()
	c, err := d.Find(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	back, err := d.Abandon(c, "20261130120000")
	if err != nil {
		last := c.Phases[len(c.Phases)-1]
		gone := last.State() == ledger.PhaseWritten || w.Using != "" && w.Back == ""
		if !gone || !strings.Contains(err.Error(), "no way back") {
			t.Errorf("after %d phases: %v", steps, err)
		}
		return true
	}
	if _, _, err := d.GiveUp(t.Context(), c, back); err != nil {
		t.Fatal(err)
	}
	p.run()
	if is := p.dump(); is != was {
		t.Errorf("after %d phases the schema is another one:\n%s", steps, difference(was, is))
	}
	return true
}

// difference are the lines that only one of two texts has.
func difference(a, b string) string {
	var out strings.Builder
	la, lb := strings.Split(a, "\n"), strings.Split(b, "\n")
	for _, l := range la {
		if !slices.Contains(lb, l) {
			out.WriteString("- " + l + "\n")
		}
	}
	for _, l := range lb {
		if !slices.Contains(la, l) {
			out.WriteString("+ " + l + "\n")
		}
	}
	return out.String()
}

// TestToTheEnd plays each kind to its last phase.
func TestToTheEnd(t *testing.T) {
	for _, w := range playedOf(endedInShort) {
		t.Run(w.Kind+" "+w.Args[0]+w.Back, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, dbtest.New(t))
			c := p.begin(w)
			for range len(c.Phases) {
				p.step(c.ID)
			}
			d := p.desk()
			c, err := d.Find(context.Background(), c.ID)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Settle(t.Context(), c); err != nil || c.State != ledger.CampaignDone {
				t.Errorf("the campaign is %s: %v", c.State, err)
			}
		})
	}
}
