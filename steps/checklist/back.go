package checklist

import (
	"fmt"
	"slices"
	"strings"

	"belay/db/apply"
	"belay/sqlview"
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/fact"
)

// chooseBack takes the newest applied versions, newest first. Which ones were
// asked for only says how many: nothing above them is passed over. One without a way back
// stays, with all below it: a person who can be asked takes back what stands above.
func chooseBack(e *steps.Env, b *steps.Folder, f *fact.Folder) error {
	versions := e.Versions
	applied := b.Status.Applied
	if b.Command != nil {
		return chooseCommandBack(versions, b, f)
	}
	n := min(1, len(applied))
	if len(versions) > 0 {
		n = len(versions)
	}
	for _, v := range versions {
		i := slices.IndexFunc(applied, func(m migration.Migration) bool { return sameVersion(m, v) })
		switch {
		case i < 0:
			return &steps.Refused{
				Problem: v + " is not applied: there is nothing to take back", Advice: "`belay status` lists what is",
				Fatal: true,
			}
		case i < len(applied)-n:
			return notNewest(applied[i], applied[i+1:])
		}
	}
	f.Pending = nil
	for _, m := range slices.Backward(applied[len(applied)-n:]) {
		turned, err := turn(m)
		if err != nil && len(b.Chosen) > 0 {
			return stays(e, b, f, m, err)
		}
		if err != nil {
			return err
		}
		b.Chosen = append(b.Chosen, turned)
		f.Chosen, f.Pending = append(f.Chosen, m.Version), append(f.Pending, named(b.Files, turned))
	}
	return nil
}

// stays ends the choice at a migration without a way back. Without a person the part that
// was not asked for is not taken back by itself.
func stays(e *steps.Env, b *steps.Folder, f *fact.Folder, m migration.Migration, why error) error {
	part := strings.Join(f.Chosen, " ")
	if e.Headless {
		return &steps.Refused{
			Problem: why.Error() + ": it stays, and so does all below it", Fatal: true,
			Advice: "`belay rollback " + part + "` takes back what stands above it; else write its way back first",
		}
	}
	b.Stays = fmt.Sprintf("%s: it stays, and so does all that was asked for below it; %s can be taken back", why,
		strings.Join(f.Chosen, ", "))
	return nil
}

// chooseCommandBack takes what the team's command takes back: how much that is, is its
// own.
func chooseCommandBack(versions []string, b *steps.Folder, f *fact.Folder) error {
	takes := b.Status.TakenBack(b.Format, b.Rows, b.Command.String())
	f.Pending = nil
	for _, v := range takes {
		m := b.Files.Find(v)
		if m == nil {
			return &steps.Refused{
				Problem: b.Command.Line + " would take back " + v + ", and no file here has it",
				Advice:  "bring the file back, or take it back without belay", Fatal: true,
			}
		}
		turned, err := turn(*m)
		if err != nil {
			turned = unturned(*m)
		}
		b.Chosen = append(b.Chosen, turned)
		f.Chosen, f.Pending = append(f.Chosen, m.Version), append(f.Pending, named(b.Files, turned))
	}
	for _, v := range versions {
		if !slices.ContainsFunc(b.Chosen, func(m migration.Migration) bool { return sameVersion(m, v) }) {
			return &steps.Refused{
				Problem: fmt.Sprintf("%s takes back %s, and not %s", b.Command.Line, strings.Join(takes, ", "), v),
				Advice:  "leave the version out, or take it back with the tool itself", Fatal: true,
			}
		}
	}
	return nil
}

func notNewest(m migration.Migration, above []migration.Migration) error {
	var names []string
	for _, a := range above {
		names = append(names, a.Version)
	}
	after := strings.Join(names, ", ")
	slices.Reverse(names)
	return &steps.Refused{
		Problem: fmt.Sprintf("%s is not the newest applied version; applied after it: %s", m.Version, after),
		Advice: "name them all to take them back together, newest first: belay rollback " +
			strings.Join(append(names, m.Version), " "), Fatal: true,
	}
}

// turn puts the down file where the up file stands: it is what is reviewed, runs
// and is hashed. The up file becomes the way back of the way back.
func turn(m migration.Migration) (migration.Migration, error) {
	switch {
	case m.Down == nil:
		return m, &steps.Refused{
			Problem: m.Up.Path + " has no down file", Advice: "write one, or fix it with a new migration", Fatal: true,
		}
	case len(strings.TrimSpace(string(m.Down.Bytes))) == 0:
		return m, &steps.Refused{
			Problem: m.Down.Path + " is empty: it would be recorded as taken back with nothing changed",
			Advice:  "write the way back into it", Fatal: true,
		}
	}
	up := m.Up
	m.Up, m.Down = *m.Down, &up
	return m, nil
}

// unturned is a migration whose way back only the team's command knows.
func unturned(m migration.Migration) migration.Migration {
	m.Up.Tx, m.Down = migration.TxForeign, nil
	return m
}

// unrecordIn says what takes the version out of the history table, and how its
// absence shows.
func unrecordIn(u *steps.Unit, b steps.Folder, version string) {
	h, table := b.Table.Variant, b.Table.Quoted
	m := b.Files.Find(version)
	if m == nil {
		return
	}
	prev := before(b.Files, *m)
	u.Record, u.History = h.Unrecord(table, *m, prev), written(b)
	u.Mark = apply.Mark{SQL: h.Read(table), Version: version, UpTo: h.UpTo, Absent: true}
	if u.Wrap == apply.OneByOne && h.BeginDown != nil {
		u.Begin, u.Unbegin = h.BeginDown(table, *m, prev), h.Record(table, *m)
	}
}

// meant reports a hazard that is the very purpose of a way back: what it drops
// is what the way forward made. The dialog says what is lost.
func meant(back bool, f sqlview.FileResult, h sqlview.Finding) bool {
	if !back || h.Severity != lint.Stop.String() || h.Statement >= len(f.Statements) {
		return false
	}
	s := f.Statements[h.Statement]
	return s.Analysed && s.Reversible == effect.ReversibleNone
}
