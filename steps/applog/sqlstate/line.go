package sqlstate

import (
	"strings"
	"sync"

	"belay/sqlview/pattern"
)

// Found is an error in a line of a log.
type Found struct {
	Code string
	// Said is the server's message where it is made of plain identifiers alone,
	// so that no value of a row can be in it; "" = it is not known to be.
	Said string
}

// patterns are compiled with the first line: most calls of belay read no log.
var patterns = sync.OnceValue(func() readers {
	return readers{
		spelled(), said(),
		pattern.New(`\b(?:TR)?(` + strings.Join(append(classNames(), conditionNames()...), "|") +
			`)(?:Error)?\b`),
	}
})

// readers find an error in a line, each in its own way.
type readers struct {
	spelled []spelling
	said    []saying
	// classes finds the exceptions that drivers name after the condition, such as
	// psycopg's and asyncpg's UndefinedColumn(Error) and Ruby's PG::UndefinedColumn,
	// and the condition itself.
	classes *pattern.Pattern
}

// spelling is a way in which a code itself stands in a line. A sure one may name
// any code; the others are words of any program, and count only for a code that
// belay names.
type spelling struct {
	sure bool
	*pattern.Pattern
}

// saying is a message of the server that holds nothing but identifiers.
type saying struct {
	code string
	*pattern.Pattern
}

func spelled() []spelling {
	return []spelling{
		// pgx, PDO, JDBC, Hibernate, npgsql: (SQLSTATE 42703), SQLSTATE[42703], SQLState: 42703.
		{true, pattern.New(`(?i:sql[ _-]?state)["']?[\s:=\[(]{1,3}["']?([0-9A-Z]{5})\b`)},
		// The server, verbose, and its csvlog.
		{true, pattern.New(`\b(?:ERROR|FATAL|PANIC):\s+([0-9A-Z]{5}):`)},
		{true, pattern.New(`,(?:ERROR|FATAL|PANIC),([0-9A-Z]{5}),`)},
		// Postgrex, npgsql, lib/pq.
		{true, pattern.New(`\bERROR ([0-9A-Z]{5}) \(`)},
		{true, pattern.New(`PostgresException \(0x[0-9A-Fa-f]+\): ([0-9A-Z]{5}):`)},
		{true, pattern.New(`\bpq: .*\(([0-9A-Z]{5})\)`)},
		// jsonlog, node-postgres, structured logs; Rust's SqlState(E42703).
		{false, pattern.New(`(?i:code)["']?\s*[:=]\s*["']?([0-9A-Z]{5})\b`)},
		{false, pattern.New(`SqlState\(E([0-9A-Z]{5})\)`)},
		// The server with %e in its log_line_prefix.
		{false, pattern.New(`\b([0-9A-Z]{5})\b[^\n]{0,80}\b(?:ERROR|FATAL|PANIC): `)},
	}
}

func said() []saying {
	return []saying{
		{"42703", message(`column "?ID"? of relation "?ID"? does not exist`)},
		{"42703", message(`column "?ID"? does not exist`)},
		{"42P01", message(`relation "?ID"? does not exist`)},
		{"23502", message(`null value in column "ID"(?: of relation "ID")? violates not-null constraint`)},
		{"23503", message(`insert or update on table "ID" violates foreign key constraint "ID"`)},
		{"23503", message(`update or delete on table "ID" violates foreign key constraint "ID" on table "ID"`)},
		{"23505", message(`duplicate key value violates unique constraint "ID"`)},
		{"23514", message(`new row for relation "ID" violates check constraint "ID"`)},
		{"42501", message(`permission denied for (?:table|schema|sequence|view|function|column) ID`)},
		{"42P10", message(`there is no unique or exclusion constraint matching the ON CONFLICT specification`)},
		{"0A000", message(`cached plan must not change result type`)},
		{"55P03", message(`canceling statement due to lock timeout`)},
		{"57014", message(`canceling statement due to (?:statement timeout|user request)`)},
		{"40P01", message(`deadlock detected`)},
		{"40001", message(`could not serialize access due to [a-z/ ]+`)},
		{"53300", message(`sorry, too many clients already`)},
	}
}

func message(text string) *pattern.Pattern {
	return pattern.New(`\b` + strings.ReplaceAll(text, "ID", `[a-z_][a-z0-9_.]{0,126}`))
}

func conditionNames() []string {
	var all []string
	for _, c := range conditions {
		all = append(all, c.name)
	}
	return all
}

func classNames() []string {
	var all []string
	for _, c := range conditions {
		all = append(all, class(c.name))
	}
	return all
}

// class is undefined_column as UndefinedColumn.
func class(name string) string {
	var b strings.Builder
	for _, word := range strings.Split(name, "_") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// hints are words of which one stands in every line that the rest could find:
// most lines of a log are told by them alone.
var hints = append(append([]string{"rror", "ERROR", "FATAL", "PANIC", "pq:", "ode", "tate", "STATE", "violates",
	"does not exist",
	"canceling", "deadlock", "cached plan", "permission denied", "could not serialize", "too many clients",
	"no unique"},
	conditionNames()...), classNames()...)

// In finds the error that a line of a log tells of; ok is false where there is
// none. It knows the spellings of PostgreSQL and of common drivers; the server's
// messages in English only.
func In(line string) (f Found, ok bool) {
	if !hinted(line) {
		return f, false
	}
	for _, m := range patterns().said {
		if text := m.FindString(line); text != "" {
			f = Found{Code: m.code, Said: text}
			break
		}
	}
	if code := explicit(line); code != "" {
		if code != f.Code {
			f = Found{Code: code}
		}
		return f, true
	}
	if f.Code != "" {
		return f, true
	}
	if m := patterns().classes.FindStringSubmatch(line); m != nil {
		return Found{Code: named(m[1])}, true
	}
	return f, false
}

func hinted(line string) bool {
	for _, h := range hints {
		if strings.Contains(line, h) {
			return true
		}
	}
	return false
}

func explicit(line string) string {
	for _, s := range patterns().spelled {
		m := s.FindStringSubmatch(line)
		if m == nil || !isError(m[1]) || (!s.sure && Name(m[1]) == "") {
			continue
		}
		return m[1]
	}
	return ""
}

// named is the code of a condition or of a driver's class.
func named(word string) string {
	for _, c := range conditions {
		if word == c.name || word == class(c.name) {
			return c.code
		}
	}
	return ""
}
