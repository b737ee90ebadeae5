package backfill

import (
	"strings"

	"belay/sqlview/catalog"
)

// Coverage says what keeps new and changed rows right while the backfill runs.
type Coverage struct {
	Kind CoverageKind `json:"kind"`
	// Name is the trigger's or column's.
	Name string `json:"name,omitempty"`
	// Misses says which rows can be missed; the verify finds them.
	Misses string `json:"misses,omitempty"`
}

// CoverageKind names what covers.
type CoverageKind string

// The kinds, best first.
const (
	SyncTrigger   CoverageKind = "sync trigger"
	OtherTrigger  CoverageKind = "trigger"
	DualWrite     CoverageKind = "dual write"
	ColumnDefault CoverageKind = "column default"
	NotCovered    CoverageKind = "none"
)

const changedRows = "a row whose source columns change after its batch keeps the old value"

func (p *Plan) covered() Coverage {
	if p.synced() {
		return Coverage{Kind: SyncTrigger, Name: p.triggerName(), Misses: p.trailing()}
	}
	for _, t := range p.Facts.Triggers {
		if t.Before && t.Insert && t.fires() && !strings.HasPrefix(t.Name, triggerPrefix) && p.mentionsAll(t.body) {
			return Coverage{Kind: OtherTrigger, Name: t.Name, Misses: "belay cannot tell whether it computes the same"}
		}
	}
	if p.Spec.DualWrite {
		return Coverage{
			Kind:   DualWrite,
			Misses: "what a process of the old code still writes; belay cannot see when the last one ended",
		}
	}
	for _, t := range p.targets {
		if !t.hasDefault {
			return Coverage{Kind: NotCovered, Misses: "an insert that commits behind the cursor, and " + changedRows}
		}
	}
	return Coverage{Kind: ColumnDefault, Name: p.targets[0].name, Misses: changedRows}
}

// trailing says what a filled row may miss behind a sync trigger.
func (p *Plan) trailing() string {
	if p.guardReadsTarget() && p.readsColumns() {
		return "a row whose source columns change after it was filled keeps its value: the WHERE no longer selects it"
	}
	return ""
}

func (p *Plan) mentionsAll(body string) bool {
	for _, t := range p.targets {
		if !catalog.Mentions(body, t.name) {
			return false
		}
	}
	return true
}
