// Package judge is the review alone, as `belay review` and CI use it: it gathers
// the files and the catalog they meet, and asks sqlview. Fix proposes safe
// phases for what was found. It writes nothing.
package judge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"belay/db"
	"belay/db/history"
	"belay/db/inspect"
	"belay/sqlview"
	"belay/sqlview/activity"
	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/migration"
	"belay/sqlview/parse"
	"belay/steps"
	"belay/steps/project"
)

// Request says what to review. The zero value reviews what is pending, or
// without a database all up files.
type Request struct {
	// Paths are files; "-" is standard input.
	Paths []string
	Stdin io.Reader
	// Schema is a file of DDL, pg_dump -s output included; "" = none.
	Schema string
	// Version is the server's major version; 0 = the server's own, or unknown.
	Version int
	// Live is true where the project's database is asked.
	Live bool
	Now  time.Time
	// Ran has, by version, what this user's own runs applied: on the database that
	// was asked, or on any where none was. nil = nobody knows.
	Ran func(systemID string, database uint32) map[string]steps.AppliedBy
}

// Review gathers and judges.
func Review(ctx context.Context, p *project.Project, r Request) (sqlview.Result, error) {
	g, result, err := gather(ctx, p, r)
	if err != nil {
		return result, err
	}
	result.Folder = g.standing(ctx)
	if g.format.Watched {
		result.Watched = g.format.Title
	}
	return g.asked(result).Once(), nil
}

// gather judges everything that was read, also what was read for its history
// alone.
func gather(ctx context.Context, p *project.Project, r Request) (*gathering, sqlview.Result, error) {
	g := &gathering{project: p, request: r}
	defer g.close()
	if err := g.folderFiles(); err != nil {
		return g, sqlview.Result{}, err
	}
	if err := g.catalog(ctx); err != nil {
		return g, sqlview.Result{}, err
	}
	if err := g.sources(); err != nil {
		return g, sqlview.Result{}, err
	}
	o := g.options()
	o.Read, o.Ask = g.readNamed(ctx), g.ask(ctx)
	result, err := sqlview.Review(ctx, g.texts, o)
	return g, result, err
}

// options are those of every judgement of the gathering, without a database.
func (g *gathering) options() sqlview.Options {
	return sqlview.Options{
		Snapshot: g.snapshot, Version: g.version, Separate: g.separate, History: g.past, Style: true,
		Small: sqlview.SmallTable, Waivers: g.project.Config.Waivers(), Today: g.request.Now.Format(time.DateOnly),
	}
}

// gathering is a review on its way.
type gathering struct {
	project *project.Project
	request Request
	format  migration.Format
	folder  migration.Folder
	// byFile has the folder's migrations by the absolute paths of their up files.
	byFile  map[string]*migration.Migration
	pending []migration.Migration
	// known is true where the history table said what is pending; status and
	// database are what it said, and whose it is.
	known    bool
	status   migration.Status
	database string
	identity db.Identity
	// conn is open where the database is asked.
	conn     *db.Conn
	snapshot *catalog.Snapshot
	version  int
	separate bool
	past     bool
	texts    []sqlview.Source
}

func (g *gathering) folderFiles() (err error) {
	var foreign *migration.ForeignError
	watched := errors.As(g.project.PickError, &foreign) && g.project.Foreign() // read, whoever runs it
	if g.project.PickError != nil && !watched || g.project.Picked.Tool == "" {
		if len(g.request.Paths) == 0 {
			return g.project.PickError
		}
		return nil
	}
	if g.format, err = migration.Find(g.project.Picked.Tool); err != nil {
		return err
	}
	if g.folder, err = g.project.ReadFolder(g.format); err != nil {
		return &steps.Refused{
			Problem: "the migrations folder: " + err.Error(), Advice: "belay must be able to read every file in it",
		}
	}
	g.byFile = map[string]*migration.Migration{}
	for i := range g.folder.Migrations {
		m := &g.folder.Migrations[i]
		g.byFile[filepath.Join(g.project.Dir, filepath.FromSlash(g.project.Picked.Dir),
			filepath.FromSlash(m.Up.Path))] = m
	}
	return nil
}

