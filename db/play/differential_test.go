package play_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/play"
	"belay/db/scratch"
	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/lock"
	"belay/sqlview/parse"
	"belay/sqlview/refusal"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"
)

// What the differential test asks of its environment.
const (
	// statementsVariable says how many statements are drawn; none = a short form.
	statementsVariable = "BELAY_TEST_STATEMENTS"
	// seedVariable is the first seed; the others follow it.
	seedVariable = "BELAY_TEST_SEED"
	// folderVariable names a folder of SQL files that are played the same way.
	folderVariable = "BELAY_TEST_SQL"
)

// perScene is how many statements meet one schema.
const perScene = 30

// TestDifferential draws schemas and statements, runs each statement on the
// server and rolls it back, and holds what was seen against what was predicted by
// the schema's history, its dump and the live catalog.
func TestDifferential(t *testing.T) {
	scenes, first := 2, numberOf(t, seedVariable, 1)
	if dbtest.Long() {
		scenes = 40
	}
	if n := numberOf(t, statementsVariable, 0); n > 0 {
		scenes = (n + perScene - 1) / perScene
	}
	d := newDifferential(t)
	for seed := first; seed < first+scenes; seed++ {
		d.scene(seed)
	}
	d.report()
}

func numberOf(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

type differential struct {
	t        *testing.T
	database *dbtest.DB
	monitor  *db.Conn
	parser   parse.Parser
	played   int
	kinds    map[string]int
	foretold map[string][3]int // by SQLSTATE: right, another, not
}

func newDifferential(t *testing.T) *differential {
	d := &differential{t: t, database: dbtest.New(t), kinds: map[string]int{}, foretold: map[string][3]int{}}
	d.monitor = watching(t, d.database.DSN)
	t.Cleanup(func() { _ = d.parser.Close() })
	return d
}

func (d *differential) parse(ctx context.Context, texts ...string) []parse.File {
	d.t.Helper()
	sources := make([][]byte, len(texts))
	for i, s := range texts {
		sources[i] = []byte(s)
	}
	files, err := d.parser.Parse(ctx, sources...)
	if err != nil {
		d.t.Fatal(err)
	}
	return files
}

// scene plays the statements of one seed.
func (d *differential) scene(seed int) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*dbtest.Timeout)
	defer cancel()
	conn, version := fresh(ctx, d.t, d.database)
	defer conn.Close(context.Background())
	var setup []string
	for _, sql := range rapid.Custom(scenery).Example(seed) {
		if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err == nil {
			setup = append(setup, sql)
		}
	}
	known := d.knowledge(ctx, setup, version)
	draw := rapid.Custom(namesOf(known["live"]).statement)
	var statements []string
	for i := range perScene {
		statements = append(statements, draw.Example(seed*1000+i))
	}
	bare := empty(ctx, d.t, conn)
	for i, file := range d.parse(ctx, statements...) {
		if len(file.Statements) == 1 && file.Analysed() == 1 {
			d.play(ctx, conn, fmt.Sprintf("seed %d, statement %d", seed, i), file.Statements[0], known, version, bare)
		}
	}
	if d.t.Failed() {
		d.t.Logf("seed %d:\n%s;", seed, strings.Join(setup, ";\n"))
	}
}

// knowledge is the schema as belay can know it: by its history, by a dump, live.
func (d *differential) knowledge(ctx context.Context, setup []string, version int) map[string]*catalog.Snapshot {
	d.t.Helper()
	texts := []string{strings.Join(setup, ";\n")}
	program := d.dumper(version)
	if program != "" {
		texts = append(texts, d.dump(ctx, program))
	}
	files := d.parse(ctx, texts...)
	known := map[string]*catalog.Snapshot{
		"history": catalog.FromStatements(catalog.SourceHistory, files[0].Statements, version),
		"live":    inspected(ctx, d.t, d.monitor, parse.File{}),
	}
	known["history"].TimeZone = known["live"].TimeZone // of the session: no statement says it
	if program != "" {
		known["dump"] = catalog.FromStatements(catalog.SourceSchema, files[1].Statements, version)
		known["dump"].TimeZone = known["live"].TimeZone
	}
	return known
}

