// Package rehearsal tries a migration where nobody is hurt: it applies it with
// the same executor that runs it, takes it back with its down files, applies it
// again, and writes down what was seen beside what was predicted. The record
// travels as a file; whoever reads it holds it against the plan, the server's
// version and the schema before it counts as evidence.
package rehearsal

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"belay/sqlview/effect"
	"belay/sqlview/measure"
	"belay/sqlview/visible"
)

// Schema names the JSON.
const Schema = "belay.rehearsal/1"

// Grade says how much a rehearsal can show.
type Grade string

// The grades.
const (
	// GradeA is a clone of production's size.
	GradeA Grade = "A"
	// GradeB is a restored dump with its rows.
	GradeB Grade = "B"
	// GradeC is the schema alone, without rows.
	GradeC Grade = "C"
)

// Means says in words what was rehearsed on.
func (g Grade) Means() string {
	switch g {
	case GradeA:
		return "a clone of production"
	case GradeB:
		return "a dump with its rows"
	}
	return "the schema without rows"
}

// Record is what a rehearsal showed. Durations are in ms.
type Record struct {
	Schema     string `json:"schema"`
	PlanSHA256 string `json:"plan_sha256"`
	Grade      Grade  `json:"grade"`
	// Place says where, such as "a throwaway cluster".
	Place string `json:"place"`
	// ServerMajor is the version that it was rehearsed on, as 15.
	ServerMajor int `json:"server_major"`
	// SchemaSHA256 is the catalog's fingerprint before; see catalog.Fingerprint.
	SchemaSHA256 string    `json:"schema_sha256"`
	At           time.Time `json:"at"`
	By           string    `json:"by,omitempty"`
	TookMS       int64     `json:"took_ms"`
	Units        []Unit    `json:"units"`
	// BackFrom is the first unit that was taken back and applied again; it is
	// the number of units where none has a way back.
	BackFrom int `json:"back_from"`
	// Diff lists the lines of the schema that are not as before once the down
	// files had run: "- " is missing, "+ " is new.
	Diff []string `json:"diff"`
	// Missing are objects of the original that the place does not have.
	Missing []string `json:"missing,omitempty"`
	// LeftOut are objects that only a superuser may make, such as "event trigger x":
	// nobody is one on a throwaway cluster.
	LeftOut []string `json:"left_out,omitempty"`
	// Limits are what this rehearsal cannot show.
	Limits []string `json:"limits"`
	// Error is why it ended early; "" = it did not. SQLState and Unit say where.
	Error    string `json:"error,omitempty"`
	SQLState string `json:"sqlstate,omitempty"`
	Phase    string `json:"phase,omitempty"` // apply, roll back, apply again
	// Beyond is true where it ended for want of a right that the place gives nobody:
	// that says nothing against the migration.
	Beyond bool `json:"beyond,omitempty"`
}

// LeftOutText says of an object in LeftOut that it is not there, and why.
func LeftOutText(object string) string {
	return "left out of the rehearsal: " + object + ", because only a superuser may make it"
}

// Unit is one file as it was rehearsed.
type Unit struct {
	Version    string      `json:"version"`
	Path       string      `json:"path"`
	SHA256     string      `json:"sha256"`
	DownPath   string      `json:"down_path,omitempty"`
	DownSHA256 string      `json:"down_sha256,omitempty"`
	ApplyMS    int64       `json:"apply_ms"`
	DownMS     int64       `json:"down_ms"`  // -1 = not taken back
	AgainMS    int64       `json:"again_ms"` // -1 = not applied again
	WALBytes   int64       `json:"wal_bytes"`
	Statements []Statement `json:"statements"`
}

// Statement is what one statement was predicted to do, and did.
type Statement struct {
	Line      int         `json:"line"`
	Kind      string      `json:"kind"`
	MS        int64       `json:"ms"`
	Predicted []effect.On `json:"predicted"`
	// Observed are the table locks that its session held afterwards; nil where
	// it ran outside a transaction and they were gone.
	Observed  []effect.On `json:"observed"`
	Rewrites  []string    `json:"rewrites"`         // predicted
	Rewritten []string    `json:"rewritten"`        // observed: a new relfilenode
	Differs   []string    `json:"differs"`          // in words; empty = as predicted
	Unseen    bool        `json:"unseen,omitempty"` // locks could not be observed
}

