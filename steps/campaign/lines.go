package campaign

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/db"
	"belay/db/ledger"
)

// Lines are the open campaigns of a database, one line each, as the ledger alone has them;
// a role that may not read them gets none.
func Lines(ctx context.Context, c *db.Conn, identity string) ([]string, error) {
	missing, err := ledger.MissingForCampaigns(ctx, c)
	if err != nil || slices.ContainsFunc(missing, ledger.Right.Reads) {
		return nil, err
	}
	rows, _, err := ledger.Campaigns(ctx, c, identity)
	if err != nil {
		return nil, err
	}
	var now time.Time
	if err := c.QueryRow(ctx, `SELECT pg_catalog.clock_timestamp()`).Scan(&now); err != nil {
		return nil, err
	}
	var all []string
	for _, r := range rows {
		if r.State != ledger.CampaignOpen {
			continue
		}
		line := "campaign " + r.Short() + " on " + strings.Join(r.Objects, ", ") + " is open"
		if k, err := read(r); err == nil {
			if p, n := k.Current(); p != nil {
				line = fmt.Sprintf("campaign %s, %s: phase %d of %d, %s; %s", k.Short(), k.Start.Says, n, len(k.Phases),
					p.Title, p.waitsFor(now))
			}
		}
		all = append(all, line+" (`belay due`)")
	}
	return all, nil
}

// waitsFor says whom or what a phase waits for, as far as the ledger alone tells.
func (p *Phase) waitsFor(now time.Time) string {
	switch t := p.open(); {
	case t != nil:
		return "its tripwire of " + t.At.Format(stamp) + " is not known to be back"
	case p.Confirms():
		return "it waits for a person's word that " + p.Ask
	case p.row.State == ledger.PhaseWritten:
		return "its files, written by " + p.Written.By + ", wait to be run"
	case p.row.NotBefore.After(now):
		return "it waits until " + p.row.NotBefore.Format(stamp)
	}
	return "it waits for a person to look and to write its files"
}
