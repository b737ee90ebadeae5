package checklist

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/history"
	"belay/sqlview"
	"belay/sqlview/migration"
	"belay/sqlview/parse"
	"belay/sqlview/proof"
)

// brokenWay is how a real tool runs a file of three statements.
type brokenWay struct {
	format, variable string
	// name and text make a file: %d is its number, %s its statements.
	name, text string
	up         []string
	// force records a version, where the tool has a word for that.
	force []string
	// oneByOne is true where each statement commits by itself.
	oneByOne bool
}

var brokenWays = []brokenWay{
	{
		format: "golang-migrate", variable: "BELAY_TEST_MIGRATE", name: "%d_x.up.sql", text: "%s",
		up:    []string{"-path", "{dir}", "-database", "{pgx5}", "up"},
		force: []string{"-path", "{dir}", "-database", "{pgx5}", "force"},
	},
	{
		format: "golang-migrate", variable: "BELAY_TEST_MIGRATE", name: "%d_x.up.sql", text: "%s", oneByOne: true,
		up:    []string{"-path", "{dir}", "-database", "{pgx5}&x-multi-statement=true", "up"},
		force: []string{"-path", "{dir}", "-database", "{pgx5}", "force"},
	},
	{
		format: "goose", variable: "BELAY_TEST_GOOSE", name: "%05d_x.sql", text: "-- +goose Up\n%s",
		up: []string{"-dir", "{dir}", "postgres", "{dsn}", "up"},
	},
	{
		format: "goose", variable: "BELAY_TEST_GOOSE", name: "%05d_x.sql", oneByOne: true,
		text: "-- +goose NO TRANSACTION\n-- +goose Up\n%s", up: []string{"-dir", "{dir}", "postgres", "{dsn}", "up"},
	},
	{
		format: "dbmate", variable: "BELAY_TEST_DBMATE", name: "%05d_x.sql", text: "-- migrate:up\n%s-- migrate:down\n",
		up: []string{"--url", "{dsn}", "-d", "{dir}", "--no-dump-schema", "migrate"},
	},
	{
		format: "dbmate", variable: "BELAY_TEST_DBMATE", name: "%05d_x.sql",
		text: "-- migrate:up transaction:false\n%s-- migrate:down\n",
		up:   []string{"--url", "{dsn}", "-d", "{dir}", "--no-dump-schema", "migrate"},
	},
	{
		format: "tern", variable: "BELAY_TEST_TERN", name: "%03d_x.sql", text: "%s",
		up: []string{"migrate", "-m", "{dir}", "--conn-string", "{dsn}"},
	},
	{
		format: "tern", variable: "BELAY_TEST_TERN", name: "%03d_x.sql", text: "---- tern: disable-tx ----\n%s",
		oneByOne: true, up: []string{"migrate", "-m", "{dir}", "--conn-string", "{dsn}"},
	},
}

// statement is one of a file. there asks the server whether its work is there; "" = no
// catalog shows it. alone is true for one that cannot be in a transaction.
type brokenStatement struct {
	sql, there string
	alone      bool
}

func column(name string) string { return "EXISTS (" + ofColumn(name, "true") + ")" }

// ofColumn asks something of a column of base.
func ofColumn(name, what string) string {
	return "SELECT " + what + " FROM pg_attribute WHERE attrelid = 'base'::regclass AND attname = '" + name +
		"' AND NOT attisdropped"
}

func isOf(name, kind string) string {
	return "(" + ofColumn(name, "atttypid = '"+kind+"'::regtype") + ")"
}

func constraint(name string) string {
	return "EXISTS (SELECT FROM pg_constraint WHERE conname = '" + name + "')"
}

func validIndex(name string) string {
	return "EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = '" + name +
		"' AND i.indisvalid)"
}

