package rewrite

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/sqlview/parse"
)

// file makes what the rules judge of a text, from the catalog before it on.
func (p *proposal) file(parsed parse.File, source []byte, mode lint.Mode) *lint.File {
	f := &lint.File{Path: p.in.Path, File: parsed, Source: source, Mode: mode, ByBelay: true}
	p.evolve(f, p.before())
	return f
}

// evolve gives each statement the catalog it meets and returns the one after
// the last.
func (p *proposal) evolve(f *lint.File, meets *catalog.Snapshot) *catalog.Snapshot {
	version := p.version()
	for _, st := range f.Statements {
		f.Catalogs = append(f.Catalogs, meets)
		f.Effects = append(f.Effects, effect.Of(st, meets, version))
		meets = meets.Clone()
		meets.Apply(st, version)
	}
	return meets
}

func (p *proposal) version() int {
	if p.in.Options.Version != 0 {
		return p.in.Options.Version
	}
	return p.in.Snapshot.Version()
}

// judge judges every step as if each statement ran on its own, so that what
// several statements do to each other is left to the grouping. It gives the
// hazards of each step that count.
func (p *proposal) judge() (*lint.File, [][]lint.Hazard) {
	var all []parse.Statement
	var of []int
	for i, s := range p.steps {
		for _, st := range s.statements {
			all, of = append(all, st), append(of, i)
		}
	}
	f := p.file(joined(all), nil, lint.NoTransaction)
	f.Source = []byte(text(all))
	hazards := make([][]lint.Hazard, len(p.steps))
	for _, h := range lint.Check(f, p.rules, p.in.Options) {
		if h.Statement < 0 || !counts(h) {
			continue
		}
		i := of[h.Statement]
		if !slices.Contains(p.steps[i].waived, h.Rule) {
			hazards[i] = append(hazards[i], h)
		}
	}
	return f, hazards
}

// refusedMade says which statement of those that the ways made the server refuses, as far
// as the catalog tells; "" = none.
func (p *proposal) refusedMade() string {
	judged, _ := p.judge()
	at := 0
	for _, s := range p.steps {
		for range s.statements {
			if f := judged.Effects[at].Fails; s.made() && f.Code != "" && !f.IfRows {
				return fmt.Sprintf("what would be made of line %d fails on the server (%s): %s", s.line, f.Code,
					f.Message)
			}
			at++
		}
	}
	return ""
}

// separator stands between statements that are put into one text.
const separator = ";\n"

func text(statements []parse.Statement) string {
	var all []string
	for _, st := range statements {
		all = append(all, st.SQL)
	}
	return strings.Join(all, separator)
}

// joined places statements of different texts one after the other.
func joined(statements []parse.Statement) parse.File {
	var f parse.File
	at, line := 0, 1
	for i, st := range statements {
		lines := strings.Count(st.SQL, "\n")
		st.Index, st.Start, st.End, st.Line, st.EndLine = i, at, at+len(st.SQL), line, line+lines
		at, line = st.End+len(separator), st.EndLine+1
		f.Statements = append(f.Statements, st)
	}
	return f
}
