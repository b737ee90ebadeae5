package rewrite

import (
	"context"
	"fmt"

	"belay/sqlview/lint"
	"belay/sqlview/migration"
	"belay/sqlview/parse"
)

// Contract is the second half of a change that a way leaves for later: what ends it, days
// after the files, when nothing uses the old any more.
type Contract struct {
	// Old names what goes then, as SQL spells it: schema.table, or schema.table.column.
	Old string
	// Also are more that go with it, spelled so.
	Also []string
	// Phases take it away.
	Phases []Phase
	// Own are the functions that the files themselves put there, as schema.name: that they
	// name the old is no use of it.
	Own []string
	// Table has the rows that Before and After are conditions over: rows in which the old
	// and the new disagree, before the Switch and after it. "" = there is nothing to
	// compare then.
	Table, Before, After string
	// Mend are statements that make whole, behind all ways back, what those leave for a
	// scan: constraints that came back NOT VALID.
	Mend []string
	// Parking takes what goes out of reach for a while; nil = its name is not that of the
	// old any more, or it cannot be brought back in a moment.
	Parking *Parking
}

// Parking gives things other names for a while, so that who still needs them shows, and
// gives them their names back: each in one transaction of changes in the catalog. What
// keeps columns in step goes on meanwhile, so that nothing is lost.
type Parking struct {
	// As is what the first of them is called meanwhile, unquoted.
	As string `json:"as"`
	// Away and Back are statements, without semicolons.
	Away []string `json:"away"`
	Back []string `json:"back"`
}

// Later is a contract with its files, as the plan leaves it.
type Later struct {
	Contract
	Files []File
}

// later writes the files of the contracts, which meet what the plan's files leave.
func (p *proposal) later(ctx context.Context) ([]Later, error) {
	var all []Later
	meets := p.after
	for _, c := range p.contracts {
		l := Later{Contract: c}
		for _, phase := range c.Phases {
			statements, err := parsed(ctx, phase.SQL)
			if err != nil {
				return nil, err
			}
			f := File{Phase: phase}
			judged := p.judgeGroup(statements, meets)
			f.Lock, f.Back = lockLine(judged), backLine(f, judged)
			meets = p.evolve(&lint.File{File: joined(statements)}, meets)
			l.Files = append(l.Files, f)
		}
		all = append(all, l)
	}
	return all, nil
}

// parsed are statements that a way wrote.
func parsed(ctx context.Context, all []string) ([]parse.Statement, error) {
	var out []parse.Statement
	for _, sql := range all {
		files, err := parse.Parse(ctx, []byte(sql))
		if err != nil {
			return nil, err
		}
		if len(files[0].Statements) != 1 || files[0].Statements[0].Node == nil {
			return nil, fmt.Errorf("a way wrote what is not one statement: %s", sql)
		}
		out = append(out, files[0].Statements[0])
	}
	return out, nil
}

// Draft is the file as a text, with a header that says what it is for. from names what it
// comes from.
func (f File) Draft(from string) migration.Draft { return f.draft(from) }
