package checklist

import (
	"testing"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/sqlview/lock"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/project"
)

// A lock on a table is judged by what waits for it, not by its size.
func TestEstimateKnowsHotFromLarge(t *testing.T) {
	for _, c := range []struct {
		name   string
		table  activity.Table
		mode   lock.Mode
		status journal.Status
		text   string
	}{
		{"small but busy", activity.Table{Bytes: 8192, Rows: 40, ReadsPerSecond: 2000, WritesPerSecond: 310},
			lock.AccessExclusive, journal.Look,
			"public.t (8 kB, ~40 rows): 2 000 reads/s, 310 writes/s; 2 310 statements/s would queue behind ACCESS " +
				"EXCLUSIVE; small but busy: 2 772 statements could queue in one try"},
		{"large and busy", activity.Table{Bytes: 48 << 30, Rows: 212e6, ReadsPerSecond: 200}, lock.AccessExclusive,
			journal.Look,
			"public.t (48 GB, ~212 M rows): 200 reads/s, 0 writes/s; 200 statements/s would queue behind ACCESS " +
				"EXCLUSIVE; busy: 240 statements could queue in one try"},
		{"reads go on", activity.Table{Bytes: 8192, Rows: 40, ReadsPerSecond: 2000, WritesPerSecond: 2}, lock.Share,
			journal.Done,
			"public.t (8 kB, ~40 rows): 2 000 reads/s, 2 writes/s; 2 statements/s would queue behind SHARE"},
		{"large and quiet", activity.Table{Bytes: 48 << 30, Rows: 212e6}, lock.AccessExclusive, journal.Done,
			"public.t (48 GB, ~212 M rows): 0 reads/s, 0 writes/s"},
		{"one sample only", activity.Table{Bytes: 8192, Rows: 40, ReadsPerSecond: -1, WritesPerSecond: -1},
			lock.AccessExclusive, journal.Done,
			"public.t (8 kB, ~40 rows): traffic not known yet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &steps.Env{Project: &project.Project{Limits: project.Defaults}}
			judged := steps.Judgement{
				Files: []*lint.File{
					{Effects: []effect.Effect{{Known: true, Locks: []effect.On{{Relation: "public.t", Mode: c.mode}}}}},
				},
			}
			c.table.Relation = "public.t"
			v, out := SampledEstimate(e, steps.Target{Target: fact.Target{Connected: true}}, judged, &steps.Plan{},
				activity.Sample{At: time.Unix(1, 0), Tables: []activity.Table{c.table}})
			if out.Status != c.status || out.Summary != c.text {
				t.Errorf("%s: %s", out.Status, out.Summary)
			}
			if got := v.(fact.Estimate).Relations[0].Hot; got != (c.status == journal.Look) {
				t.Errorf("busy = %v", got)
			}
		})
	}
}
