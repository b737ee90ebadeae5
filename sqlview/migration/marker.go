package migration

import (
	"bytes"
	"strings"

	"belay/sqlview/pattern"
)

// noTransaction are the line comments by which tools are told to run a file
// without a transaction: belay's own, goose, dbmate, tern, Atlas, sqlx.
var noTransaction = pattern.New(`(?i)^--\s*belay:\s*no-transaction\s*$|` +
	`^-- \+goose NO TRANSACTION\s*$|` +
	`^--\s*migrate:(up|down)\s+transaction:\s*false\s*$|` +
	`^----\s*tern:\s*disable-tx\s*----\s*$|` +
	`^--\s*atlas:txmode\s+none\s*$|` +
	`^--\s*no-transaction\s*$`)

// sections are the line comments that part a file into up and down, with the
// tool that reads them. Run whole, such a file undoes itself. "-- Up migration"
// alone is a remark that people write in any file.
var sections = []struct {
	tool string
	// word stands in every such line, in lower case: most files are told by it.
	word string
	line *pattern.Pattern
}{
	{"goose", "+goose", pattern.New(`(?im)^--\s*\+goose\s+(Up|Down)\b`)},
	{"dbmate", "migrate:", pattern.New(`(?m)^--\s*migrate:(up|down)\b`)},
	{"tern", "create above", pattern.New(`(?m)^----\s*create above / drop below\s*----`)},
	{"node-pg-migrate", "migration", pattern.New(`(?im)^\s*--[\s-]*down\s+migration[ \t\r]*$`)},
	{"liquibase", "liquibase", pattern.New(`(?i)\A--\s*liquibase formatted sql`)},
}

// sectionTool names the tool whose up and down sections the file has, "" = none.
func sectionTool(sql []byte) string {
	lower := bytes.ToLower(sql)
	for _, s := range sections {
		if bytes.Contains(lower, []byte(s.word)) && s.line.Match(sql) {
			return s.tool
		}
	}
	return ""
}

// isMarker reports whether a line comment tells a tool how to run the file.
func isMarker(line string) bool {
	const longest = 100
	return len(line) <= longest &&
		(noTransaction.MatchString(line) || backfillLine.MatchString(line) || sectionTool([]byte(line)) != "" ||
			strings.HasPrefix(line, "-- +goose Statement") || strings.HasPrefix(line, "-- atlas:delimiter"))
}

// headerSaysNoTransaction looks in the comments before the first statement, the
// only place where the word is obeyed.
func headerSaysNoTransaction(sql []byte) bool {
	said := false
	eachLine(sql, func(line string, header bool) {
		said = said || header && noTransaction.MatchString(line)
	})
	return said
}

// lateMarker is the number of a line below the header that says a word of
// belay's own, 0 = none.
func lateMarker(sql []byte, word *pattern.Pattern) int {
	number, found := 0, 0
	eachLine(sql, func(line string, header bool) {
		number++
		if !header && found == 0 && strings.Contains(line, "belay:") && word.MatchString(line) {
			found = number
		}
	})
	return found
}

// eachLine hands out the trimmed lines; header is true until the first line
// that is neither blank nor a line comment.
func eachLine(sql []byte, visit func(line string, header bool)) {
	header := true
	for raw := range bytes.Lines(bytes.TrimPrefix(sql, byteOrderMark)) {
		line := strings.TrimSpace(string(raw))
		header = header && (line == "" || strings.HasPrefix(line, "--"))
		visit(line, header)
	}
}
