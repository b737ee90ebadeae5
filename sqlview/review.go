package sqlview

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"belay/sqlview/activity"
	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/sqlview/lint/rules"
	"belay/sqlview/migration"
	"belay/sqlview/parse"
)

// Source is one text to review.
type Source struct {
	// Path is how the file is called in every output, slash separated.
	Path string
	SQL  []byte
	// Tool and Version name the migration tool and the version; "" = none.
	Tool, Version string
	// Mode says what shares a transaction when the file runs.
	Mode lint.Mode
	// ByBelay is true where belay runs the file and sets the timeouts itself.
	ByBelay bool
	// Backfill is true where the file's header asks for batches.
	Backfill bool
	// Unread says what of a program nobody can read, and UnreadLine where that begins; SQL
	// is then what could be read of it. "" = it is all there.
	Unread     string
	UnreadLine int
	// Down is true for the way back: it is parsed and its effects are judged,
	// but it has no hazards and does not count.
	Down bool
}

// Options say what a review knows and how strict it is. The zero value knows
// nothing of the target and leaves style out.
type Options struct {
	// Snapshot is the catalog before the first source; nil = nothing is known.
	Snapshot *catalog.Snapshot
	// Read is asked for the catalog once it is known what the sources name; nil =
	// Snapshot is all there is.
	Read func(Names) (*catalog.Snapshot, error)
	// Ask is asked what goes on at the server now, once it is known which relations
	// the sources lock and which columns they drop; nil = there is nobody to ask.
	Ask func(Subject) (*activity.Moment, error)
	// Quiet is true where notices of kind session stay silent, as in a run.
	Quiet bool
	// Version is the server's major version; 0 = the snapshot's, if it has one.
	Version int
	// Separate is true where each source meets the snapshot by itself. Without
	// it the sources are one run, in order: each meets what those before it did.
	Separate bool
	// History is true where the sources are a folder's past, in order: each meets
	// what those before it left, as tables that others use.
	History bool
	// Style is true where style rules speak.
	Style bool
	// Small bounds the tables on which growing work is only a notice.
	Small lint.Small
	// Waivers are the exceptions that belay.toml makes by path.
	Waivers []lint.Waiver
	// Today is YYYY-MM-DD, for waivers that end; "" = none has ended.
	Today string
}

// SmallTable is what counts as small and quiet where nothing else is said.
var SmallTable = lint.Small{Rows: 10_000, Bytes: 8 << 20, PerSecond: 1}

// Review judges the sources. It fails only where the parser cannot be started
// at all; a text that cannot be read is a hazard of its file.
func Review(ctx context.Context, sources []Source, o Options) (Result, error) {
	texts := make([][]byte, len(sources))
	for i, s := range sources {
		texts[i] = s.SQL
	}
	parsed, err := parse.Parse(ctx, texts...)
	if err != nil {
		return Result{}, fmt.Errorf("review: %w", err)
	}
	return judge(sources, parsed, o)
}

func judge(sources []Source, parsed []parse.File, o Options) (Result, error) {
	if o.Read != nil {
		var err error
		if o.Snapshot, err = o.Read(NamesOf(parsed)); err != nil {
			return Result{}, fmt.Errorf("review: %w", err)
		}
	}
	if o.Version == 0 && o.Snapshot != nil {
		o.Version = o.Snapshot.ServerVersion
	}
	result := Result{Schema: Schema, Catalog: string(catalog.SourceNone), Files: []FileResult{}}
	if o.Version != 0 {
		result.ServerVersion = &o.Version
	}
	if o.Snapshot.Known() {
		result.Catalog = string(o.Snapshot.Source)
	}
	files := o.withCatalog(sources, parsed)
	checked, err := o.check(files)
	if err != nil {
		return Result{}, fmt.Errorf("review: %w", err)
	}
	for i, r := range results(sources, files, checked) {
		if sources[i].Down {
			result.Down = append(result.Down, r)
			continue
		}
		result.add(r)
		result.Judged = append(result.Judged, files[i])
	}
	return result, nil
}

// results runs the rules on as many files at a time as there are processors:
// each file has what it meets already.
func results(sources []Source, files []*lint.File, o lint.Options) []FileResult {
	all := make([]FileResult, len(files))
	every := rules.All()
	var next atomic.Int64
	var done sync.WaitGroup
	for range min(len(files), runtime.GOMAXPROCS(0)) {
		done.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(files); i = int(next.Add(1)) - 1 {
				var hazards []lint.Hazard
				if !sources[i].Down {
					hazards = lint.Check(files[i], every, o)
				}
				all[i] = fileResult(sources[i], files[i], hazards)
			}
		})
	}
	done.Wait()
	return all
}

