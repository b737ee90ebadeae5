package backfill

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"belay/db"
	"belay/sqlview/usage"
)

// Level is how much a hazard weighs, in the words of belay's rules.
type Level string

// The levels. Stop forbids the run.
const (
	Stop   Level = "stop"
	Warn   Level = "warn"
	Notice Level = "notice"
)

// Hazard is one thing a person should know before the backfill starts.
type Hazard struct {
	Level Level `json:"level"`
	// Name is stable, such as "row-trigger".
	Name    string `json:"name"`
	Message string `json:"message"`
	Why     string `json:"why"`
	// Instead is what to do about it; "" = nothing need be done.
	Instead string `json:"instead,omitempty"`
}

func (p *Plan) say(l Level, name, message, why, instead string) {
	p.Hazards = append(p.Hazards, Hazard{l, name, message, why, instead})
}

func placeList(columns []string) string { return strings.Join(columns, ", ") }

func noKeyAdvice(why []string) string {
	if len(why) == 0 {
		return "the table has no unique index"
	}
	return "unique indexes there: " + strings.Join(why, "; ")
}

// byPlace says what walking by ctid cannot do.
func (p *Plan) byPlace(l Leaf, why []string, major int) {
	p.say(Warn, "no-key", l.Name+" has no fit key and is walked by ctid, page by page",
		"a row that another session moves while the pass runs is met only by a later pass (at most 3); "+
			noKeyAdvice(why),
		"create a unique index over NOT NULL columns first")
	if major > 0 && major < 14 {
		p.say(Stop, "no-tid-range", "this server cannot scan a range of ctid", "that came with PostgreSQL 14",
			"create a unique index first")
	}
	if p.Statement.ReadsTarget && !p.guardReadsTarget() {
		p.say(Stop, "no-guard", "the statement reads what it sets, and there is neither a key nor a guard on it",
			"a pass over ctid may meet a row it has changed",
			"add --where that is false once a row is done, or create a unique index")
	}
}

// plannerRows is the planner's estimate of a leaf that was never analyzed.
func plannerRows(ctx context.Context, c *db.Conn, leaf string) (int64, error) {
	var text string
	if err := c.QueryRow(ctx, "EXPLAIN (FORMAT JSON) SELECT FROM ONLY "+leaf+" "+usage.Mark).Scan(&text); err != nil {
		return 0, fmt.Errorf("backfill: rows of %s: %w", leaf, err)
	}
	var plans []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := json.Unmarshal([]byte(text), &plans); err != nil || len(plans) == 0 {
		return 0, fmt.Errorf("backfill: rows of %s: plan not understood: %w", leaf, err)
	}
	return int64(plans[0].Plan.Rows), nil
}
