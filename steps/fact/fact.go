// Package fact names the observations that steps record in the journal and that
// screens and reports draw. A screen sees a database only through them.
package fact

import (
	"fmt"
	"slices"
	"time"

	"belay/sqlview"
	"belay/sqlview/activity"
	"belay/sqlview/effect"
	"belay/sqlview/lock"
)

// Value is an observation. Its name is the key under which the newest counts.
type Value interface{ Fact() string }

// Target says which database this is, from facts and not from the URL.
type Target struct {
	// Connected is false while the server could not be reached; Error and Hint
	// then say why and what to do.
	Connected bool   `json:"connected"`
	Error     string `json:"error,omitempty"`
	Hint      string `json:"hint,omitempty"`
	// Retry is true where the server was not reached and may be later.
	Retry       bool   `json:"retry,omitempty"`
	Database    string `json:"database"`
	DatabaseOID uint32 `json:"database_oid"`
	Host        string `json:"host"` // as the DSN names it
	Port        int    `json:"port"`
	Address     string `json:"address"` // as the server reports it; "" = a socket
	Version     string `json:"version"` // "15.8"
	Major       int    `json:"major"`
	Standby     bool   `json:"standby"`
	Pooler      bool   `json:"pooler"`
	Role        string `json:"role"`
	// Login is who logged in, where a setting makes the session take Role; "" = Role.
	Login     string    `json:"login,omitempty"`
	Superuser bool      `json:"superuser"`
	SystemID  string    `json:"system_identifier"`
	Timeline  int       `json:"timeline"`
	StartedAt time.Time `json:"started_at"` // the server's
	// Environment is production, staging, local, or "" while nobody said.
	Environment string `json:"environment"`
	// EnvironmentFrom is "your user configuration", "belay.toml", "started by belay".
	EnvironmentFrom string `json:"environment_from,omitempty"`
	// PinnedAt is when this database was pinned; zero = first time here.
	PinnedAt time.Time `json:"pinned_at,omitzero"`
	// DSNFrom is where the connection came from, such as "$DATABASE_URL".
	DSNFrom string `json:"dsn_from"`
	// Asked is true where nothing was sent yet: whether it may be is a person's word.
	Asked bool `json:"asked,omitempty"`
	// Warnings are things about the connection to look at.
	Warnings []string `json:"warnings,omitempty"`
}

// Identity is system identifier and database oid: what makes a run the same run.
func (t Target) Identity() string { return t.SystemID + "/" + t.Database }

// Production reports whether the production rules apply: unknown is production.
func (t Target) Production() bool { return t.Environment != "staging" && t.Environment != "local" }

// Ledger is what belay keeps in this database, and who else runs there.
type Ledger struct {
	Exists  bool `json:"exists"`
	Version int  `json:"version,omitempty"`
	// Used is true where a run of now is kept in it; Create where it is made first.
	Used   bool `json:"used"`
	Create bool `json:"create,omitempty"`
	// Why says in words why it is not used; "" = it is, or there is none.
	Why string `json:"why,omitempty"`
	// Holder is the session that runs here now, whoever's it is; "" = none.
	Holder string `json:"holder,omitempty"`
	// Runs are those of other hosts that are not finished, newest first.
	Runs []OtherRun `json:"runs"`
	// Campaigns are those that are open on this database, one line each.
	Campaigns []string `json:"campaigns,omitempty"`
}

// OtherRun is a run of this database that another host opened.
type OtherRun struct {
	ID     string    `json:"id"` // its first eight characters
	Owner  string    `json:"owner"`
	State  string    `json:"state"` // running, waiting, unknown
	Opened time.Time `json:"opened"`
	Seen   time.Time `json:"seen"` // the last that was heard of it
	// Applied of Migrations are applied.
	Applied    int      `json:"applied"`
	Migrations []string `json:"migrations"`
	// Session is the one that lives on the server; "" = its engine is gone.
	Session string `json:"session,omitempty"`
}

