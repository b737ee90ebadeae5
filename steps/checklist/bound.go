package checklist

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"belay/steps"
)

// boundTo is what an approval of the plan is of: its exact bytes, the database,
// and the settings under which it would run. Whatever of it changes, the
// approval is void and is asked for again.
func boundTo(e *steps.Env, target steps.Target, p *steps.Plan) string {
	l, id := e.Project.Limits, target.Identity
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s/%d\n%s\n%s %s %d %d %s", p.SHA256, id.SystemIdentifier,
		id.DatabaseOID,
		target.Roles.Acts, l.LockTimeout, l.HoldBudget, l.QueueLimit, l.Attempts, l.RetryFor))
	return hex.EncodeToString(sum[:8])
}
