package campaign

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"belay/db/ledger"
	"belay/sqlview/migration"
	"belay/sqlview/rewrite"
	"belay/steps/fix"
)

// Back is what gives a campaign up: the schema is then as at its start.
type Back struct {
	// Made are migrations that take back what ran; none = nothing ran.
	Made []migration.Migration
	// Gone are files that were written and never ran: they are taken out of the folder.
	Gone []migration.Migration
	// Says is what a person has to know first.
	Says []string
}

// Abandon works out how a campaign is given up. The error says why it cannot be.
func (d *Desk) Abandon(c *Campaign, now string) (Back, error) {
	var b Back
	if c.State != ledger.CampaignOpen {
		return b, refused("`belay campaign list` has those that are open", "campaign %s is %s already", c.Short(),
			c.State)
	}
	var ways []migration.Draft
	deployed := false
	for _, p := range slices.Backward(c.Phases) {
		deployed = deployed || p.Stage == Deploy && p.Confirmed != nil
		for _, f := range slices.Backward(p.Files) {
			if f.Version == "" {
				continue
			}
			if err := d.takeBack(c, f, &b, &ways); err != nil {
				return b, err
			}
		}
	}
	if len(ways) > 0 && len(c.Start.Mend) > 0 {
		ways = append(ways, migration.Draft{
			Title: "make whole " + c.Start.Says, Down: "-- Nothing to take back.\n",
			Up: header(c, "what came back is read again, so that it holds as at the start") + closed(c.Start.Mend),
		})
	}
	if deployed {
		b.Says = append(b.Says, "code that uses the new is deployed: deploy code that uses the old alone first")
	}
	if len(ways) == 0 {
		return b, nil
	}
	var err error
	b.Made, err = d.compose(ways, now)
	return b, err
}

// takeBack adds what a written file needs to be as if it had never been.
func (d *Desk) takeBack(c *Campaign, f File, b *Back, ways *[]migration.Draft) error {
	switch d.fate(f) {
	case waiting:
		i := slices.IndexFunc(d.Standing.Folder.Migrations,
			func(m migration.Migration) bool { return m.Version == f.Version })
		m := d.Standing.Folder.Migrations[i]
		if slices.Contains(d.Standing.Git.Merged, m.Up.Path) {
			return refused("run it first (belay run), and abandon the campaign then",
				"%s is merged and has not run here: other databases may have run it", f.Path)
		}
		b.Gone = append(b.Gone, m)
		return nil
	case unknown:
		return refused("use the folder that has it, or the database that ran it",
			"%s, which the campaign wrote, is neither in this folder nor in the history table", f.Path)
	}
	if len(f.Down) == 0 {
		if f.Nothing != "" {
			return nil
		}
		return refused("go on with it: belay campaign show "+c.Short(),
			"%s has run, and there is no way back from it: %s", f.Path, f.Back)
	}
	if len(f.Retreat) > 0 {
		for _, r := range f.Retreat {
			*ways = append(*ways, retreat(c, f, r))
		}
		b.Says = append(b.Says, "from the first of these files on a write that has no value of the old type fails")
		return nil
	}
	d1 := migration.Draft{
		Title: "take back " + f.Title, Up: header(c, "takes back "+path.Base(f.Path)) + closed(f.Down),
		NoTransaction: f.DownAlone, Down: closedUp(f), DownNoTransaction: f.Alone,
	}
	*ways = append(*ways, d1)
	return nil
}

// retreat is one of the files that take a file back together.
func retreat(c *Campaign, f File, r rewrite.Phase) migration.Draft {
	d := migration.Draft{
		Title: "take back, " + r.Title, Up: header(c, "takes back "+path.Base(f.Path)+": "+r.Why) + closed(r.SQL),
		NoTransaction: r.Alone, Down: "-- Nothing to take back.\n", DownNoTransaction: r.DownAlone,
	}
	if r.Backfill {
		d.Up = "-- belay: backfill\n" + d.Up
	}
	if len(r.Down) > 0 {
		d.Down = closed(r.Down)
	} else if r.Switch {
		d.Down = closed(f.SQL)
	}
	return d
}

func header(c *Campaign, why string) string {
	return "-- Campaign " + c.Short() + ", " + strings.ReplaceAll(c.Start.Says, "\n", " ") + ", is abandoned: " +
		why + ".\n"
}

func closed(all []string) string { return strings.Join(all, ";\n") + ";\n" }

// closedUp is the way back of a way back.
func closedUp(f File) string {
	if f.Backfill {
		return ""
	}
	return closed(f.SQL)
}

// GiveUp writes what takes the campaign back, takes away what never ran, and closes it.
func (d *Desk) GiveUp(ctx context.Context, c *Campaign, b Back) (paths []string, copies string, err error) {
	if err := d.Ledger(ctx, true); err != nil {
		return nil, "", err
	}
	if err := d.Untouched(ctx, c); err != nil {
		return nil, "", err
	}
	var gone []migration.File
	for _, m := range b.Gone {
		gone = append(gone, m.Files()...)
	}
	if len(gone) > 0 {
		if copies, err = fix.KeepCopies(gone); err != nil {
			return nil, "", err
		}
	}
	d.Standing.Folder.Migrations = slices.DeleteFunc(d.Standing.Folder.Migrations, func(m migration.Migration) bool {
		return slices.ContainsFunc(b.Gone, func(g migration.Migration) bool { return g.Version == m.Version })
	})
	for _, f := range gone {
		err := os.Remove(filepath.Join(d.folder(), filepath.FromSlash(f.Path)))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, copies, fmt.Errorf("taking %s away: %w", f.Path, err)
		}
	}
	if paths, err = d.writeFiles(b.Made); err != nil {
		return paths, copies, err
	}
	return paths, copies, d.save(ctx, c, ledger.CampaignAbandoned)
}
