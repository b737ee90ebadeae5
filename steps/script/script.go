// Package script writes a plan as plain psql: what belay would send, with its
// limits and its history rows, and without belay. It cannot try again, name who
// stands in the way, or find out what became of a lost COMMIT.
package script

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/migration"
	"belay/sqlview/parse"
	"belay/sqlview/secret"
	"belay/sqlview/visible"
	"belay/steps"
	"belay/steps/fact"
)

// Psql is the plan for psql, or for nobody to run: it says what each part is. It
// can be printed anywhere: control characters within strings are written as
// escapes. An error says where that cannot be done.
func Psql(p fact.Plan) (string, error) {
	var b strings.Builder
	b.WriteString("\\set ON_ERROR_STOP on\n")
	for _, u := range p.Units {
		u, err := printable(u)
		if err != nil {
			return "", err
		}
		visible.Fprintf(&b, "\n-- %s, sha256 %s\n", u.Path, u.SHA256)
		switch {
		case u.Batches != "":
			batches(&b, u)
		case u.Transaction:
			transaction(&b, u, p.Limits)
		default:
			oneByOne(&b, u)
		}
	}
	return b.String(), nil
}

// Exact puts the bytes of the files into a plan that was read from a journal,
// which keeps no secrets and cuts what is long. files has them by path; one that
// is not what was judged is an error. secrets names the files that hold some.
func Exact(p fact.Plan, files map[string][]byte) (exact fact.Plan, secrets []string, err error) {
	p.Units = slices.Clone(p.Units)
	for i, u := range p.Units {
		src := files[u.Path]
		statements := parse.Split(src).Statements
		if migration.NewFile(u.Path, src, "").SHA256 != u.SHA256 || len(statements) != len(u.Statements) {
			return p, nil, &steps.Refused{
				Problem: u.Path + " was changed while it was looked at", Advice: "call `belay script` again",
				Fatal: true,
			}
		}
		u.Statements = slices.Clone(u.Statements)
		for j := range u.Statements {
			u.Statements[j].SQL = statements[j].SQL
		}
		p.Units[i] = u
		if secret.In(string(src)) {
			secrets = append(secrets, u.Path)
		}
	}
	return p, secrets, nil
}

// printable is a unit whose SQL steers no terminal and means the same.
func printable(u fact.Unit) (fact.Unit, error) {
	u.Statements, u.Record, u.Before = slices.Clone(u.Statements), slices.Clone(u.Record), slices.Clone(u.Before)
	for i, s := range u.Statements {
		sql, problem := parse.Escaped(s.SQL)
		if problem != nil {
			return u, &steps.Refused{
				Problem: fmt.Sprintf("%s:%d: %s", u.Path, s.Line+problem.Line-1, problem.Message),
				Advice: "take the character out of the file, or write it as an escape; `belay run` runs the file as " +
					"it is", Fatal: true,
			}
		}
		if sql, problem = parse.Inert(sql); problem != nil {
			return u, &steps.Refused{
				Problem: fmt.Sprintf("%s:%d: %s", u.Path, s.Line+problem.Line-1, problem.Message),
				Advice:  "close it: psql would read what comes behind it in the script as a part of it", Fatal: true,
			}
		}
		u.Statements[i].SQL = sql
	}
	for _, own := range [][]string{u.Record, u.Before} {
		for i := range own {
			sql, problem := parse.Escaped(own[i])
			if problem != nil {
				return u, fmt.Errorf("the history row of %s: %s", u.Path, problem.Message)
			}
			own[i] = sql
		}
	}
	return u, nil
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

func identifier(s string) string {
	quoted := `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	if escaped, problem := parse.Escaped(quoted); problem == nil {
		return escaped
	}
	return quoted
}