// Folder is the team's migrations and what the history table says of them.
type Folder struct {
	Path    string `json:"path"`
	Tool    string `json:"tool"`
	Applied int    `json:"applied"`
	// Read is false while the history table could not be read.
	Read    bool        `json:"read"`
	Table   string      `json:"table"` // "public.schema_migrations"; "" = does not exist yet
	Pending []Migration `json:"pending"`
	Dirty   string      `json:"dirty,omitempty"` // the version, "" = clean
	Newest  string      `json:"newest,omitempty"`
	// Last is the path of the folder's newest up file, applied or not; "" = empty.
	Last      string   `json:"last,omitempty"`
	Problems  []Item   `json:"problems,omitempty"`
	Chosen    []string `json:"chosen"` // versions of this run, in order
	NoHistory bool     `json:"no_history,omitempty"`
	// Missing is the history table's name where it does not exist yet.
	Missing string `json:"missing,omitempty"`
}

// Migration is a version as screens name it.
type Migration struct {
	Version string `json:"version"`
	Title   string `json:"title"`
	Path    string `json:"path"`
	Down    string `json:"down,omitempty"`
	SHA256  string `json:"sha256"`
}

// Item is one line of a check.
type Item struct {
	ID string `json:"id"`
	// Level is ok, look, or stop.
	Level Level  `json:"level"`
	Text  string `json:"text"`
	Hint  string `json:"hint,omitempty"`
	// Hard is a stop that no reason lifts.
	Hard bool `json:"hard,omitempty"`
	// Next is the command that goes on with what the item names, where it can be given
	// here; "" = none.
	Next string `json:"next,omitempty"`
}

// LeftOpen are the items of what was begun on the database and is not over, each once: the
// runs, and the backfills.
func (p *Preflight) LeftOpen() (left []Item) {
	if p == nil {
		return nil
	}
	for _, id := range []string{BackfillItem, OpenRunItem} {
		for _, i := range p.Items {
			said := slices.ContainsFunc(left, func(have Item) bool { return i.Next != "" && have.Next == i.Next })
			if i.ID == id && !said {
				left = append(left, i)
			}
		}
	}
	return left
}

// The items of LeftOpen.
const (
	OpenRunItem  = "open-run"
	BackfillItem = "backfill"
)

// Level is how much an item matters.
type Level string

// The levels of a check's item.
const (
	OK   Level = "ok"
	Look Level = "look"
	Stop Level = "stop"
)

// Preflight is what was checked just before a run, and when.
type Preflight struct {
	At    time.Time `json:"at"` // the server's clock
	Items []Item    `json:"items"`
}

// Review is the judgement of everything that would run.
type Review struct {
	Result sqlview.Result `json:"result"`
	// PlanSHA256 is over the exact bytes in order.
	PlanSHA256 string `json:"plan_sha256"`
	// Accepted maps an accepted hazard's rule to the reason given.
	Accepted map[string]string `json:"accepted,omitempty"`
}

// Unit is one transaction, or one bare statement, of the plan.
type Unit struct {
	Version    string      `json:"version"`
	Path       string      `json:"path"`
	SHA256     string      `json:"sha256"`
	Statements []Statement `json:"statements"`
	// Transaction is false where the statements run one by one.
	Transaction bool `json:"transaction"`
	// Hold is how long the unit may hold its locks, in ms; 0 = until accepted.
	HoldMS int64 `json:"hold_ms"`
	// Instant is true where the unit was judged instant.
	Instant bool `json:"instant"`
	// DeadlineMS is when belay cancels a unit that may take its time, because it makes
	// nobody wait; 0 = another limit ends it.
	DeadlineMS int64 `json:"deadline_ms,omitempty"`
	// Before is what is written to the history table ahead of a unit that is no
	// transaction; Record what is written last. Both with their values in place.
	Before []string `json:"before,omitempty"`
	Record []string `json:"record,omitempty"`
	// Own is true where the file brings its own BEGIN and COMMIT; belay's stand
	// in their place.
	Own bool `json:"own,omitempty"`
	// Role is set for the unit; "" = the session's own.
	Role string `json:"role,omitempty"`
	// Batches is the command that does the same as a unit which runs in batches; ""
	// = the unit runs as it is.
	Batches string `json:"batches,omitempty"`
}

