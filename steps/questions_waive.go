package steps

import (
	"slices"
	"strings"
)

// waive is the last part of a question that takes a reason for going on, and
// anyWaiver how such ids are listed.
const (
	waive     = ".waive"
	anyWaiver = "STEP" + waive
)

// waivable are the steps, and the deploy, whose stop a reason may lift. The
// names are part of the answers file, also where this belay has no such step.
var waivable = []string{
	"target", "preflight", "backup", "rehearse", "review", "deploy", "rollback", "estimate", "run", "verify", "smoke",
	"monitor", "report",
}

// IsWaiver reports whether a question takes a reason for going on past the stop of a step.
func IsWaiver(id string) bool {
	step, ok := strings.CutSuffix(id, waive)
	return ok && slices.Contains(waivable, step)
}
