package dbtest

import (
	"bufio"
	"errors"
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

var statementEntry = regexp.MustCompile(`^(statement|execute [^:]*): `)

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
	entries, err := entriesOf(io.NewSectionReader(file, db.logStart, 1<<40), db.Name)
	if err != nil {
		t.Fatal(err)
	}
	return entries
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

// entriesOf cuts a log into entries and keeps those of one database. Lines that do not
// begin an entry continue the one before. The log is read line by line: that of all the
// stories of a binary is hundreds of megabytes.
func entriesOf(log io.Reader, database string) (entries []LogEntry, err error) {
	lines, own := bufio.NewReaderSize(log, 1<<16), false
	for whole := true; ; {
		b, err := lines.ReadSlice('\n')
		begins := whole && beginsEntry(b)
		whole = !errors.Is(err, bufio.ErrBufferFull)
		switch {
		case begins:
			var e LogEntry
			if e, own = sessionEntry(string(b), database); own {
				entries = append(entries, e)
			}
		case own:
			last := &entries[len(entries)-1]
			last.Text += string(b)
		}
		switch {
		case errors.Is(err, io.EOF):
			for i := range entries {
				// The server puts a tab before each continuation line.
				entries[i].Text = strings.ReplaceAll(strings.TrimSuffix(entries[i].Text, "\n"), "\n\t", "\n")
			}
			return entries, nil
		case err != nil && whole:
			return nil, err
		}
	}
}

// beginsEntry tells a line with scratch.LogLinePrefix by its date.
func beginsEntry(line []byte) bool {
	const date = "0000-00-00 00:00:00."
	if len(line) < len(date) {
		return false
	}
	for i, c := range []byte(date) {
		if c == '0' && (line[i] < '0' || line[i] > '9') || c != '0' && line[i] != c {
			return false
		}
	}
	return true
}

// sessionEntry reads "TIME ZONE [PID] DATABASE APPLICATION :: LEVEL:  TEXT" of a session of
// a database. Background processes have no database.
func sessionEntry(line, database string) (e LogEntry, own bool) {
	_, line, _ = strings.Cut(line, "[")
	pid, line, _ := strings.Cut(line, "] ")
	line, own = strings.CutPrefix(line, database+" ")
	if !own {
		return e, false
	}
	e.PID, _ = strconv.Atoi(pid)
	for at := 0; ; { // an application's name may have the mark in it
		n := strings.Index(line[at:], mark)
		if n < 0 {
			return e, false
		}
		at += n + len(mark)
		level, text, found := strings.Cut(line[at:], ":  ")
		if found && strings.Trim(level, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == "" {
			e.Application, e.Level, e.Text = line[:at-len(mark)], level, text
			return e, true
		}
	}
}

// mark ends an application's name in scratch.LogLinePrefix.
const mark = " :: "
