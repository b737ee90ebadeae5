package checklist

import (
	"fmt"

	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/fact"
)

// sameDatabase refuses to go on with a run on another database than its own.
func sameDatabase(e *steps.Env) error {
	c, id := e.Confirmed, e.Bench.Identity
	if c == nil || id.SystemIdentifier == c.SystemID && id.DatabaseOID == c.DatabaseOID {
		return nil
	}
	return &steps.Refused{
		Problem: fmt.Sprintf("this is not the database of the run: system %s, the run's is %s", id.SystemIdentifier, c.SystemID),
		Advice:  "connect to the database that the run was confirmed for", Fatal: true,
	}
}

// chooseConfirmed takes exactly the versions of a run that is taken up again,
// with the bytes that were confirmed in the place of what the files say now.
func chooseConfirmed(e *steps.Env, f *fact.Folder) error {
	c := e.Confirmed
	if err := sameDatabase(e); err != nil {
		return err
	}
	b := e.Bench
	b.Chosen = nil
	for _, v := range c.Versions {
		m := b.Folder.Find(v)
		if m == nil {
			return &steps.Refused{
				Problem: "the file of version " + v + " is gone", Advice: "take it back: the run was confirmed with it", Fatal: true,
			}
		}
		kept := *m
		if e.Back {
			var err error
			if kept, err = turn(kept); err != nil {
				return err
			}
		}
		kept.Up = migration.NewFile(kept.Up.Path, c.Files[v], kept.Up.Tx)
		b.Chosen = append(b.Chosen, kept)
		f.Chosen = append(f.Chosen, v)
	}
	return nil
}