// Statements that work.
var wellMade = []brokenStatement{
	{sql: "CREATE TABLE items (id bigint PRIMARY KEY)", there: "to_regclass('items') IS NOT NULL"},
	{sql: "ALTER TABLE base ADD COLUMN note text", there: column("note")},
	{sql: "CREATE INDEX base_v ON base (v)", there: validIndex("base_v")},
	{sql: "UPDATE base SET v = v"},
	{sql: "ALTER TABLE base RENAME COLUMN old TO fresh", there: column("fresh")},
	{sql: "ALTER TABLE base ALTER COLUMN small TYPE bigint", there: isOf("small", "int8")},
	{sql: "DO $$BEGIN PERFORM 1; END$$"},
	{sql: "ALTER TABLE base ADD CONSTRAINT v_small CHECK (v < 100)", there: constraint("v_small")},
	{sql: "INSERT INTO base (id, v) VALUES (50, 5)"},
	{sql: "CREATE INDEX CONCURRENTLY base_small ON base (small)", there: validIndex("base_small"), alone: true},
	{sql: "CREATE VIEW base_view AS SELECT id FROM base", there: "to_regclass('base_view') IS NOT NULL"},
	{sql: "ALTER TABLE base ALTER COLUMN v SET DEFAULT 3", there: "(" + ofColumn("v", "atthasdef") + ")"},
}

// illMadeStatement fails; mended is run in its place then.
type illMadeStatement struct {
	brokenStatement
	mended string
}

func fails(sql, there, mended string) illMadeStatement {
	return illMadeStatement{brokenStatement{sql: sql, there: there}, mended}
}

// Statements that fail: no SQL, rows that do not fit, things that are not there, programs.
var illMade = []illMadeStatement{
	fails("ALTER TABEL base ADD COLUMN b1 int", column("b1"), "ALTER TABLE base ADD COLUMN b1 int"),
	fails("ALTER TABLE base ADD CONSTRAINT v_large CHECK (v > 1)", constraint("v_large"),
		"ALTER TABLE base ADD CONSTRAINT v_large CHECK (v > -1)"),
	fails("CREATE UNIQUE INDEX base_one ON base (one)", validIndex("base_one"), "CREATE INDEX base_one ON base (one)"),
	fails("ALTER TABLE nowhere ADD COLUMN x int", column("x"), "ALTER TABLE base ADD COLUMN x int"),
	fails("UPDATE base SET v = 1 / 0", "", "UPDATE base SET v = 1"),
	fails("DO $$BEGIN RAISE 'no'; END$$", "", "DO $$BEGIN PERFORM 1; END$$"),
	fails("ALTER TABLE base ALTER COLUMN word TYPE int USING word::int", isOf("word", "int4"),
		"ALTER TABLE base ALTER COLUMN word TYPE int USING length(word)"),
	fails("ALTER TABLE base ALTER COLUMN empty SET NOT NULL", "("+ofColumn("empty", "attnotnull")+")",
		"UPDATE base SET empty = 1; ALTER TABLE base ALTER COLUMN empty SET NOT NULL"),
	fails("ALTER TABLE base ADD CONSTRAINT v_other FOREIGN KEY (v) REFERENCES other (id)", constraint("v_other"),
		"ALTER TABLE base ADD CONSTRAINT v_other FOREIGN KEY (v) REFERENCES other (id) NOT VALID"),
	{
		brokenStatement{
			sql: "CREATE UNIQUE INDEX CONCURRENTLY base_uc ON base (one)", there: validIndex("base_uc"), alone: true,
		},
		"CREATE INDEX CONCURRENTLY base_uc ON base (one)",
	},
	fails("ALTER TABLE base RENAME COLUMN gone TO found", column("found"),
		"ALTER TABLE base RENAME COLUMN word2 TO found"),
}

