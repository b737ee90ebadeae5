package backfill

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/synctrigger"
)

// triggerPrefix comes last among the names of most triggers: what they made of a
// row was made by the application.
const triggerPrefix = "zz_belay_sync_"

// SyncSQL is what creates and drops the sync trigger, for a person to read. It
// is run like a migration: under a lock_timeout, tried again.
type SyncSQL struct {
	// Name is the function's, and how the triggers' names begin.
	Name string `json:"name"`
	// Create takes SHARE ROW EXCLUSIVE on the table and waits for its writers, so
	// that every write that commits later is covered. Freeze and begin after it.
	Create []string `json:"create"`
	// Drop takes ACCESS EXCLUSIVE for a moment.
	Drop []string `json:"drop"`
	// Cost says what it costs the application.
	Cost string `json:"cost"`
	// Rule says which rows it fills.
	Rule string `json:"rule"`
}

func (p *Plan) triggerName() string { return triggerPrefix + p.Statement.SHA256[:12] }

// SyncTrigger writes the triggers that fill the columns of rows that are written
// meanwhile as the statement does, where the application wrote nothing there. The
// error says why there can be none.
func (p *Plan) SyncTrigger() (SyncSQL, error) {
	if err := p.noTrigger(); err != nil {
		return SyncSQL{}, err
	}
	sql := p.fill().SQL()
	s := SyncSQL{
		Name: p.triggerName(), Create: sql.Create, Drop: sql.Drop,
		Cost: "a function runs for each row that is inserted or in which the column was not written, about 5 µs; not " +
			"for rows that the backfill fills",
		Rule: "it fills the rows that the statement selects, and changes nothing that the application writes: on " +
			"INSERT any value but the column's default, on UPDATE a value that differs from the one before",
	}
	if len(p.leftover()) > 0 {
		s.Create = append(slices.Clone(s.Drop), s.Create...)
	}
	return s, nil
}

// noTrigger says why a trigger cannot do what the statement does.
func (p *Plan) noTrigger() error {
	st, f := p.Statement, &p.sync
	system := slices.IndexFunc(st.columns, func(c string) bool {
		return slices.Contains(systemColumns, c) && !slices.Contains(f.sources, c)
	})
	const letIt = "let the application write new rows as they should be"
	switch {
	case st.ReadsTarget:
		return &SpecError{"set", "it reads what it sets: a trigger would do it again with every write", letIt}
	case p.differs == "":
		return &SpecError{
			"set", "its value differs each time: a trigger would change it with every write",
			"give the column a default for new rows",
		}
	case len(f.generated) > 0:
		return &SpecError{
			"set", "it reads " + placeList(f.generated) + ", which the server computes after a trigger has run",
			"write the expression of the generated column in its place",
		}
	case system >= 0:
		return &SpecError{
			"set", "it reads " + st.columns[system] + ", which a row does not have before it is stored", letIt,
		}
	case p.partitioned && p.major < 13:
		return &SpecError{
			"table", fmt.Sprintf("PostgreSQL %d has no BEFORE row trigger on a partitioned table", p.major), letIt,
		}
	case f.outside && len(f.open) > 0:
		return &SpecError{"set",
			"whoever writes to the table would run what it names in schema " + placeList(f.open) +
				", where others may create",
			"REVOKE CREATE ON SCHEMA " + quote(f.open[0]) +
				" from those who need not create there, such as PUBLIC, or " + letIt}
	}
	return nil
}

// fill is the trigger of the statement.
func (p *Plan) fill() synctrigger.Fill {
	st, s := p.Statement, &p.sync
	f := synctrigger.Fill{
		Trigger: synctrigger.Trigger{Name: p.triggerName(), Tables: p.written(), Settings: s.settings, Always: true},
		Alias:   p.Alias, Where: st.Guard, Chosen: p.guardReadsTarget(), Sources: s.sources, Taken: s.taken,
	}
	f.Schema, _, _ = strings.Cut(p.Relation, ".")
	if s.outside {
		// What it names, a caller may not use, and would look for elsewhere.
		path := make([]string, len(s.schemas))
		for i, name := range s.schemas {
			path[i] = quote(name)
		}
		f.Definer, f.Path = true, strings.Join(append(path, "pg_temp"), ", ")
	}
	for _, a := range st.Targets {
		f.Columns = append(f.Columns, synctrigger.Column{
			Name: a.Column, Value: a.Expression, Default: s.defaults[a.Column],
		})
	}
	return f
}

// written are the tables that rows are written to: a parent has no triggers for
// its children.
func (p *Plan) written() []string {
	if p.partitioned {
		return []string{p.Relation}
	}
	all := make([]string, len(p.Leaves))
	for i, l := range p.Leaves {
		all[i] = l.Name
	}
	return all
}

// leftover are those of the sync trigger's own triggers that are on the table.
func (p *Plan) leftover() []Trigger {
	var all []Trigger
	for _, t := range p.Facts.Triggers {
		if slices.Contains(synctrigger.Trigger{Name: p.triggerName()}.Names(), t.Name) {
			all = append(all, t)
		}
	}
	return all
}

// synced reports whether the sync trigger is there, fires, and does what it would
// be made to do.
func (p *Plan) synced() bool {
	all := p.leftover()
	if len(all) < 2 || p.noTrigger() != nil {
		return false
	}
	create := p.fill().SQL().Create[0]
	return !slices.ContainsFunc(all, func(t Trigger) bool {
		return !t.Before || !t.fires() || strings.TrimSpace(t.body) == "" || !strings.Contains(create, t.body)
	})
}