// withCatalog gives each source the catalog it meets, with what each statement does.
func (o Options) withCatalog(sources []Source, parsed []parse.File) []*lint.File {
	var files []*lint.File
	var left []lint.Left
	meets := o.Snapshot
	if o.Separate && len(sources) > 1 && meets != nil {
		// What one of the files makes is not missing for the others.
		meets = meets.Clone()
		meets.Unsure = true
	}
	escapes := o.Snapshot != nil && o.Snapshot.EscapeStrings
	for i, s := range sources {
		f := newFile(s, parsed[i].InSession(s.SQL, escapes))
		escapes = escapes || !s.Down && parsed[i].LeavesStrings()
		files = append(files, f)
		if s.Unread != "" && !o.History && meets != nil {
			meets = meets.Clone()
			meets.Doubt()
		}
		after := evolve(f, meets, o.Version)
		if s.Mode == lint.Implicit && !s.Down && !o.Separate && !o.History {
			f.Inherits = left
			left = f.Leaves(left)
		}
		switch {
		case s.Down:
		case o.History:
			meets = o.inFreshSession(replay(f, meets, o.Version))
		case !o.Separate:
			meets = o.inFreshSession(after)
		}
	}
	return files
}

// inFreshSession forgets what a file set for its session: belay takes it back
// after each file, and psql ends its session with it.
func (o Options) inFreshSession(s *catalog.Snapshot) *catalog.Snapshot {
	s.SearchPath, s.TimeZone = nil, ""
	if o.Snapshot != nil {
		s.SearchPath, s.TimeZone = o.Snapshot.SearchPath, o.Snapshot.TimeZone
	}
	return s
}

func (o Options) check(files []*lint.File) (c lint.Options, err error) {
	c = lint.Options{
		Version: o.Version, Small: o.Small, Waivers: o.Waivers, Today: o.Today, Style: o.Style, Quiet: o.Quiet,
	}
	if o.Ask != nil {
		c.Moment, err = o.Ask(subjectOf(files))
	}
	return c, err
}

// newFile makes one statement of a text that could not be read at all, so that
// it is counted and found fault with like any other.
func newFile(s Source, parsed parse.File) *lint.File {
	if parsed.Problem != nil && len(parsed.Statements) == 0 {
		parsed.Statements = []parse.Statement{{
			Line: parsed.Problem.Line, EndLine: parsed.Problem.Line, Problem: parsed.Problem, Unsendable: true,
		}}
	}
	if s.Unread != "" {
		at, line := len(s.SQL), max(s.UnreadLine, 1)
		parsed.Statements = append(parsed.Statements, parse.Statement{
			Index: len(parsed.Statements), Start: at, End: at, Line: line, EndLine: line,
			Problem: &parse.Problem{Line: line, Column: 1, Message: s.Unread},
		})
	}
	tool, _ := migration.Find(s.Tool)
	return &lint.File{
		Program: s.Unread != "",
		Outside: tool.Outside, Path: s.Path, File: parsed, Source: s.SQL, Mode: s.Mode, Tool: s.Tool,
		ByBelay: s.ByBelay, Backfill: s.Backfill,
	}
}

// evolve gives each statement the catalog it meets, and returns the one after
// the last.
func evolve(f *lint.File, meets *catalog.Snapshot, version int) *catalog.Snapshot {
	meets = meets.Clone()
	for _, st := range f.Statements {
		f.Catalogs = append(f.Catalogs, meets)
		f.Effects = append(f.Effects, effect.Of(st, meets, version))
		meets = meets.Clone()
		meets.Apply(st, version)
	}
	settle(f, meets)
	if f.InBatches() {
		e := &f.Effects[0]
		e.Notes = append([]string{inBatches},
			slices.DeleteFunc(slices.Clone(e.Notes), func(n string) bool { return n == effect.RowsStayLocked })...)
	}
	return meets
}

// inBatches stands in the place of effect.RowsStayLocked.
const inBatches = "belay runs it in batches, each a transaction of its own, with a cursor in schema belay; another " +
	"tool would run it as one statement"

// replay is the catalog after a file that has long run.
func replay(f *lint.File, meets *catalog.Snapshot, version int) *catalog.Snapshot {
	meets = meets.Clone()
	for _, st := range f.Statements {
		meets.Replay(st, version)
	}
	return meets
}

func (r *Result) add(f FileResult) {
	r.Files = append(r.Files, f)
	r.Coverage.Statements += len(f.Statements)
	for _, s := range f.Statements {
		if s.Analysed {
			r.Coverage.Analysed++
		}
	}
}
