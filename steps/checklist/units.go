package checklist

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"belay/db/apply"
	"belay/db/history"
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/sqlview/migration"
	"belay/sqlview/parse"
	"belay/steps"
)

// planOf makes the units of what was reviewed. files has one entry for each
// migration, in the same order.
func planOf(migrations []migration.Migration, files []*lint.File, table *history.Table, role string) (*steps.Plan, error) {
	p := &steps.Plan{}
	sum := sha256.New()
	for i, m := range migrations {
		u, err := unitOf(m, files[i], table)
		if err != nil {
			return nil, err
		}
		u.Role = role
		p.Units = append(p.Units, u)
		fmt.Fprintf(sum, "%s %s\n", m.Version, m.Up.SHA256)
	}
	p.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return p, nil
}

func unitOf(m migration.Migration, f *lint.File, table *history.Table) (steps.Unit, error) {
	u := steps.Unit{Migration: m, Instant: true}
	u.Name, u.Path, u.Wrap = m.Version, m.Up.Path, wrapOf(m, f)
	for i, s := range f.Statements {
		st := statementOf(s, f.Effects[i])
		u.Statements = append(u.Statements, st)
		u.Concurrent = u.Concurrent || st.Concurrent
		u.Instant = u.Instant && instant(st)
	}
	if table != nil {
		h := table.Variant
		u.Record = h.Record(table.Quoted, m)
		u.Mark = apply.Mark{SQL: h.Read(table.Quoted), Version: m.Version, UpTo: h.UpTo}
		if u.Wrap == apply.OneByOne && h.Begin != nil {
			u.Begin = h.Begin(table.Quoted, m)
		}
	}
	if err := u.Validate(); err != nil {
		return u, &steps.Refused{
			Problem: err.Error(), Advice: "mend the file, or run it with your own tool; nothing was sent", Fatal: true,
		}
	}
	return u, nil
}

// wrapOf says what surrounds the file: its own BEGIN … COMMIT, ours, or nothing
// where the server or the tool allows no transaction.
func wrapOf(m migration.Migration, f *lint.File) apply.Wrap {
	if n := len(f.Statements); n >= 2 && begins(f.Statements[0]) && commits(f.Statements[n-1]) {
		return apply.Own
	}
	if m.Up.Tx == migration.TxNone {
		return apply.OneByOne
	}
	for i := range f.Statements {
		if e := f.Effects[i]; e.Known && !e.Transactional {
			return apply.OneByOne
		}
	}
	return apply.Transaction
}

func begins(s parse.Statement) bool  { return s.Kind == "BEGIN" || s.Kind == "START TRANSACTION" }
func commits(s parse.Statement) bool { return s.Kind == "COMMIT" || s.Kind == "END" }

func statementOf(s parse.Statement, e effect.Effect) apply.Statement {
	st := apply.Statement{SQL: s.SQL, Line: s.Line, Kind: s.Kind, Effect: e}
	if s.Node == nil {
		return st
	}
	st.Concurrent = s.Concurrent()
	if n, ok := s.NamedIndex(); ok {
		st.Index = apply.Index{Schema: n.Schema, Name: n.Name}
		if n.Table != "" {
			st.Index.Table = qualified(n.TableSchema, n.Table, e)
		}
	}
	if schema, table, name, ok := s.Validated(); ok {
		st.Constraint = apply.Constraint{Table: qualified(schema, table, e), Name: name}
	}
	return st
}

// qualified is a table as the effect resolved it.
func qualified(schema, table string, e effect.Effect) string {
	if schema != "" {
		return schema + "." + table
	}
	for _, l := range e.Locks {
		if _, name, ok := strings.Cut(l.Relation, "."); ok && name == table {
			return l.Relation
		}
	}
	return "public." + table
}

// instant reports whether a statement needs no accepted hold time: it is over at
// once, or what it holds makes nobody wait. What nobody can know runs as
// instant, and is undone where it is not.
func instant(s apply.Statement) bool {
	if s.Concurrent || !s.Effect.Known || s.Effect.Duration != effect.Slow {
		return true
	}
	m := s.Effect.Strongest().Mode
	return !m.BlocksReads() && !m.BlocksWrites()
}
