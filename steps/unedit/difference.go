package unedit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/migration"
	"belay/sqlview/parse"
)

// change is what an edit did to one migration.
type change struct {
	of *migration.Migration
	difference
}

// difference is what a database that ran the old text lacks.
type difference struct {
	// sql are statements that bring it there.
	sql []string
	// unclear are places that no statement is known for.
	unclear []place
}

// place is a stretch of statements before and after an edit.
type place struct{ was, is []string }

// longest bounds the comparison of two texts, in pairs of statements; a text of more
// is not compared statement by statement.
const longest = 4_000_000

// compareTexts compares two texts of a migration, statement by statement. Comments and
// blanks do not count. A text that cannot be read is unclear as a whole.
func compareTexts(ctx context.Context, was, is []byte) (d difference, err error) {
	files, err := parse.Parse(ctx, was, is)
	if err != nil {
		return d, err
	}
	old, now := files[0].Statements, files[1].Statements
	if unreadable(files[0]) || unreadable(files[1]) || len(old)*len(now) > longest {
		d.unclear = []place{{was: []string{string(was)}, is: []string{string(is)}}}
		return d, nil
	}
	for i, j := range common(old, now) {
		d.add(old[i.from:i.to], now[j.from:j.to])
	}
	return d, nil
}

func unreadable(f parse.File) bool {
	return f.Problem != nil || slices.ContainsFunc(f.Statements, func(s parse.Statement) bool { return s.Node == nil })
}

// span is a stretch of statements, to the one before to.
type span struct{ from, to int }

// common gives the stretches of two lists between what both have in the same order, by
// their longest common subsequence.
func common(old, now []parse.Statement) func(yield func(span, span) bool) {
	a, b := hashes(old), hashes(now)
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	return func(yield func(span, span) bool) {
		x, y := span{}, span{}
		for x.to < len(a) && y.to < len(b) {
			switch {
			case a[x.to] == b[y.to]:
				if !yield(x, y) {
					return
				}
				x, y = span{x.to + 1, x.to + 1}, span{y.to + 1, y.to + 1}
			case length[x.to+1][y.to] >= length[x.to][y.to+1]:
				x.to++
			default:
				y.to++
			}
		}
		yield(span{x.from, len(a)}, span{y.from, len(b)})
	}
}

func hashes(all []parse.Statement) (out []string) {
	for _, s := range all {
		out = append(out, migration.NormalizedSHA256([]byte(s.SQL)))
	}
	return out
}

// add says what became of one stretch: each old statement must be a table that has
// more columns or constraints now, and what else is there came. Else only a person can
// tell.
func (d *difference) add(old, now []parse.Statement) {
	var sql []string
	met := 0
	for _, s := range now {
		more := ""
		if met < len(old) {
			more = moreOfTable(old[met], s)
		}
		if more == "" {
			sql = append(sql, s.SQL)
			continue
		}
		sql = append(sql, more)
		met++
	}
	if met == len(old) {
		d.sql = append(d.sql, sql...)
		return
	}
	d.unclear = append(d.unclear, place{was: texts(old), is: texts(now)})
}

func texts(all []parse.Statement) (out []string) {
	for _, s := range all {
		out = append(out, s.SQL)
	}
	return out
}

// note is a comment for what no statement is known for.
func (c change) note() string {
	var b strings.Builder
	for _, p := range c.unclear {
		fmt.Fprintf(&b,
			"-- %s was edited here. Write below what brings a database that ran the old text to the new one.\n",
			c.of.Up.Path)
		comment(&b, "was", p.was)
		comment(&b, "is", p.is)
		b.WriteString(migration.Unwritten)
	}
	return b.String()
}

func comment(b *strings.Builder, word string, all []string) {
	if len(all) == 0 {
		fmt.Fprintf(b, "-- %s: nothing\n", word)
		return
	}
	fmt.Fprintf(b, "-- %s:\n", word)
	for _, s := range all {
		for line := range strings.Lines(strings.TrimSpace(s)) {
			b.WriteString(strings.TrimRight("--   "+line, " \t\r\n") + "\n")
		}
	}
}
