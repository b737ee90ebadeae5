package checklist

import (
	"fmt"

	"belay/db"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/fact"
)

// sameDatabase refuses to go on with a run on another database than its own.
func sameDatabase(run string, c *steps.Confirmed, id db.Identity) error {
	if c == nil || id.SystemIdentifier == c.SystemID && id.DatabaseOID == c.DatabaseOID {
		return nil
	}
	return &steps.Refused{
		Problem: "this is not the database of the run: " + differs(id, c),
		Advice: "connect to the database that the run was confirmed for; where that is gone, `belay abandon " + run +
			"` closes the run with a reason",
		Fatal: true,
	}
}

// differs names what is not the same of a database and a run's.
func differs(id db.Identity, c *steps.Confirmed) string {
	if id.SystemIdentifier == c.SystemID {
		return fmt.Sprintf("its oid is %d, the run's database had %d in the same cluster: it was dropped and made "+
			"again, or is another", id.DatabaseOID, c.DatabaseOID)
	}
	return fmt.Sprintf("it is in the cluster of system identifier %s, the run's was in %s", id.SystemIdentifier,
		c.SystemID)
}

// chooseConfirmed takes exactly the versions of a run that is taken up again,
// with the bytes that were confirmed in the place of what the files say now.
func chooseConfirmed(e *steps.Env, target steps.Target, b *steps.Folder, f *fact.Folder) error {
	c := b.Confirmed
	if err := sameDatabase(e.Run, c, target.Identity); err != nil {
		return err
	}
	for _, v := range c.Versions {
		m := b.Files.Find(v)
		if m == nil {
			return &steps.Refused{
				Problem: "the file of version " + v + " is gone", Advice: "take it back: the run was confirmed with it",
				Fatal: true,
			}
		}
		bound := *m
		if b.Back {
			var err error
			if bound, err = turn(bound); err != nil && b.Command != nil {
				bound, err = unturned(bound), nil
			}
			if err != nil {
				return err
			}
		}
		bound.Up = migration.NewFile(bound.Up.Path, c.Files[v], bound.Up.Tx)
		b.Chosen = append(b.Chosen, bound)
		f.Chosen = append(f.Chosen, v)
	}
	return nil
}
