package campaign

import (
	"context"
	"slices"
	"strings"

	dbevidence "belay/db/evidence"
	"belay/steps/evidence"
)

// Evidence asks who still uses what a phase takes away, since its baseline. A table that is
// no longer there has no users; then the report is nil.
func (d *Desk) Evidence(ctx context.Context, p *Phase) (*evidence.Report, error) {
	if p.Gates.Evidence == "" {
		return nil, nil
	}
	all, err := d.used(ctx, p, p.Gates.Evidence, p.Baseline)
	if err != nil {
		return nil, err
	}
	for _, name := range p.Gates.Also {
		more, err := d.used(ctx, p, name, of(p.Baseline, name))
		if err != nil {
			return nil, err
		}
		join(&all, more, name)
	}
	return &all, nil
}

func (d *Desk) used(ctx context.Context, p *Phase, name string, before *dbevidence.Baseline) (evidence.Report, error) {
	migrations := ""
	if d.Project.Picked.Tool != "" {
		migrations = d.folder()
	}
	return evidence.Look(ctx, d.conn, evidence.Request{
		Name: name, Standbys: d.Standbys, Code: d.Code, Migrations: migrations, Samples: d.Samples,
		Pause: evidencePause, Before: before, Ignore: p.Gates.Own, Older: p.Older,
	})
}

// baseline is what a later look begins from.
func baseline(seen *evidence.Report) *dbevidence.Baseline {
	return &dbevidence.Baseline{At: seen.At, Counts: seen.Counts, Asked: seen.Asked}
}

// of is a baseline with the counts of one thing of several alone.
func of(b *dbevidence.Baseline, name string) *dbevidence.Baseline {
	if b == nil {
		return nil
	}
	own := &dbevidence.Baseline{At: b.At, Asked: b.Asked, Counts: map[string]int64{}}
	for key, n := range b.Counts {
		if rest, ok := strings.CutPrefix(key, name+"\n"); ok {
			own.Counts[rest] = n
		}
	}
	return own
}

// join puts what was seen of a second thing behind what was seen of the first, under
// names of its own.
func join(all *evidence.Report, more evidence.Report, name string) {
	for _, s := range more.Sources {
		if s.Name == dbevidence.StandbysSource {
			continue // they are the same for both
		}
		s.Name += " of " + more.Found.Column
		all.Sources = append(all.Sources, s)
	}
	for key, n := range more.Counts {
		all.Counts[name+"\n"+key] = n
	}
	all.Subject += ", " + more.Subject
	worst := []dbevidence.Verdict{dbevidence.Nothing, dbevidence.Perhaps, dbevidence.CouldNot, dbevidence.Red}
	if slices.Index(worst, more.Verdict) > slices.Index(worst, all.Verdict) {
		all.Verdict, all.Says = more.Verdict, more.Subject+": "+more.Says
	}
}
