package steps

import (
	"context"
	"slices"
	"time"

	"belay/db"
	"belay/db/dump"
	"belay/db/history"
	"belay/db/scratch"
	"belay/sqlview"
	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/migration"
	"belay/sqlview/parse"
	"belay/steps/fact"
	"belay/steps/git"
	"belay/steps/project"
)

// Target is the database as the step of that name found it. The zero value is not
// connected.
type Target struct {
	fact.Target
	Identity db.Identity
	Roles    Roles
}

// Offline reports whether the target could not be reached or may not be run on.
func (t Target) Offline() bool { return !t.Connected }

// Folder is the migrations folder held against the database, as the preflight found
// it. Of a backfill alone only Confirmed is set.
type Folder struct {
	Format migration.Format
	Files  migration.Folder
	// Table is the tool's own history table; nil = the database was not asked. Others
	// are those of other tools.
	Table  *history.Table
	Others []history.Known
	Status migration.Status
	// Git is what git knows of the folder.
	Git git.Facts
	// ToolRuns says which session of the tool works on the database now; "" = none.
	ToolRuns string
	Ledger   Ledger
	// Stays says which of the versions that are to be taken back stay, and why; "" = none.
	Stays string
	// Open are the other runs on this database that have something left or work now.
	Open []OpenRun
	// Confirmed is what the run is bound to, of an earlier engine or of the host that
	// it is taken over from; nil = a new run.
	Confirmed *Confirmed
	// Chosen are the migrations of this run, in order.
	Chosen []migration.Migration
	// Back is true where Chosen are taken back.
	Back bool
	// Wrote is the answer by which a rewrite was written last: one yes writes once.
	Wrote string
	// Mends could be made of the files, each after a yes; Wish is the one that the start
	// menu was asked for, nil = none. Since is when the first of them was looked for,
	// UTC as YYYYMMDDhhmmss: a name that has the time in it stays what was shown.
	Mends []Mend
	Wish  *Wish
	Since string
	// Made counts the mends that a yes was acted on.
	Made int
	// Command is the team's own, which runs Chosen while belay watches; nil = belay runs
	// them. Unread says why the history of its tool cannot be read; "" = it can.
	Command *project.Command
	Unread  string
	// Previews are what the tool itself printed as the SQL of its programs, by the sha256
	// of their bytes.
	Previews map[string]Preview
	// Rows are those of the history table, newest first.
	Rows []migration.Row
}

// Preview is what a tool printed as the SQL of a program. Why says that it did not; By is
// the command that was asked.
type Preview struct {
	By, Why string
	SQL     []byte
	// InOne is true where all of it is one transaction, whose BEGIN and COMMIT are blank.
	InOne bool
}

// Recorded reports whether the history said of a version that it is applied when
// the preflight looked. It is false while a way back is planned.
func (f Folder) Recorded(version string) bool {
	return !f.Back &&
		slices.ContainsFunc(f.Status.Applied, func(m migration.Migration) bool { return m.Version == version })
}

// UnderReview is what would run; without a server, where nobody knows what is
// pending, the newest file.
func (f Folder) UnderReview(t Target) []migration.Migration {
	if t.Offline() {
		return f.Files.Newest()
	}
	return f.Chosen
}

// Judgement is what sqlview says of the files under review, by the catalog that they
// meet.
type Judgement struct {
	// Looked is true once the preflight knows what would run; before, nothing can be
	// said of it.
	Looked bool
	Review sqlview.Result
	// Files are the judged files of Review, in the same order; none = nothing would run.
	Files []*lint.File
	// Named is the catalog of what the files name and reach; nil = not read.
	Named *catalog.Snapshot
	// Whole is all of the catalog.
	Whole *Whole
	// Unseen are the files of which nobody knows beforehand which SQL they send.
	Unseen []string
	// Plan is what would run, before a person has said how long it may hold its locks;
	// nil = it cannot be made, for the reason Unplanned, or nothing would run.
	Plan      *Plan
	Unplanned error
}

// Statements are those of a judged file with exactly these bytes; false = none was judged.
func (j Judgement) Statements(bytes []byte) ([]parse.Statement, bool) {
	i := slices.IndexFunc(j.Files, func(f *lint.File) bool { return string(f.Source) == string(bytes) })
	if i < 0 {
		return nil, false
	}
	return j.Files[i].Statements, true
}

// Whole is the catalog of the whole database, as of one look. It takes half a second
// for 5,000 tables, so it is read by whoever asks first. A nil Whole has none.
type Whole struct {
	read func(context.Context) (*catalog.Snapshot, error)
	have *catalog.Snapshot
}

// NewWhole is a catalog that is read by the function, once.
func NewWhole(read func(context.Context) (*catalog.Snapshot, error)) *Whole {
	return &Whole{read: read}
}

// Read gives the catalog; nil without a database.
func (w *Whole) Read(ctx context.Context) (s *catalog.Snapshot, err error) {
	if w == nil {
		return nil, nil
	}
	if w.have != nil {
		return w.have, nil
	}
	if s, err = w.read(ctx); err == nil {
		w.have = s
	}
	return s, err
}

// Backup is what restoring could go back to, as the step of that name left it.
type Backup struct {
	// Made is the choice that was carried out; nil = none was.
	Made *fact.Backup
	// First is the first reading of what the database's clients write.
	First Written
}

// Written is a reading of the rows that were ever written.
type Written struct {
	At   time.Time
	Rows float64
}

// Programs are what backup and rehearsal start. NoServer and NoClient say in a
// sentence what is not here; "" = it is.
type Programs struct {
	Server             scratch.Binaries
	Client             dump.Client
	NoServer, NoClient string
}

// Once keeps what takes long to find, for as long as it is asked for by the same key.
// The zero value has nothing yet.
type Once[K comparable, V any] struct {
	key  K
	have *V
}

// Get gives what is kept by the key, or else finds it. An error keeps nothing.
func (o *Once[K, V]) Get(key K, find func() (V, error)) (V, error) {
	if o.have != nil && o.key == key {
		return *o.have, nil
	}
	v, err := find()
	if err == nil {
		o.key, o.have = key, &v
	}
	return v, err
}
