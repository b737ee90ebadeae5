// Package sqlview judges migration text: Review parses it, says what every
// statement does to a live database, and lists the hazards. It connects to
// nothing and reads no clock. The Write functions print a Result as text, JSON,
// SARIF and GitHub annotations.
package sqlview

import (
	"belay/sqlview/effect"
	"belay/sqlview/lint"
)

// Schema names the JSON of a Result.
const Schema = "belay.review/1"

// Result is a review. Its JSON is the contract belay.review/1.
type Result struct {
	Schema string `json:"schema"`
	// ServerVersion is the major version judged for; nil = unknown.
	ServerVersion *int `json:"server_version"`
	// Catalog is live, schema, history or none.
	Catalog string       `json:"catalog"`
	Files   []FileResult `json:"files"`
	// Watched is the tool whose own command runs the folder, as it calls itself; "" = belay
	// runs it. It is beyond the contract.
	Watched  string   `json:"watched,omitempty"`
	Coverage Coverage `json:"coverage"`
	// Folder is what is wrong with the files as migrations, where that is known.
	Folder []FolderFinding `json:"folder,omitempty"`
	// Judged has the counted files with their statements, effects and catalogs,
	// in the order of Files, for callers that run what was judged.
	Judged []*lint.File `json:"-"`
	// Down lists the ways back: parsed and judged for what they do, without
	// hazards and not counted. It is beyond the contract.
	Down []FileResult `json:"down,omitempty"`
}

// FileResult is the review of one file.
type FileResult struct {
	Path       string            `json:"path"`
	Tool       string            `json:"tool"`
	Version    string            `json:"version"`
	Statements []StatementResult `json:"statements"`
	Hazards    []Finding         `json:"hazards"`
	// Batches is the command that does the same as a file whose header asks for
	// batches; "" = the file runs as it is. It is beyond the contract.
	Batches string `json:"batches,omitempty"`
}

// StatementResult is one statement with what it does.
type StatementResult struct {
	// Index counts from 0 within its file; lines count from 1.
	Index         int               `json:"index"`
	Line          int               `json:"line"`
	EndLine       int               `json:"end_line"`
	SQL           string            `json:"sql"`
	Kind          string            `json:"kind"`
	Analysed      bool              `json:"analysed"`
	Transactional bool              `json:"transactional"`
	Locks         []effect.On       `json:"locks"`
	Rewrites      []string          `json:"rewrites"`
	Scans         []string          `json:"scans"`
	Reversible    effect.Reversible `json:"reversible"`
	Breaks        effect.Breaks     `json:"breaks"`
	// Duration, Inverse and Notes are beyond the contract; readers ignore them.
	Duration effect.Duration `json:"duration"`
	Inverse  string          `json:"inverse,omitempty"`
	Notes    []string        `json:"notes,omitempty"`
}

// Finding is one hazard. Statement counts from 0, Line and Column from 1, the
// column in characters. Relation and Instead are nil where there is none.
type Finding struct {
	Rule      string       `json:"rule"`
	Severity  string       `json:"severity"` // stop, warn, notice
	Statement int          `json:"statement"`
	Line      int          `json:"line"`
	Column    int          `json:"column"`
	Relation  *string      `json:"relation"`
	Message   string       `json:"message"`
	Why       string       `json:"why"`
	Instead   *string      `json:"instead"`
	Waived    *lint.Waiver `json:"waived"`
}

// Coverage says how much was understood. What was not is never green.
type Coverage struct {
	Statements int `json:"statements"`
	Analysed   int `json:"analysed"`
}

// Only keeps the files that keep says, and counts their statements again.
func (r Result) Only(keep func(FileResult) bool) Result {
	all := r.Files
	r.Files, r.Judged, r.Coverage = []FileResult{}, nil, Coverage{}
	for _, f := range all {
		if keep(f) {
			r.add(f)
		}
	}
	return r
}
