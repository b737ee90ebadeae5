package dbtest

import (
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// LogEntry is one entry of the server's log, written by a session of a database.
type LogEntry struct {
	PID         int    // of the backend
	Application string // application_name at that moment, "[unknown]" before it is set
	Level       string // LOG, ERROR, FATAL, STATEMENT, DETAIL …
	Text        string // without the prefix, with continuation lines
}

// Statement is the SQL of an entry that log_statement wrote, "" for another.
// Parameters stand in an entry of level DETAIL behind it.
func (e LogEntry) Statement() string {
	if e.Level != "LOG" {
		return ""
	}
	if m := statementEntry.FindStringIndex(e.Text); m != nil {
		return e.Text[m[1]:]
	}
	return ""
}

var (
	// Written by scratch.LogLinePrefix. Background processes have no %d and
	// do not match.
	logEntry       = regexp.MustCompile(`(?m)^\d{4}-\S+ \S+ \S+ \[(\d+)\] (.*)\n?`)
	sessionEntry   = regexp.MustCompile(`(?s)^(\S+) (.*?) :: ([A-Z0-9]+):  (.*)$`)
	statementEntry = regexp.MustCompile(`^(statement|execute [^:]*): `)
)

// ServerLog is what sessions of this database made the server log since New.
// The shared cluster logs every statement before it runs (log_statement =
// all), so it shows what was, and was not, sent.
func (db *DB) ServerLog(t testing.TB) []LogEntry {
	t.Helper()
	file, err := os.Open(db.cluster.LogFile())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.NewSectionReader(file, db.logStart, 1<<40))
	if err != nil {
		t.Fatal(err)
	}
	return entriesOf(string(text), db.Name)
}

// Statements are the statements that sessions of this database sent since New,
// those of this package's own helpers included.
func (db *DB) Statements(t testing.TB) []string {
	t.Helper()
	var all []string
	for _, e := range db.ServerLog(t) {
		if s := e.Statement(); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// entriesOf cuts a log into entries and keeps those of one database. Lines
// that do not begin an entry continue the one before.
func entriesOf(log, database string) []LogEntry {
	var entries []LogEntry
	starts := logEntry.FindAllStringSubmatchIndex(log, -1)
	for i, at := range starts {
		end := len(log)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		m := sessionEntry.FindStringSubmatch(strings.TrimSuffix(log[at[4]:end], "\n"))
		if m == nil || m[1] != database {
			continue
		}
		pid, _ := strconv.Atoi(log[at[2]:at[3]])
		// The server puts a tab before each continuation line.
		text := strings.ReplaceAll(m[4], "\n\t", "\n")
		entries = append(entries, LogEntry{PID: pid, Application: m[2], Level: m[3], Text: text})
	}
	return entries
}