// dumper is a pg_dump that reads a server of that version: its own, or the
// machine's if that is not older; "" = none is there.
func (d *differential) dumper(version int) string {
	if own := d.database.Cluster().Binaries().PgDump; own != "" {
		return own
	}
	if b, err := scratch.Find(""); err == nil && b.Major >= version {
		return b.PgDump
	}
	return ""
}

func (d *differential) dump(ctx context.Context, program string) string {
	d.t.Helper()
	var out, errs bytes.Buffer
	c := exec.CommandContext(ctx, program, "-s", "-d", d.database.SocketDSN)
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		d.t.Fatalf("pg_dump: %v %s", err, errs.String())
	}
	return out.String()
}

// play runs one statement and judges each prediction of it.
func (d *differential) play(ctx context.Context, conn *pgx.Conn, where string, st parse.Statement,
	known map[string]*catalog.Snapshot, version int, bare []string) {
	seen, err := play.Observe(ctx, conn, st.SQL)
	if err != nil {
		d.t.Fatal(err)
	}
	d.played++
	for _, source := range slices.Sorted(maps.Keys(known)) {
		e := withoutScans(effect.Of(st, known[source], version), bare)
		if source == "live" {
			d.count(seen.Code, e.Fails)
		}
		for _, f := range faults(e, seen, known["live"]) {
			d.kinds[f.kind]++
			if f.grave {
				d.t.Errorf("%s, by %s: grave: %s: %s\n\t%s", where, source, f.kind, f.what, st.SQL)
			} else if os.Getenv(statementsVariable) != "" {
				d.t.Logf("%s, by %s: %s: %s\n\t%s", where, source, f.kind, f.what, st.SQL)
			}
		}
	}
}

func (d *differential) count(code string, foretold refusal.Failure) {
	c := d.foretold[code]
	switch {
	case code == foretold.Code:
		c[0]++
	case foretold.Code != "" && !foretold.IfRows:
		c[1]++
	default:
		c[2]++
	}
	d.foretold[code] = c
}

// fault is one difference between a prediction and what was seen.
type fault struct {
	kind, what string
	// grave is true for what must not happen: a lock that keeps others out, a
	// rewrite or a failure that was said or kept silent wrongly.
	grave bool
}

func faults(e effect.Effect, o play.Observation, live *catalog.Snapshot) []fault {
	var all []fault
	say := func(grave bool, kind, format string, args ...any) {
		all = append(all, fault{kind, fmt.Sprintf(format, args...), grave})
	}
	switch {
	case o.Code != "":
		return nil
	case e.Fails.Code != "" && !e.Fails.IfRows:
		say(true, "false failure", "%s %s", e.Fails.Code, e.Fails.Message)
		return all
	}
	table := func(name string) bool {
		r := live.Seen(name)
		return r != nil && r.Kind != catalog.Index && r.Kind != catalog.Sequence
	}
	said := map[string]lock.Mode{}
	for _, l := range e.Locks {
		said[l.Relation] = l.Mode
	}
	for _, l := range o.Locks {
		mode := said[l.Relation]
		delete(said, l.Relation)
		strong := table(l.Relation) && max(l.Mode, mode) >= lock.ShareUpdateExclusive
		switch {
		case mode < l.Mode:
			say(strong, "missed lock", "%s: %q, seen %s", l.Relation, mode, l.Mode)
		case mode > l.Mode:
			say(strong, "false lock", "%s: %s, seen %s", l.Relation, mode, l.Mode)
		}
	}
	for name, mode := range said {
		if live.Seen(name) != nil {
			say(table(name) && mode >= lock.ShareUpdateExclusive, "false lock", "%s: %s, not seen", name, mode)
		}
	}
	for _, r := range o.Rewrites {
		if !slices.Contains(e.Rewrites, r) {
			say(true, "missed rewrite", "%s", r)
		}
	}
	for _, r := range e.Rewrites {
		if !slices.Contains(o.Rewrites, r) {
			say(true, "false rewrite", "%s", r)
		}
	}
	for _, s := range o.Scans {
		if !slices.Contains(e.Scans, s) && !slices.Contains(e.Rewrites, s) {
			say(false, "missed scan", "%s", s)
		}
	}
	return all
}

