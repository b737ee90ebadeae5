package effect

import (
	"slices"
	"strings"

	"belay/sqlview/lock"
)

// runs judges what stands in the body of a PL/pgSQL function that a statement
// calls: its statements one by one, each read by its first words. What EXECUTE
// puts together nobody can know.
func (q *queries) runs(function string) {
	f := q.known(function)
	if f == nil || f.Language != "plpgsql" || q.bodies[function] {
		return
	}
	q.bodies[function] = true
	words := wordsOf(f.Body)
	for i := range words {
		if beginsStatement(words, i) {
			q.runsStatement(function, words[i:])
		}
	}
}

// bodyStatements says what statements in a body lock, by their first words.
var bodyStatements = []struct {
	words string
	mode  lock.Mode
}{
	{"refresh materialized view concurrently", lock.Exclusive},
	{"refresh materialized view", lock.AccessExclusive},
	{"truncate table", lock.AccessExclusive},
	{"truncate", lock.AccessExclusive},
	{"alter table if exists", lock.AccessExclusive},
	{"alter table", lock.AccessExclusive},
	{"drop table if exists", lock.AccessExclusive},
	{"drop table", lock.AccessExclusive},
	{"lock table", lock.AccessExclusive},
	{"insert into", lock.RowExclusive},
	{"delete from", lock.RowExclusive},
	{"update", lock.RowExclusive},
}

func (q *queries) runsStatement(function string, words []string) {
	if words[0] == "execute" {
		q.unknown(function + " runs SQL that it puts together: it may take any lock")
		return
	}
	for _, s := range bodyStatements {
		first := strings.Fields(s.words)
		if len(words) <= len(first) || !slices.Equal(words[:len(first)], first) {
			continue
		}
		rest := words[len(first):]
		if rest[0] == "only" && len(rest) > 1 {
			rest = rest[1:]
		}
		name, mode := q.cat.Resolve("", rest[0]), s.mode
		if len(rest) > 2 && rest[1] == "." {
			name = q.cat.Resolve(rest[0], rest[2])
		}
		if s.words == "lock table" {
			mode = modeNamed(rest)
		}
		q.lockedInBody(name, mode, first[0])
		return
	}
}

func (q *queries) lockedInBody(name string, mode lock.Mode, verb string) {
	q.lock(name, mode)
	switch {
	case verb == "refresh" && mode == lock.Exclusive:
		q.lockIndexes(name, lock.RowExclusive)
		q.scan(name)
		for _, base := range q.readBy(name) {
			q.lock(base, lock.AccessShare)
			q.scan(base)
		}
	case verb == "refresh", verb == "truncate":
		q.rewrite(name)
	case mode == lock.RowExclusive:
		q.firesTriggers(name)
	}
}

// modeNamed reads IN … MODE of LOCK TABLE; without it the mode is the strongest.
func modeNamed(words []string) lock.Mode {
	from, to := slices.Index(words, "in"), slices.Index(words, "mode")
	if from < 0 || to < from {
		return lock.AccessExclusive
	}
	m, err := lock.Parse(strings.ToUpper(strings.Join(words[from+1:to], " ")))
	if err != nil {
		return lock.AccessExclusive
	}
	return m
}
