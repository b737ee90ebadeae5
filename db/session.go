package db

import (
	"strings"
	"unicode/utf8"
)

// Kind is what a connection of belay is for.
type Kind string

// The three connections of a run; look mode has only a Monitor.
const (
	// Executor runs the team's statements.
	Executor Kind = "executor"
	// Monitor reads activity and catalog; it cannot write.
	Monitor Kind = "monitor"
	// Escape cancels what the executor runs when nothing else reaches it.
	Escape Kind = "escape"
)

// Session names a connection, so that it can be found in pg_stat_activity by
// anybody, and by belay after a crash.
type Session struct {
	Kind Kind
	// Run is the first eight characters of the run's id; "" = look mode.
	Run string
	// Step is what the executor does, such as "run" or "backfill".
	Step string
	// Settings override the Kind's own, by name, in the parameter's base unit
	// (milliseconds, seconds or a word).
	Settings []Setting
}

// maxApplicationName is what the server keeps of an application_name, in bytes.
const maxApplicationName = 63

// ApplicationName is "belay/RUN/STEP" for an executor and "belay/RUN/+monitor"
// or "belay/RUN/+escape" for the helpers; RUN is "look" in look mode. A search
// for ghosts takes names without "+".
func (s Session) ApplicationName() string {
	run := s.Run
	if run == "" {
		run = "look"
	}
	part := "+" + string(s.Kind)
	if s.Kind == Executor {
		part = strings.TrimLeft(s.Step, "+")
	}
	return cut("belay/"+run+"/"+part, maxApplicationName)
}

// OthersSQL is a condition on a row of pg_stat_activity with the alias a: the session may
// stand in somebody's way. A helper of belay's reads for a moment, and sees itself while it
// does; one that takes longer, or only calls itself so, is an obstacle like any. A parallel
// worker is its leader's, who is there too. What is hidden from the role may.
const OthersSQL = `coalesce(a.pid <> pg_catalog.pg_backend_pid() AND a.backend_type <> 'parallel worker'
  AND NOT (a.application_name LIKE 'belay/%/+%'
    AND pg_catalog.now() - coalesce(a.xact_start, pg_catalog.now()) < '30 s'::pg_catalog.interval), true)`

func cut(s string, bytes int) string {
	if len(s) <= bytes {
		return s
	}
	for bytes > 0 && !utf8.RuneStart(s[bytes]) {
		bytes--
	}
	return s[:bytes]
}