func (d *differential) report() {
	for _, k := range slices.Sorted(maps.Keys(d.kinds)) {
		d.t.Logf("%s: %d", k, d.kinds[k])
	}
	for _, code := range slices.Sorted(maps.Keys(d.foretold)) {
		c := d.foretold[code]
		d.t.Logf("SQLSTATE %q: %d foretold, %d as another, %d not", code, c[0], c[1], c[2])
	}
	d.t.Logf("%d statements, each judged by history, dump and live catalog", d.played)
}

// TestDifferentialFolder plays the files of a folder: each statement is run,
// rolled back and judged, then run for good. A file setup.sql is run before each of
// the others.
func TestDifferentialFolder(t *testing.T) {
	folder := os.Getenv(folderVariable)
	if folder == "" {
		t.Skip(folderVariable + " names no folder")
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	d := newDifferential(t)
	before := parse.File{}
	if text, err := os.ReadFile(filepath.Join(folder, setupFile)); err == nil {
		before = d.parse(t.Context(), string(text))[0]
	}
	for _, path := range paths {
		if filepath.Base(path) != setupFile {
			d.file(path, before)
		}
	}
	d.report()
}

// setupFile is run before each other file of a folder, and is not judged itself.
const setupFile = "setup.sql"

func (d *differential) file(path string, before parse.File) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*dbtest.Timeout)
	defer cancel()
	text, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	d.monitor = watching(d.t, d.database.DSN) // the statements of a file before may have ended the session
	conn, version := fresh(ctx, d.t, d.database)
	defer func() { _ = conn.Close(context.Background()) }()
	told := catalog.FromStatements(catalog.SourceHistory, nil, version)
	changed, live, bare := true, (*catalog.Snapshot)(nil), []string(nil)
	tell := func(st parse.Statement) {
		// What takes very long says nothing more.
		if _, err := conn.Exec(ctx, "SET statement_timeout = '20s'"); err != nil {
			d.t.Fatal(err)
		}
		if _, err := conn.Exec(ctx, st.SQL, pgx.QueryExecModeSimpleProtocol); err == nil && st.Node != nil {
			told = told.Clone()
			told.Replay(st, version)
		}
		changed = changed || !readOnly[st.Kind] || st.Node.GetSelectStmt().GetIntoClause() != nil ||
			st.Node.GetExplainStmt().GetQuery().GetCreateTableAsStmt() != nil
	}
	for _, st := range before.Statements {
		tell(st)
	}
	for _, st := range d.parse(ctx, string(text))[0].Statements {
		if st.Node == nil || notPlayed[st.Kind] {
			continue
		}
		if conn.IsClosed() {
			d.t.Logf("%s:%d: the connection is gone: the rest is left out", filepath.Base(path), st.Line)
			return
		}
		if changed {
			live, bare, changed = inspected(ctx, d.t, d.monitor, parse.File{}), empty(ctx, d.t, conn), false
		}
		if err := conn.QueryRow(ctx, `SELECT pg_catalog.current_schemas(false)::text[]`).Scan(&live.SearchPath); err != nil {
			d.t.Fatal(err)
		}
		known := map[string]*catalog.Snapshot{"history": told, "live": live}
		d.play(ctx, conn, fmt.Sprintf("%s:%d", filepath.Base(path), st.Line), st, known, version, bare)
		tell(st)
	}
}

// readOnly are statements after which the catalog need not be read again.
var readOnly = map[string]bool{"SELECT": true, "EXPLAIN": true, "SHOW": true, "SET": true, "RESET": true}

// notPlayed are statements that mean something only between others, or wait for
// input.
var notPlayed = map[string]bool{
	"BEGIN": true, "COMMIT": true, "ROLLBACK": true, "SAVEPOINT": true, "COPY": true, "LISTEN": true,
	"PREPARE TRANSACTION": true,
}
