package watch

import (
	"context"
	"fmt"
	"strings"
	"time"

	"belay/db"

	"github.com/jackc/pgx/v5"
)

// Ghost is a backend that works under a run's name. Its client may be gone: the
// server runs a dead client's statement to its end.
type Ghost struct {
	PID          int       `json:"pid"`
	BackendStart time.Time `json:"backend_start,omitzero"` // zero = the role may not see it
	Application  string    `json:"application"`
	User         string    `json:"user"`
	// State and Query are "" where the role may not see them.
	State string `json:"state"`
	// Wait is "Lock/relation" and the like; "" = it waits for nothing.
	Wait string `json:"wait,omitempty"`
	// TransactionMS is the age of its transaction; -1 = none, or not to be seen.
	TransactionMS int64  `json:"transaction_ms"`
	Query         string `json:"query"`
}

// Step is the last part of the application name.
func (g Ghost) Step() string {
	parts := strings.SplitN(g.Application, "/", 3)
	return parts[len(parts)-1]
}

// Ghosts lists this database's backends named belay/RUN8/STEP, our own and the
// helpers (names with "+") left out, oldest first.
func Ghosts(ctx context.Context, c *db.Conn, run8 string) ([]Ghost, error) {
	prefix := "belay/" + run8 + "/"
	got, err := c.Query(ctx, sql("ghosts", c.ServerMajor()), prefix)
	if err != nil {
		return nil, fmt.Errorf("backends of run %s: %w", run8, err)
	}
	out, err := pgx.CollectRows(got, scanGhost)
	if err != nil {
		return nil, fmt.Errorf("backends of run %s: %w", run8, err)
	}
	return out, nil
}

func scanGhost(r pgx.CollectableRow) (g Ghost, err error) {
	var start *int64
	err = r.Scan(&g.PID, &start, &g.Application, &g.User, &g.State, &g.Wait, &g.TransactionMS, &g.Query)
	if start != nil {
		g.BackendStart = time.UnixMicro(*start).UTC()
	}
	g.Query = db.ShownQuery(g.Query)
	return g, err
}
