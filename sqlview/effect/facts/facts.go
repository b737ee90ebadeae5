// Package facts is the oracle of sqlview/effect: what statements were seen to
// lock, rewrite and scan on real servers of PostgreSQL 10 to 18. It is for
// tests. The table has one line a statement and answer; versions that answered
// the same share a line.
package facts

import (
	_ "embed" // the table
	"fmt"
	"strconv"
	"strings"

	"belay/sqlview/lock"
	"belay/sqlview/pattern"
)

//go:embed lock-facts.tsv
var table string

// Fact is what servers of some versions showed for one statement.
type Fact struct {
	ID string
	// Setup is the SQL that ran before, several statements.
	Setup, Statement string
	Versions         []int // major versions
	// Code is the SQLSTATE where the statement failed; "" = it ran.
	Code string
	// Target is the mode on the statement's own relation, which the table does
	// not name; None = none was held.
	Target lock.Mode
	// Others are the locks on other relations, by name as the table has it.
	// Relations that the statement made are left out.
	Others map[string]lock.Mode
	// LocksSeen is false where nobody could look, because it failed.
	LocksSeen bool
	// Rewrite and Scan are "yes", "no" or "unknown" (the statement ran outside a
	// transaction, or failed).
	Rewrite, Scan string
	// Scanned names the relations that were read where Target was not among them.
	Scanned       []string
	Transactional bool
	Note          string
}

var (
	code    = pattern.New(`(?:^error|when run:) ([0-9A-Z]{5}) `)
	scanned = pattern.New(`^yes\((.*)\)$`)
)

// All reads the table. An error names the line.
func All() ([]Fact, error) {
	var all []Fact
	for i, line := range strings.Split(strings.TrimSpace(table), "\n") {
		if i == 0 {
			continue
		}
		f, err := parse(strings.Split(line, "\t"))
		if err != nil {
			return nil, fmt.Errorf("lock-facts.tsv line %d: %w", i+1, err)
		}
		all = append(all, f)
	}
	return all, nil
}

func parse(c []string) (Fact, error) {
	if len(c) < 9 {
		return Fact{}, fmt.Errorf("%d columns, want at least 9", len(c))
	}
	f := Fact{ID: c[0], Setup: c[1], Statement: c[2], Rewrite: c[6], Scan: c[7], Transactional: c[8] == "yes"}
	if len(c) > 9 {
		f.Note = strings.TrimSpace(c[9])
	}
	for v := range strings.SplitSeq(c[3], ",") {
		n, err := strconv.Atoi(v)
		if err != nil {
			return f, err
		}
		f.Versions = append(f.Versions, n)
	}
	if m := code.FindStringSubmatch(f.Note); m != nil {
		f.Code = m[1]
	}
	if m := scanned.FindStringSubmatch(f.Scan); m != nil {
		f.Scan, f.Scanned = "yes", strings.Split(m[1], ",")
	}
	return f, f.locks(c[4], c[5])
}

func (f *Fact) locks(target, others string) error {
	f.Others = map[string]lock.Mode{}
	f.LocksSeen = target != "error"
	if !f.LocksSeen {
		return nil
	}
	if target != "none" {
		var err error
		if f.Target, err = lock.Parse(target); err != nil {
			return err
		}
	}
	for o := range strings.SplitSeq(others, ", ") {
		name, mode, ok := strings.Cut(o, ":")
		if !ok || strings.HasSuffix(name, "(new)") {
			continue
		}
		m, err := lock.Parse(mode)
		if err != nil {
			return err
		}
		f.Others[name] = m
	}
	return nil
}
