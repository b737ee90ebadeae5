package checklist

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/activity"
	"belay/sqlview/catalog"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/project"
)

// What is small, large and hot. Hot is judged by what one try at the lock with
// the hold after it could queue, against a pool of ordinary size.
const (
	smallRelation = 1 << 30
	largeRelation = 1 << 30
	hotQueue      = 100.0
)

// estimate puts a sample beside what the catalog and the judgement say.
func estimate(l project.Limits, judged steps.Judgement, s activity.Sample) fact.Estimate {
	f := fact.Estimate{
		At: s.At, OldestTransactionMS: s.Sessions.OldestTransactionMS, Replicas: s.Replicas, Items: []fact.Item{},
	}
	hold := (l.LockTimeout + l.HoldBudget).Seconds()
	for _, i := range impacts(judged) {
		for _, t := range s.Tables {
			if t.Relation != i.Relation {
				continue
			}
			i.Bytes, i.Rows, i.ReadsPerSecond, i.WritesPerSecond = t.Bytes, t.Rows, t.ReadsPerSecond, t.WritesPerSecond
		}
		i.QueuePerSecond = s.QueuePerSecond([]activity.Want{{Relation: i.Relation, Mode: i.Mode}})
		i.Hot = i.QueuePerSecond*hold >= hotQueue
		f.Relations = append(f.Relations, i)
		f.Items = append(f.Items, impactItems(i, hold, len(s.Replicas))...)
	}
	f.Items = append(f.Items, aroundItems(f)...)
	return f
}

// impacts lists the relations that the plan locks, with the strongest mode and
// what hangs on each. The traffic of an index is its table's.
func impacts(judged steps.Judgement) []fact.Impact {
	var all []fact.Impact
	at := map[string]int{}
	for _, f := range judged.Files {
		for _, eff := range f.Effects {
			for _, l := range eff.Locks {
				if _, index := judged.Named.Indexed(l.Relation); index != nil {
					continue
				}
				n, seen := at[l.Relation]
				if !seen {
					n, at[l.Relation] = len(all), len(all)
					all = append(all, newImpact(l.Relation, judged.Named))
				}
				i := &all[n]
				i.Mode = max(i.Mode, l.Mode)
				i.Rewrite = i.Rewrite || slices.Contains(eff.Rewrites, l.Relation)
				i.Scan = i.Scan || slices.Contains(eff.Scans, l.Relation)
			}
		}
	}
	return all
}

func newImpact(relation string, s *catalog.Snapshot) fact.Impact {
	i := fact.Impact{
		Relation: relation, Bytes: -1, Rows: -1, ReadsPerSecond: -1, WritesPerSecond: -1, QueuePerSecond: -1,
	}
	r := s.Relation(relation)
	if r == nil {
		return i
	}
	i.In = slices.Clone(r.ReferencedBy)
	for _, c := range r.Constraints {
		if c.Type == catalog.ForeignKey {
			i.Out = append(i.Out, c.References)
		}
	}
	for _, t := range r.Triggers {
		if t.Enabled {
			i.Triggers = append(i.Triggers, t.Name)
		}
	}
	return i
}

// impactItems are the lines of one relation.
func impactItems(i fact.Impact, hold float64, replicas int) []fact.Item {
	main := fact.Item{ID: "impact", Level: fact.OK, Text: i.Relation + " (" + sizeOf(i) + "): " + trafficOf(i)}
	if i.Hot {
		n := measure.Noun(measure.Count(i.QueuePerSecond*hold), "statement")
		main.Level, main.Text = fact.Stop, main.Text+fmt.Sprintf("; busy: %s could queue in one try", n)
		if i.Bytes >= 0 && i.Bytes < smallRelation {
			main.Text = strings.Replace(main.Text, "; busy:", "; small but busy:", 1)
		}
		main.Hint = "run it when the table is quieter; belay's tries stay short, and are undone past their limit"
	}
	items := []fact.Item{main}
	if i.Rewrite {
		items = append(items, rewriteItem(i, replicas))
	} else if i.Scan && i.Bytes >= largeRelation {
		items = append(items, fact.Item{
			ID: "scan", Level: fact.Look, Text: i.Relation + " is read from end to end: " + measure.Bytes(i.Bytes),
			Hint: "its locks are held as long; the review names a way without that",
		})
	}
	if hangs := hangingOn(i); hangs != "" {
		items = append(items, fact.Item{ID: "around", Level: fact.OK, Text: i.Relation + ": " + hangs})
	}
	return items
}

func rewriteItem(i fact.Impact, replicas int) fact.Item {
	it := fact.Item{
		ID: "rewrite", Level: fact.OK,
		Text: i.Relation + " is rewritten: needs about " + measure.Bytes(i.Bytes) + " of free disk, and as much WAL",
	}
	if replicas > 0 {
		it.Text += " to " + measure.Plural(replicas, "replica")
	}
	if i.Bytes < 0 || i.Bytes >= largeRelation {
		it.Level, it.Hint = fact.Look, "a server does not tell its free disk: look there before"
	}
	return it
}

func sizeOf(i fact.Impact) string {
	s := measure.Bytes(i.Bytes)
	if i.Rows >= 0 {
		s += ", ~" + measure.Noun(measure.Count(i.Rows), "row")
	}
	return s
}

func trafficOf(i fact.Impact) string {
	if i.ReadsPerSecond < 0 {
		return "traffic not known yet"
	}
	s := fmt.Sprintf("%s reads/s, %s writes/s", measure.Rate(i.ReadsPerSecond), measure.Rate(i.WritesPerSecond))
	if i.QueuePerSecond > 0 {
		s += fmt.Sprintf("; %s statements/s would queue behind %s", measure.Rate(i.QueuePerSecond), i.Mode)
	}
	return s
}

func hangingOn(i fact.Impact) string {
	var parts []string
	for _, p := range []struct {
		what string
		of   []string
	}{{"foreign keys from ", i.In}, {"foreign keys to ", i.Out}, {"triggers ", i.Triggers}} {
		if len(p.of) > 0 {
			parts = append(parts, p.what+strings.Join(slices.Compact(slices.Sorted(slices.Values(p.of))), ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// aroundItems are what goes on beside the relations.
func aroundItems(f fact.Estimate) []fact.Item {
	items := []fact.Item{{ID: "oldest", Level: fact.OK, Text: "no transaction is open"}}
	if f.OldestTransactionMS > 0 {
		items[0].Text = "the oldest open transaction is " + age(f.OldestTransactionMS) + " old"
	}
	for _, r := range f.Replicas {
		lag := "lag unknown"
		if r.LagMS >= 0 {
			lag = measure.MS(r.LagMS) + " behind"
		}
		items = append(items, fact.Item{ID: "replica", Level: fact.OK, Text: "replica " + r.Name + ": " + lag})
	}
	return items
}