// Statement is one statement of a unit.
type Statement struct {
	SQL     string          `json:"sql"`
	Line    int             `json:"line"`
	Kind    string          `json:"kind"`
	Needs   []effect.On     `json:"needs"`
	Seconds effect.Duration `json:"duration"`
}

// Plan is what a run would do, unit by unit, with its limits.
type Plan struct {
	Units  []Unit `json:"units"`
	Limits Limits `json:"limits"`
	SHA256 string `json:"sha256"`
	// Command is the team's own, which runs the units; "" = belay runs them.
	Command string `json:"command,omitempty"`
}

// Limits are the settings of a run. Durations are in ms.
type Limits struct {
	LockTimeoutMS int64 `json:"lock_timeout_ms"`
	HoldBudgetMS  int64 `json:"hold_budget_ms"`
	Attempts      int   `json:"attempts"`
	RetryForMS    int64 `json:"retry_for_ms"`
	QueueLimit    int   `json:"queue_limit"`
}

// Heart is what stands on every screen that leads to a run: what the next unit
// needs, what that blocks, and who stands in the way now.
type Heart struct {
	Unit     int         `json:"unit"`
	Path     string      `json:"path"`
	Line     int         `json:"line"`
	SQL      string      `json:"sql"`
	Relation string      `json:"relation"` // "" = no lock that others could notice
	Mode     lock.Mode   `json:"mode"`
	Others   []effect.On `json:"others,omitempty"`
	// Bytes and Rows are the relation's; -1 = unknown.
	Bytes int64   `json:"bytes"`
	Rows  float64 `json:"rows"`
	// Instant, Slow, Unknown as judged: the worst of the unit, which keeps its locks to
	// its end.
	Duration effect.Duration `json:"duration"`
	// LongLine is the line of the statement of which Duration is; 0 = it is the one shown,
	// or all are instant.
	LongLine int `json:"long_line,omitempty"`
	// Concurrent is true for what runs outside a transaction and waits for old
	// snapshots instead of blocking.
	Concurrent bool `json:"concurrent"`
	// Live is false where nobody could be asked who stands in the way.
	Live bool      `json:"live"`
	At   time.Time `json:"at"` // of the sample, the engine's clock
	// SampledAt is the server's clock then, from which the ages of the blockers count.
	SampledAt time.Time       `json:"sampled_at,omitzero"`
	Blockers  []activity.Lock `json:"blockers,omitempty"`
	// QueuePerSecond is how many statements would queue; -1 = unknown.
	QueuePerSecond float64 `json:"queue_per_s"`
	LockTimeoutMS  int64   `json:"lock_timeout_ms"`
	// UndonePastMS is when the server undoes the unit; 0 = it does not.
	UndonePastMS int64 `json:"undone_past_ms"`
	// AcceptedHoldMS is the accepted longest hold; 0 = none was asked or accepted.
	AcceptedHoldMS int64 `json:"accepted_hold_ms"`
	DeadlineMS     int64 `json:"deadline_ms"` // belay's own, of what blocks nobody; 0 = none
	// Unseen is true where nobody knows which SQL is sent.
	Unseen bool `json:"unseen,omitempty"`
	// BatchMS is how long one batch of a backfill should take; 0 = it is none.
	BatchMS int64 `json:"batch_ms,omitempty"`
}

// Verified is what the database answered after the run.
type Verified struct {
	At      time.Time    `json:"at"`
	History []HistoryRow `json:"history"` // newest first, at most three
	Items   []Item       `json:"items"`
	// Unasked are the statements whose effect no catalog shows, as "FILE:LINE KIND".
	Unasked []string `json:"unasked,omitempty"`
	// Left names the event triggers whose code ran at statements of the run, and where; "" =
	// there are none. What the catalog was asked for is as that code left it.
	Left string `json:"left,omitempty"`
}