// catalog is the live one, the one of a schema file, or what the folder's own
// history would have made.
func (g *gathering) catalog(ctx context.Context) error {
	g.version = g.request.Version
	switch {
	case g.request.Live:
		return g.live(ctx)
	case g.request.Schema != "":
		return g.schema(ctx)
	}
	g.snapshot = catalog.FromStatements(catalog.SourceHistory, nil, g.version)
	return nil
}

func (g *gathering) live(ctx context.Context) error {
	cfg, err := g.project.Database()
	if err != nil {
		return err
	}
	c, err := db.Connect(ctx, cfg, db.Session{Kind: db.Monitor})
	if err != nil {
		return err
	}
	g.conn = c
	g.version = c.ServerMajor()
	id, err := db.Identify(ctx, c)
	if err != nil {
		return err
	}
	g.database, g.identity = id.Database, id
	if g.format.Name == "" {
		return nil
	}
	var h history.Reading
	err = steps.AsTool(ctx, g.conn, g.project, func() (err error) {
		h, err = history.Read(ctx, c, g.format, g.project.HistoryTable(g.folder))
		return err
	})
	if err != nil {
		return steps.Database("the history table", err)
	}
	g.status = migration.Compare(g.folder, h.Rows, h.Table.Variant)
	g.pending, g.known = g.status.Pending, len(g.request.Paths) == 0
	return nil
}

func (g *gathering) fromHistory() bool {
	return g.snapshot != nil && g.snapshot.Source == catalog.SourceHistory
}

// readNamed reads of the database's catalog what the texts name; nil where the
// catalog comes from elsewhere.
func (g *gathering) readNamed(ctx context.Context) func(sqlview.Names) (*catalog.Snapshot, error) {
	if g.conn == nil {
		return nil
	}
	return func(n sqlview.Names) (*catalog.Snapshot, error) {
		var snapshot *catalog.Snapshot
		err := steps.AsTool(ctx, g.conn, g.project, func() (err error) {
			if n.Everything {
				snapshot, err = inspect.Catalog(ctx, g.conn)
			} else {
				snapshot, err = inspect.Named(ctx, g.conn, inspect.Names{Words: n.Words, Cascade: n.Cascade})
			}
			return err
		})
		return snapshot, steps.Database("the catalog", err)
	}
}

// ask asks the database what goes on now; nil where there is none to ask.
func (g *gathering) ask(ctx context.Context) func(sqlview.Subject) (*activity.Moment, error) {
	if g.conn == nil {
		return nil
	}
	return func(s sqlview.Subject) (*activity.Moment, error) {
		m, err := inspect.Moment(ctx, g.conn, inspect.Question{
			Relations: s.Relations, Columns: s.Dropped, Window: time.Second, Rows: sqlview.SmallTable.Rows,
		})
		return m, steps.Database("what goes on now", err)
	}
}

func (g *gathering) close() {
	if g.conn != nil {
		_ = g.conn.Close()
	}
}

func (g *gathering) schema(ctx context.Context) error {
	text, err := os.ReadFile(g.request.Schema)
	if err != nil {
		return &steps.Refused{
			Problem: "--schema: " + err.Error(), Advice: "name a file of DDL, such as pg_dump --schema-only writes it",
		}
	}
	parsed, err := parse.Parse(ctx, text)
	if err != nil {
		return err
	}
	if p := parsed[0].Problem; p != nil {
		return &steps.Refused{
			Problem: fmt.Sprintf("--schema: %s:%d: %s", g.request.Schema, p.Line, p.Message), Advice: "fix the file",
		}
	}
	read := lint.File{File: parsed[0]}
	if line, why := read.Unsendable(); why != "" {
		return &steps.Refused{Problem: fmt.Sprintf("--schema: %s:%d: %s", g.request.Schema, line, why),
			Advice: "what the schema is depends on it: name a plain file of DDL, as pg_dump --schema-only without " +
				"--create writes it"}
	}
	g.snapshot = catalog.FromStatements(catalog.SourceSchema, parsed[0].Statements, g.version)
	return nil
}

