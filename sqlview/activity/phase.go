package activity

import "strings"

// phases are the phases of pg_stat_progress_create_index whose own words do not
// say what is waited for or read (PostgreSQL 12 to 18).
var phases = map[string]string{
	"initializing":                            "starting",
	"waiting for writers before build":        "waiting for transactions that may write without the index",
	"building index":                          "building the index",
	"building index: scanning table":          "reading the table",
	"building index: sorting live tuples":     "sorting",
	"building index: loading tuples in tree":  "writing the index",
	"waiting for writers before validation":   "waiting for transactions that write without the index",
	"index validation: scanning index":        "reading the index to check it",
	"index validation: sorting tuples":        "sorting what was read",
	"index validation: scanning table":        "looking for rows that were added meanwhile",
	"waiting for old snapshots":               "waiting for old snapshots",
	"waiting for readers before marking dead": "waiting for queries that still use the old index",
	"waiting for readers before dropping":     "waiting for queries that may still see the old index",
}

// Phase says a phase of the pg_stat_progress views in words. One that is not
// known stays as PostgreSQL spells it; of a build's own only what stands behind
// the access method's colon.
func Phase(spelled string) string {
	if w, ok := phases[spelled]; ok {
		return w
	}
	if _, step, ok := strings.Cut(spelled, ": "); ok {
		return step
	}
	return spelled
}
