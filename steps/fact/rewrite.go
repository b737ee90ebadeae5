package fact

import (
	"strconv"
	"strings"
)

// WriteQuestion is asked before a rewrite is written into the folder.
const WriteQuestion = "review.write"

// Rewrites are the proposals of the review, one for each migration that has a
// hazard which a way lifts, and for those where it says why none does.
type Rewrites struct {
	List []Rewrite `json:"list"`
}

// Fact is the name under which the observation is kept.
func (Rewrites) Fact() string { return "rewrites" }

// Rewrite is a migration made into safe phases. Paths are relative to the
// folder. Its JSON is the element of "fix" in `belay review --fix --output json`.
type Rewrite struct {
	Path string `json:"path"`
	Down string `json:"down,omitempty"`
	// Files are the new ones in order; empty = nothing could be rewritten.
	Files []RewriteFile `json:"files"`
	// Differences says where the end differs from the original's, on purpose.
	Differences []string `json:"kept"`
	// Left are statements that stay as they are although they have a hazard.
	Left []RewriteLeft `json:"left"`
	// Days are changes that a campaign makes over several deployments.
	Days []RewriteDays `json:"over_days,omitempty"`
	// Stop and Warn count the hazards of the new files, by the same engine.
	Stop int `json:"stop"`
	Warn int `json:"warn"`
	// Replaces is true where the original goes when the files are written, and
	// Original says why it goes or stays. Refused says why nothing can be written
	// here; "" = it can.
	Replaces bool   `json:"replaces"`
	Original string `json:"original"`
	Refused  string `json:"refused,omitempty"`
	// Written are files of the folder that are these already: the original is left in
	// front of them.
	Written []string `json:"written,omitempty"`
	// SHA256 is over the names and texts of the files: a yes is bound to it.
	SHA256 string `json:"sha256"`
	// Commit is a proposed commit message.
	Commit string `json:"commit,omitempty"`
}

// RewriteDays is a statement whose change a campaign can make.
type RewriteDays struct {
	Line int `json:"line"` // of the file, from 1
	// Command begins the campaign, as a shell takes it.
	Command string `json:"command"`
}

// RewriteFile is one new migration.
type RewriteFile struct {
	Path string `json:"path"`
	SQL  string `json:"sql"`
	// Down is the path of the way back, DownSQL its text; "" = none is written.
	Down    string `json:"down,omitempty"`
	DownSQL string `json:"down_sql,omitempty"`
	// Alone is true for a file outside a transaction, Backfill for one that belay
	// runs in batches.
	Alone    bool     `json:"alone"`
	Backfill bool     `json:"backfill"`
	Ways     []string `json:"ways"` // empty = the original's own statements
	Why      string   `json:"why"`
	Before   string   `json:"before,omitempty"`
	Lock     string   `json:"lock"`
	Back     string   `json:"way_back"`
	// Hazards are what is left to look at, as "severity rule: message".
	Hazards []string `json:"hazards"`
}

// RewriteLeft is one statement that no way made safe.
type RewriteLeft struct {
	Line int    `json:"line"`
	Rule string `json:"rule"`
	Why  string `json:"why"`
}

// shortHash is how many digits of its hash name a proposal in an answer.
const shortHash = 12

// Yes is the answer that means this proposal, without the files that are left
// out, counted from 0.
func (r Rewrite) Yes(without []int) string {
	answer := "yes: " + r.SHA256[:min(shortHash, len(r.SHA256))]
	for i, n := range without {
		if i == 0 {
			answer += " without"
		}
		answer += " " + strconv.Itoa(n+1)
	}
	return answer
}

// Meant reads an answer: whether it is a yes to this proposal, and without which
// files.
func (r Rewrite) Meant(answer string) (yes bool, without []int) {
	rest, ok := strings.CutPrefix(answer, "yes: ")
	words := strings.Fields(rest)
	if !ok || len(words) == 0 || len(r.SHA256) < shortHash || words[0] != r.SHA256[:shortHash] {
		return false, nil
	}
	for _, w := range words[1:] {
		if n, err := strconv.Atoi(w); err == nil && n >= 1 && n <= len(r.Files) {
			without = append(without, n-1)
		}
	}
	return true, without
}
