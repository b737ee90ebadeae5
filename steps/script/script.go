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
		switch {
		case u.Batches != "":
			batches(&b, u)
		case u.Transaction:
			transaction(&b, u, p.Limits)
		default:
			oneByOne(&b, u)
		}
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

// batches stops the script where a backfill belongs: psql has no cursor, and one
// UPDATE would keep every row locked until its COMMIT.
func batches(b *strings.Builder, u fact.Unit) {
	remark(b, `A backfill: belay runs this UPDATE in small batches, each a transaction of its own, with its cursor
in schema belay. psql cannot, and as one statement it would keep every row locked until COMMIT:`)
	for _, s := range u.Statements {
		remark(b, s.SQL)
	}
	remark(b, `So this script stops here. Run it with
  `+u.Batches+`
or in ranges of a key, each with its own COMMIT. Then take the next line out and run the rest:
what follows records the version.`)
	line(b, "DO $belay$ BEGIN RAISE EXCEPTION 'a backfill comes first: see the remarks above this line'; END $belay$")
	b.WriteString("BEGIN;\n")
	if u.Role != "" {
		line(b, "SET LOCAL ROLE "+identifier(u.Role))
	}
	for _, sql := range u.Record {
		line(b, sql)
	}
	b.WriteString("COMMIT;\n")
}

// remark writes text as comment lines. A carriage return ends a comment too.
func remark(b *strings.Builder, text string) {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	for l := range strings.SplitSeq(text, "\n") {
		b.WriteString("-- " + l + "\n")
	}
}

// oneByOne gives a statement outside a transaction no lock_timeout: it would end
// a concurrent build in its last wait and leave an INVALID index.
func oneByOne(b *strings.Builder, u fact.Unit) {
	if u.Role != "" {
		line(b, "SET ROLE "+identifier(u.Role))
	}
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
	if u.Role != "" {
		line(b, "RESET ROLE")
	}
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
