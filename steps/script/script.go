// Package script writes a plan as plain psql: what belay would send, with its
// limits and its history rows, and without belay. It cannot try again, name who
// stands in the way, or find out what became of a lost COMMIT.
package script

import (
	"fmt"
	"strings"

	"belay/steps/fact"
)

// Psql is the plan for psql, or for nobody to run: it says what each part is.
func Psql(p fact.Plan) string {
	var b strings.Builder
	b.WriteString("\\set ON_ERROR_STOP on\n")
	for _, u := range p.Units {
		fmt.Fprintf(&b, "\n-- %s, sha256 %s\n", u.Path, u.SHA256)
		if u.Transaction {
			transaction(&b, u, p.Limits)
			continue
		}
		oneByOne(&b, u)
	}
	return b.String()
}

func transaction(b *strings.Builder, u fact.Unit, l fact.Limits) {
	hold := l.HoldBudgetMS
	if u.HoldMS > 0 {
		hold = u.HoldMS
	}
	b.WriteString("BEGIN;\n")
	if u.Role != "" {
		line(b, "SET LOCAL ROLE "+identifier(u.Role))
	}
	line(b, fmt.Sprintf("SET LOCAL lock_timeout = '%dms'", l.LockTimeoutMS))
	line(b, fmt.Sprintf("SET LOCAL statement_timeout = '%dms'", l.LockTimeoutMS+hold))
	statements := u.Statements
	if u.Own {
		statements = statements[1 : len(statements)-1]
	}
	for _, s := range statements {
		line(b, s.SQL)
	}
	for _, sql := range u.Record {
		line(b, sql)
	}
	b.WriteString("COMMIT;\n")
}

// oneByOne gives a statement outside a transaction no lock_timeout: it would end
// a concurrent build in its last wait and leave an INVALID index.
func oneByOne(b *strings.Builder, u fact.Unit) {
	if len(u.Before) > 0 {
		b.WriteString("BEGIN;\n")
		for _, sql := range u.Before {
			line(b, sql)
		}
		b.WriteString("COMMIT;\n")
	}
	line(b, "SET lock_timeout = 0")
	line(b, "SET statement_timeout = 0")
	for _, s := range u.Statements {
		line(b, s.SQL)
	}
	b.WriteString("BEGIN;\n")
	for _, sql := range u.Record {
		line(b, sql)
	}
	b.WriteString("COMMIT;\n")
	line(b, "RESET lock_timeout")
	line(b, "RESET statement_timeout")
}

// line ends a statement. A comment at its end must not swallow the semicolon.
func line(b *strings.Builder, sql string) {
	b.WriteString(strings.TrimRight(sql, " \t\r\n"))
	if last := sql[strings.LastIndexByte(sql, '\n')+1:]; strings.Contains(last, "--") {
		b.WriteByte('\n')
	}
	b.WriteString(";\n")
}

func identifier(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