// Name is the record's file name.
func (r Record) Name() string { return FileName(r.PlanSHA256) }

// FileName is the name of the record of a plan.
func FileName(planSHA256 string) string {
	return "REHEARSAL-" + planSHA256[:min(12, len(planSHA256))] + ".json"
}

// Save writes the record into a folder and returns its path.
func (r Record) Save(dir string) (string, error) {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, r.Name())
	next := path + ".partial"
	if err := os.WriteFile(next, append(visible.JSON(b), '\n'), 0o600); err != nil {
		return "", fmt.Errorf("rehearsal record: %w", err)
	}
	return path, os.Rename(next, path)
}

// Read reads a record.
func Read(path string) (Record, error) {
	var r Record
	b, err := os.ReadFile(path)
	if err != nil {
		return r, fmt.Errorf("rehearsal record: %w", err)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("rehearsal record %s: %w", path, err)
	}
	if r.Schema != Schema {
		return r, fmt.Errorf("rehearsal record %s: its schema is %q, not %s", path, r.Schema, Schema)
	}
	return r, nil
}

// Subject is what a record must be about to count as evidence.
type Subject struct {
	PlanSHA256, SchemaSHA256 string
	Major                    int
	// Downs has the hash of each version's way back; "" = it has none. The plan's
	// hash is of the way forward alone.
	Downs map[string]string
}

// Refuses says why a record is no evidence for a subject; "" = it is.
func (r Record) Refuses(s Subject) string {
	switch {
	case r.PlanSHA256 != s.PlanSHA256:
		return "it is of other files: " + short(r.PlanSHA256) + ", these are " + short(s.PlanSHA256)
	case r.ServerMajor != s.Major:
		return fmt.Sprintf("it was on PostgreSQL %d, this is %d", r.ServerMajor, s.Major)
	case r.SchemaSHA256 != s.SchemaSHA256:
		return "the schema is not the one that it was rehearsed on"
	}
	for _, u := range r.Units {
		if down := s.Downs[u.Version]; down != u.DownSHA256 {
			return "the way back of " + u.Version + " is not the one that was rehearsed"
		}
	}
	return ""
}

func short(sha string) string { return sha[:min(12, len(sha))] }

// Passed reports whether the migration was applied, and applied again wherever
// it was taken back.
func (r Record) Passed() bool { return r.Error == "" }

// BeyondHint is what to do where Beyond is true.
const BeyondHint = "rehearse it on staging, where a role has that right: `belay rehearse --on DSN`, and give its " +
	"record with --rehearsal FILE"

// Verdict is the record in one line.
func (r Record) Verdict() string {
	switch {
	case r.Beyond:
		return fmt.Sprintf("rehearsal not finished: %s: %s; it takes a right that a throwaway cluster gives nobody, "+
			"such as a superuser's", r.Phase, r.Error)
	case !r.Passed():
		return fmt.Sprintf("rehearsal: %s: %s", r.Phase, r.Error)
	}
	words := []string{"applied"}
	switch {
	case len(r.Units) > 0 && r.BackFrom == 0:
		words = append(words, "rolled back", "applied again")
	case r.BackFrom < len(r.Units):
		words = append(words,
			fmt.Sprintf("%d of %d rolled back and applied again", len(r.Units)-r.BackFrom, len(r.Units)))
	}
	n, same, unseen := r.counts()
	text := fmt.Sprintf("grade %s (%s), %s: %d of %s as predicted", r.Grade, r.Grade.Means(),
		strings.Join(words, ", "), same, measure.Plural(n, "statement"))
	if unseen > 0 {
		text += fmt.Sprintf(", the locks of %d not observed", unseen)
	}
	if len(r.Diff) > 0 {
		text += "; the way back leaves " + measure.Plural(len(r.Diff), "line") + " of the schema changed"
	}
	return text
}

// counts are all statements, those that did as predicted, and those whose locks nobody saw:
// of them nothing else differed.
func (r Record) counts() (all, same, unseen int) {
	for _, u := range r.Units {
		for _, s := range u.Statements {
			all++
			switch {
			case len(s.Differs) > 0:
			case s.Unseen:
				unseen++
			default:
				same++
			}
		}
	}
	return all, same, unseen
}

// Clean reports whether nothing of the record needs a look.
func (r Record) Clean() bool {
	all, same, unseen := r.counts()
	return r.Passed() && all == same+unseen && len(r.Diff) == 0
}