// TestBrokenFiles: files that real tools broke off in are taken apart: what is said of each
// statement is what the server has, what is advised is done, and the tool then goes on.
// The short form plays six of fifty.
func TestBrokenFiles(t *testing.T) {
	const all = 50
	for i := range all {
		if !dbtest.Long() && i%9 != 1 {
			continue
		}
		way, bad := brokenWays[i%len(brokenWays)], illMade[i%len(illMade)]
		if bad.alone && !way.oneByOne {
			bad = illMade[(i+1)%len(illMade)]
		}
		at := i % 3
		var file []brokenStatement
		for n := i; len(file) < 3; n += 5 {
			good := wellMade[n%len(wellMade)]
			switch {
			case len(file) == at:
				file = append(file, bad.brokenStatement)
			case !good.alone || way.oneByOne:
				file = append(file, good)
			}
		}
		t.Run(fmt.Sprintf("%d %s", i, way.format), func(t *testing.T) {
			program := os.Getenv(way.variable)
			if program == "" {
				t.Skip("no " + way.format + " here: set " + way.variable)
			}
			b := brokenFile{t: t, way: way, program: program, file: file, at: at, mended: bad.mended, db: dbtest.New(t)}
			b.play()
		})
	}
}

// brokenFile is one file on one database.
type brokenFile struct {
	t       *testing.T
	way     brokenWay
	program string
	file    []brokenStatement
	at      int
	mended  string
	db      *dbtest.DB
	conn    *db.Conn
	dir     string
	dsn     string
}

func (b *brokenFile) play() {
	b.dsn, b.dir = b.db.ForDrivers(b.t), filepath.Join(b.t.TempDir(), "migrations")
	b.db.Exec(b.t, `CREATE TABLE other (id int PRIMARY KEY);
		CREATE TABLE base (id int PRIMARY KEY, v int, small smallint, old text, one int DEFAULT 1, word text,
			word2 text, empty int);
		INSERT INTO base (id, v, word) SELECT g, g, 'a' FROM generate_series(0, 9) g`)
	b.write(1, "CREATE TABLE first (id int);\n")
	b.write(2, b.text(b.file[b.at].sql))
	b.write(3, "CREATE TABLE last (id int);\n")
	if out, err := b.run(b.way.up); err == nil {
		b.t.Fatalf("it does not fail:\n%s", out)
	}
	cfg, err := db.ParseConfig(b.db.DSN, "test")
	if err != nil {
		b.t.Fatal(err)
	}
	b.conn, err = db.Connect(b.t.Context(), cfg, db.Session{Kind: db.Executor, Run: "7f3c9a21", Step: "x"})
	if err != nil {
		b.t.Fatal(err)
	}
	defer b.conn.Close()
	folder, m := b.folder()
	each := b.apart(m)
	b.compare(each)
	b.heal(folder, m, each)
	if out, err := b.run(b.way.up); err != nil {
		b.t.Fatalf("the tool does not go on: %v\n%s", err, out)
	}
	b.ended()
}