// sources puts the texts in order. Files of the folder meet each other; a file
// from elsewhere is judged alone, as psql -f would run it.
func (g *gathering) sources() error {
	switch {
	case g.known:
		g.add(g.pending)
		return nil
	case len(g.request.Paths) == 0 || (g.fromHistory() && g.inFolder()):
		g.past = g.fromHistory()
		g.add(g.folder.Migrations)
		return nil
	}
	g.separate = !g.inFolder()
	for _, name := range g.request.Paths {
		if err := g.addPath(name); err != nil {
			return err
		}
	}
	return nil
}

func (g *gathering) inFolder() bool {
	return !slices.ContainsFunc(g.request.Paths, func(name string) bool { return g.find(name) == nil })
}

func (g *gathering) add(migrations []migration.Migration) {
	for i := range migrations {
		g.texts = append(g.texts, g.source(&migrations[i]))
	}
}

func (g *gathering) source(m *migration.Migration) sqlview.Source {
	s := Source(g.format, m)
	s.Path, s.ByBelay = path.Join(g.project.Picked.Dir, m.Up.Path), !g.format.Watched
	return s
}

// Source is how a review reads the up file of a migration that belay runs. Of a program it
// is what stands in it, and what nobody can read.
func Source(format migration.Format, m *migration.Migration) sqlview.Source {
	f := m.Up
	s := sqlview.Source{
		Path: f.Path, SQL: f.Bytes, Tool: format.Name, Version: m.Version, Mode: Mode(f.Tx), ByBelay: true,
		Backfill: f.Backfill != nil,
	}
	if f.Tx != migration.TxForeign {
		return s
	}
	sql, unread, known := f.ProgramSQL()
	s.SQL, s.Unread = sql, migration.UnreadText(f, unread, known, format.Title)
	if len(unread) > 0 {
		s.UnreadLine = unread[0].Line
	}
	if format.Wraps != nil && format.Wraps(f) {
		s.Mode = lint.OneTransaction
	}
	return s
}

func (g *gathering) addPath(name string) error {
	if m := g.find(name); m != nil {
		g.texts = append(g.texts, g.source(m))
		return nil
	}
	text, err := g.read(name)
	if errors.Is(err, context.Canceled) {
		return err
	}
	if err != nil {
		return &project.UsageError{
			Problem: err.Error(), Advice: "name a file that belay may read, or - for standard input",
		}
	}
	g.texts = append(g.texts, sqlview.Source{Path: filepath.ToSlash(name), SQL: text, Mode: lint.Psql})
	return nil
}

func (g *gathering) read(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(g.request.Stdin)
	}
	return os.ReadFile(name)
}

// find is the folder's migration whose up file a path names; nil = none.
func (g *gathering) find(name string) *migration.Migration {
	abs, err := filepath.Abs(name)
	if err != nil || name == "-" {
		return nil
	}
	return g.byFile[abs]
}

// asked leaves out the files that were read for their history alone.
func (g *gathering) asked(r sqlview.Result) sqlview.Result {
	if len(g.request.Paths) == 0 || len(r.Files) == len(g.request.Paths) {
		return r
	}
	wanted := map[string]bool{}
	for _, name := range g.request.Paths {
		if m := g.find(name); m != nil {
			wanted[path.Join(g.project.Picked.Dir, m.Up.Path)] = true
		}
	}
	return r.Only(func(f sqlview.FileResult) bool { return wanted[f.Path] })
}

// Mode says what shares a transaction when the tool runs a file.
func Mode(tx migration.Tx) lint.Mode {
	switch tx {
	case migration.TxFile:
		return lint.OneTransaction
	case migration.TxImplicit:
		return lint.Implicit
	}
	return lint.NoTransaction
}
