package engine

import (
	"fmt"

	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/playbook"
	"belay/steps/state"
)

// resume takes up a run that an earlier engine opened: the plan is the one that
// was confirmed, not what the files say now.
func (g *engine) resume() error {
	p, err := ReadPlan(g.folder)
	if err != nil {
		return err
	}
	g.env.Resumed = true
	if o := g.run.Opened; o != nil && o.Adopts != "" && g.run.Claim.Run == "" {
		g.env.Adopt = o.Adopts // it was not taken over yet
	}
	g.env.Versions, g.env.Tripwire = nil, p.Tripwire
	if asked := g.order.Tripwire; asked != nil && p.Tripwire != nil {
		p.Tripwire.Only = p.Tripwire.Only || asked.Only
	}
	before, _, _ := state.Get[fact.Baseline](g.run)
	g.env.Baseline = steps.NewBaseline(before)
	g.found.Smoke, _, _ = state.Get[fact.Smoke](g.run)
	files, backfills := make(map[string][]byte, len(p.Files)), map[string]steps.Backfill{}
	for _, f := range p.Files {
		if f.Backfill != nil {
			backfills[f.Version] = *f.Backfill
			if p.Command == playbook.Backfill.Name {
				g.env.Backfill = f.Backfill
			}
		}
		if migration.NewFile(f.Path, []byte(f.SQL), "").SHA256 != f.SHA256 {
			return fmt.Errorf("plan: %s: its bytes are not the ones that were confirmed", f.Path)
		}
		files[f.Version] = []byte(f.SQL)
	}
	g.env.Confirmed = &steps.Confirmed{
		Files: files, Backfills: backfills, SHA256: p.SHA256, SystemID: p.SystemID, DatabaseOID: p.DatabaseOID,
		Timeline: p.Timeline, Command: p.Team,
	}
	for _, f := range p.Files {
		g.env.Confirmed.Versions = append(g.env.Confirmed.Versions, f.Version)
	}
	return nil
}
