package execute

import (
	"time"

	"belay/db/backfill"
	"belay/steps"
)

// Pacing is what is allowed of a backfill: it is known before the database is asked.
type Pacing struct {
	limit  time.Duration // of a batch; 0 = none
	role   string
	vacuum bool
}

// PacingOf reads it of belay.toml and of the answers.
func PacingOf(e *steps.Env, roles steps.Roles) Pacing {
	p := Pacing{role: roles.Acts}
	if limit := e.Project.Config.Throttle.BatchTime; limit != nil {
		p.limit = limit.Duration
	}
	yes, _ := e.Engine.Answered(steps.BackfillVacuum)
	p.vacuum = yes == "yes"
	return p
}

// Of is a Spec with what is allowed: the shorter batch time counts.
func (p Pacing) Of(s backfill.Spec) backfill.Spec {
	if p.limit > 0 && (s.BatchTime == 0 || s.BatchTime > p.limit) {
		s.BatchTime = p.limit
	}
	s.Role = p.role
	s.Vacuum = s.Vacuum || p.vacuum
	return s
}
