package checklist

import (
	"fmt"
	"slices"

	"belay/steps"
	"belay/steps/fact"
	"belay/steps/git"
)

// lostItems names what would run and what an earlier run of this user applied, or took
// back, on this database. Where another server was promoted since, that is why.
func lostItems(e *steps.Env, target steps.Target, folder steps.Folder) []fact.Item {
	if folder.Confirmed != nil || folder.Back {
		return nil
	}
	var items []fact.Item
	id := target.Identity
	by, back := e.Engine.AppliedBefore(id.SystemIdentifier, id.DatabaseOID)
	for _, m := range folder.Status.Applied {
		// What git or the ledger tells of an edit is more than the journals know.
		known := slices.ContainsFunc(folder.Git.Edited, func(ed git.Edited) bool { return ed.Path == m.Up.Path })
		was := by[m.Version]
		here := was.Dir == e.Project.Dir && was.Folder == e.Project.Shown()
		if p, altered := was.Altered(m.Up); altered && here && !known && !folder.Ledger.Use {
			item := problemItem(p, false)
			if target.Environment != "local" { // there it is how files are written
				item.Level = fact.Stop
			}
			items = append(items, item)
		}
	}
	for _, m := range folder.Chosen {
		if b, ok := back[m.Version]; ok {
			items = append(items, fact.Item{
				ID: "taken-back", Level: fact.Look,
				Text: fmt.Sprintf("%s was taken back %s by run %s, and is pending again", m.Version,
					b.At.UTC().Format("2 Jan 15:04 UTC"), b.Run),
				Hint: "`belay report " + b.Run + "` says why; mend the file before it runs again",
			})
		}
		was, ok := by[m.Version]
		if !ok {
			continue
		}
		item := fact.Item{
			ID: "lost", Level: fact.Look,
			Text: fmt.Sprintf("run %s applied %s at %s, and the history table does not have it", was.Run, m.Version,
				was.At.UTC().Format("2006-01-02 15:04 UTC")),
			Hint: "somebody took it back, or a restore did: look before it runs again",
		}
		if was.Timeline != 0 && id.Timeline != 0 && was.Timeline != id.Timeline {
			item.Level = fact.Stop
			item.Hint = "another server was promoted since and does not have it: lost, and perhaps more; look before " +
				"it runs again"
		}
		items = append(items, item)
	}
	return items
}
