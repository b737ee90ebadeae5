package throttle

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// SQL waits while a query of the team's own says so.
var SQL = add(Signal{
	Name: "sql",
	Doc: "A SELECT of the team's own that gives one number; above 0 the backfill waits. It runs once a second in a " +
		"read-only session. No row, or NULL, is no answer: wait.",
	Over:   Wait,
	Check:  isQuery,
	Sample: sampleSQL,
})

func sampleSQL(ctx context.Context, in Input) (Reading, error) {
	var v *float64
	err := in.asTeam(ctx, func(q Querier) error {
		return q.QueryRow(ctx, "SELECT (SELECT * FROM ("+in.Limit+"\n) AS t LIMIT 1)::double precision").Scan(&v)
	})
	if errors.Is(err, pgx.ErrNoRows) || err == nil && v == nil {
		return Reading{}, errors.New("the query gave no number")
	}
	if err != nil {
		return Reading{}, fmt.Errorf("the query: %w", err)
	}
	return Reading{What: "the team's query", Value: strconv.FormatFloat(*v, 'f', -1, 64), Limit: "0", Over: *v > 0}, nil
}