func (b *brokenFile) write(number int, sql string) {
	name := filepath.Join(b.dir, fmt.Sprintf(b.way.name, number))
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(name, fmt.Appendf(nil, b.way.text, sql), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// text is the file with a statement in the place of the broken one.
func (b *brokenFile) text(one string) string {
	var all []string
	for i, s := range b.file {
		if i == b.at {
			s.sql = one
		}
		all = append(all, s.sql+";\n")
	}
	return strings.Join(all, "")
}

func (b *brokenFile) run(args []string) (string, error) {
	pgx5 := strings.Replace(b.dsn, "postgres://", "pgx5://", 1)
	put := strings.NewReplacer("{dir}", b.dir, "{dsn}", b.dsn, "{pgx5}", pgx5)
	full := make([]string, len(args))
	for i, a := range args {
		full[i] = put.Replace(a)
	}
	out, err := exec.CommandContext(b.t.Context(), b.program, full...).CombinedOutput()
	return string(out), err
}

func (b *brokenFile) folder() (migration.Folder, migration.Migration) {
	folder, err := formatOf(b.t, b.way.format).Load(os.DirFS(filepath.Dir(b.dir)), "migrations")
	if err != nil || len(folder.Migrations) != 3 {
		b.t.Fatal(folder, err)
	}
	return folder, folder.Migrations[1]
}

func (b *brokenFile) apart(m migration.Migration) []proof.Standing {
	parsed, err := parse.Parse(b.t.Context(), m.Up.Bytes)
	if err != nil {
		b.t.Fatal(err)
	}
	now, err := readNames(b.t.Context(), b.conn, sqlview.NamesOf(parsed), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	each := standings(m.Up.Path, parsed[0].Statements, now)
	if len(each) != len(b.file) {
		b.t.Fatalf("%d statements, want %d: %+v", len(each), len(b.file), each)
	}
	return each
}

// there asks the server whether a statement's work is there.
func (b *brokenFile) there(s brokenStatement) bool {
	return dbtest.QueryVal[bool](b.t, b.db, "SELECT "+s.there)
}

// compare holds what is said of each statement against the server.
func (b *brokenFile) compare(each []proof.Standing) {
	for i, s := range b.file {
		is := each[i]
		unparsed := i == b.at && is.Kind == ""
		switch {
		case unparsed && is.Asked > 0:
			b.t.Errorf("%q is no SQL, and was asked for", s.sql)
		case unparsed:
		case s.there == "" && is.Asked > 0:
			b.t.Errorf("%q: no catalog can show it, and it is called %+v", s.sql, is)
		case s.there == "":
		case is.Asked == 0:
			b.t.Errorf("%q: not looked for", s.sql)
		case (len(is.Wrong) == 0) != b.there(s):
			b.t.Errorf("%q: the server says %v, belay: %+v", s.sql, b.there(s), is)
		}
	}
}

// heal does what is advised: to run it again where nothing of it is there, else to run
// what is missing and record it.
func (b *brokenFile) heal(folder migration.Folder, m migration.Migration, each []proof.Standing) {
	f := formatOf(b.t, b.way.format)
	there, invalid := stands(each)
	hint := halfAppliedHint(m, each, "RECORD")
	if b.way.force != nil {
		hint = halfwayHint(f, folder, m, each)
	}
	hidden := func(s brokenStatement) bool { return s.there == "" }
	unseen := b.way.oneByOne && slices.ContainsFunc(b.file[:b.at], hidden)
	if invalid {
		b.db.Exec(b.t, "DROP INDEX base_uc")
	}
	if there == 0 && !unseen {
		b.write(2, b.text(b.mended))
		if b.way.force != nil {
			if !strings.Contains(hint, "migrate force 1") {
				b.t.Errorf("nothing is there: %s", hint)
			}
			b.force("1")
		}
		return
	}
	if there > 0 && !strings.Contains(hint, "by hand") && !strings.Contains(hint, "record it as applied") {
		b.t.Errorf("it does not say how to finish: %s", hint)
	}
	for i, s := range b.file {
		switch {
		case i == b.at:
			b.db.Exec(b.t, b.mended)
		case i > b.at:
			b.db.Exec(b.t, s.sql)
		}
	}
	if b.way.force != nil {
		b.force("2")
		return
	}
	b.db.Exec(b.t, recordedBy(b.table().Variant.Record(b.table().Quoted, m)))
}

func (b *brokenFile) force(version string) {
	if out, err := b.run(append(slices.Clone(b.way.force), version)); err != nil {
		b.t.Fatalf("force %s: %v\n%s", version, err, out)
	}
}

func (b *brokenFile) table() *history.Table {
	t, err := history.Open(b.t.Context(), b.conn, formatOf(b.t, b.way.format), "")
	if err != nil {
		b.t.Fatal(err)
	}
	return t
}

// ended holds that all is there and recorded.
func (b *brokenFile) ended() {
	folder, _ := b.folder()
	rows, err := b.table().Rows(b.t.Context(), b.conn)
	if err != nil {
		b.t.Fatal(err)
	}
	if s := migration.Compare(folder, rows, b.table().Variant); len(s.Pending)+len(s.Dirty)+len(s.Missing) > 0 {
		b.t.Errorf("pending %v, dirty %v, missing %v", s.Pending, s.Dirty, s.Missing)
	}
	for i, s := range b.file {
		if s.there != "" && !b.there(s) {
			b.t.Errorf("statement %d is not there: %s", i, s.sql)
		}
	}
	if !dbtest.QueryVal[bool](b.t, b.db, "SELECT to_regclass('last') IS NOT NULL") {
		b.t.Error("the file behind it did not run")
	}
}
