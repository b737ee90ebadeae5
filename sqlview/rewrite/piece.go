package rewrite

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Piece is one statement with a hazard, as a way meets it.
type Piece struct {
	lint.Stmt
	// Hazards are those that count, the worst of each place first.
	Hazards []lint.Hazard
	// Before and After are the catalog around the statement; never nil.
	Before, After *catalog.Snapshot
	// Start is the catalog before the file; never nil.
	Start   *catalog.Snapshot
	Effects effect.Effect
	// Version is the server's major version; 0 = unknown, any of 12 to 18.
	Version int
	// Today is YYYY-MM-DD, for names that carry a date; "" = not known.
	Today string
	// line is the original's.
	line int
	// Earlier are the statements of the file before it, as they were written.
	Earlier []parse.Statement
	// Ahead are the statements before it, as the proposal has them by now.
	Ahead []parse.Statement
	texts map[string]parse.Statement
	// aside are the names that this piece gave to what waits for its drop, by what
	// holds the name and the old one; taken those that the pieces before it gave.
	aside, taken map[string]string
	// Later are the statements that follow in the file.
	Later []parse.Statement
	// Fed and Back are those of [Input].
	Fed  bool
	Back string
}

func (p *proposal) piece(judged *lint.File, i int, hazards []lint.Hazard) *Piece {
	at := 0
	for _, s := range p.steps[:i] {
		at += len(s.statements)
	}
	pass := &lint.Pass{File: judged, Version: p.version(), Today: p.in.Options.Today}
	piece := &Piece{
		Hazards: hazards, line: p.steps[i].line, Start: p.before(), Before: judged.Catalogs[at],
		Effects: judged.Effects[at],
		Version: p.version(), Today: p.in.Options.Today, Earlier: p.original[:p.steps[i].origin], texts: p.texts,
		taken: p.aside, Ahead: judged.Statements[:at], Later: judged.Statements[at+1:], Fed: p.in.Fed, Back: p.in.Back,
	}
	for s := range pass.Statements() {
		if s.Index == at {
			piece.Stmt = s
		}
	}
	piece.After = piece.Before.Clone()
	piece.After.Apply(judged.Statements[at], piece.Version)
	return piece
}

// Aside is the name under which something waits for its drop, cut so that the date
// stays: one that nothing has yet in what holds it, a table for a column, a schema
// for a table or an index.
func (p *Piece) Aside(holder, name string) string {
	key := holder + "." + name
	if free := p.aside[key]; free != "" {
		return free
	}
	label := "drop_" + strings.ReplaceAll(p.Today, "-", "")
	for n := 1; ; n++ {
		free, number := "", ""
		if n > 1 {
			number = fmt.Sprintf("_%d", n)
		}
		free = catalog.ObjectName(name, "", label+number)
		if p.has(holder, free) {
			continue
		}
		if p.aside == nil {
			p.aside = map[string]string{}
		}
		p.aside[key] = free
		return free
	}
}

// has reports whether a holder has something of a name, as far as the catalog and
// the pieces before this one tell.
func (p *Piece) has(holder, name string) bool {
	for key, free := range p.taken {
		if free == name && strings.HasPrefix(key, holder+".") {
			return true
		}
	}
	return p.Before.Seen(holder).Column(name) != nil || p.Before.Relations.Get(holder+"."+name) != nil
}

// Free reports whether neither a schema nor what follows in the file has something of a
// name.
func (p *Piece) Free(schema, name string) bool {
	if p.Before.Seen(schema+"."+name) != nil {
		return false
	}
	for _, st := range p.Later {
		for _, t := range parse.Tokens([]byte(st.SQL)) {
			if strings.EqualFold(strings.Trim(st.SQL[t.Start:t.End], `"`), name) {
				return false
			}
		}
	}
	return true
}

// fails says that the server refuses the statement; "" = it does not, as far as
// the catalog tells.
func (p *Piece) fails() string {
	if f := p.Effects.Fails; f.Code != "" && !f.IfRows {
		return fmt.Sprintf("line %d fails on the server (%s): %s", p.line, f.Code, f.Message)
	}
	return ""
}

// Has reports whether the statement has a hazard of one of the rules.
func (p *Piece) Has(rules ...string) bool {
	return slices.ContainsFunc(p.Hazards, func(h lint.Hazard) bool { return slices.Contains(rules, h.Rule) })
}

// OlderThan reports whether the server may be older than the major version; an
// unknown one may be any of 12 to 18.
func (p *Piece) OlderThan(major int) bool {
	const oldest = 12
	if p.Version == 0 {
		return major > oldest
	}
	return p.Version < major
}

// Alteration is an ALTER TABLE of one command.
type Alteration struct {
	*pg.AlterTableCmd
	Range *pg.RangeVar
	// Table is "schema.name", Relation what the catalog knows of it; nil = nothing.
	Table    string
	Relation *catalog.Relation
	// Written is the table as the source writes it.
	Written string
	// Head is the source text before the command, Part the command's.
	Head, Part string
	// Offset is where Part begins in the statement's SQL.
	Offset int
	// IfExists is true where a missing table is no error.
	IfExists bool
}

// Alteration reads the statement; false where it is no ALTER TABLE of a single
// command.
func (p *Piece) Alteration() (Alteration, bool) {
	alter := p.Node.GetAlterTableStmt()
	if alter == nil || len(alter.Cmds) != 1 || alter.Objtype != pg.ObjectType_OBJECT_TABLE {
		return Alteration{}, false
	}
	head, parts, at := splitAlter(p.SQL)
	if len(parts) != 1 {
		return Alteration{}, false
	}
	table := p.Name(alter.Relation)
	return Alteration{
		AlterTableCmd: alter.Cmds[0].GetAlterTableCmd(), Table: table, Range: alter.Relation,
		Written: Written(alter.Relation), Relation: p.Before.Relation(table),
		Head: head, Part: parts[0], Offset: at, IfExists: alter.MissingOk,
	}, true
}

// NewConstraint is the constraint that the statement adds, with the name that
// the server gives it; nil where it adds none.
func (p *Piece) NewConstraint(table string) *catalog.Constraint {
	before, after := p.Before.Seen(table), p.After.Seen(table)
	if after == nil {
		return nil
	}
	for i := range after.Constraints {
		if before.Constraint(after.Constraints[i].Name) == nil {
			return &after.Constraints[i]
		}
	}
	return nil
}

// FreeConstraint is a name that no constraint of the table has yet.
func (p *Piece) FreeConstraint(table, name string) string {
	name = catalog.Truncate(name)
	for taken := p.Before.Seen(table); taken.Constraint(name) != nil; {
		name = catalog.Truncate("new_" + name)
	}
	return name
}