// AndMore names the first of a list, and how many follow; "" = the list is empty.
func AndMore(all []string) string {
	switch len(all) {
	case 0:
		return ""
	case 1:
		return all[0]
	}
	return fmt.Sprintf("%s and %d more", all[0], len(all)-1)
}

// HistoryRow is a row of the tool's history table as the tool keeps it.
type HistoryRow struct {
	Version string `json:"version"`
	Name    string `json:"name,omitempty"`
	At      string `json:"at,omitempty"`
	Dirty   bool   `json:"dirty"`
}

// Written says where the report stands.
type Written struct {
	Markdown string `json:"markdown"`
	JSON     string `json:"json"`
}

// Backup is what restoring could go back to, and what that would cost.
type Backup struct {
	// Choice is dump, schema, snapshot, pitr, none; "" = not settled.
	Choice string `json:"choice"`
	// Words are the person's own: which snapshot, when a restore was tested.
	Words string `json:"words,omitempty"`
	// Proposed is the choice that the facts speak for, Why in words.
	Proposed string `json:"proposed"`
	Why      string `json:"why"`
	// Path, Bytes, SHA256, TookMS and At belong to a dump that was read back whole.
	Path   string    `json:"path,omitempty"`
	Bytes  int64     `json:"bytes,omitempty"`
	SHA256 string    `json:"sha256,omitempty"`
	TookMS int64     `json:"took_ms,omitempty"`
	At     time.Time `json:"at,omitzero"`
	// DatabaseBytes is tables without indexes, by the planner's statistics.
	DatabaseBytes int64 `json:"database_bytes"`
	// DumpMS is how long a dump is expected to take.
	DumpMS int64 `json:"dump_ms"`
	// WritesPerSecond is rows written in the database; -1 = unknown. RateOver says
	// over which time.
	WritesPerSecond float64 `json:"writes_per_s"`
	RateOver        string  `json:"rate_over,omitempty"`
	// Missing says why nothing can be dumped here; "" = it can.
	Missing string `json:"missing,omitempty"`
	// Items say where the dump lies, and how it is restored.
	Items []Item `json:"items,omitempty"`
}

// Rehearsal is the record that counts for this plan.
type Rehearsal struct {
	Path    string          `json:"path"`
	Grade   string          `json:"grade"`
	Place   string          `json:"place"`
	At      time.Time       `json:"at"`
	Passed  bool            `json:"passed"`
	Verdict string          `json:"verdict"`
	Units   []RehearsedUnit `json:"units"`
	// Diff lists the lines of the schema that the way back leaves changed.
	Diff   []string `json:"diff,omitempty"`
	Limits []string `json:"limits,omitempty"`
	// Items are each statement's locks as predicted and as seen.
	Items []Item `json:"items,omitempty"`
}

// RehearsedUnit is a file's times in ms; -1 = not done.
type RehearsedUnit struct {
	Version string   `json:"version"`
	ApplyMS int64    `json:"apply_ms"`
	DownMS  int64    `json:"down_ms"`
	AgainMS int64    `json:"again_ms"`
	Differs []string `json:"differs,omitempty"` // from what was predicted
}

// Fact is the name under which each observation is kept.
func (Target) Fact() string    { return "target" }
func (Ledger) Fact() string    { return "ledger" }
func (Folder) Fact() string    { return "folder" }
func (Preflight) Fact() string { return "preflight" }
func (Review) Fact() string    { return "review" }
func (Plan) Fact() string      { return "plan" }
func (Heart) Fact() string     { return "heart" }
func (Verified) Fact() string  { return "verified" }
func (Written) Fact() string   { return "report" }
func (Backup) Fact() string    { return "backup" }
func (Rehearsal) Fact() string { return "rehearsal" }
