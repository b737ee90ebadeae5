package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"belay/db"
	"belay/db/ledger"
	"belay/steps"
	"belay/steps/journal"
)

// strayLimit bounds what is asked of the server about a run that cannot be asked
// itself.
const strayLimit = 10 * time.Second

// stray is what the server knows of a run: its sessions. Some belong to a run whose
// folder is not here, or whose engine hears nothing.
func (a *app) stray(id string, cancel bool) (said string, found bool, err error) {
	p, err := a.project()
	if err != nil || !p.HasDSN() || len(id) != 8 {
		return "", false, err
	}
	cfg, err := db.ParseConfig(p.DSN, p.DSNFrom)
	if err != nil {
		return "", false, err
	}
	ctx, stop := context.WithTimeout(a.ctx, strayLimit)
	defer stop()
	c, err := db.Connect(ctx, cfg, db.Session{Kind: db.Escape, Run: "look"})
	if err != nil {
		return "", false, err
	}
	defer c.Close()
	all, err := ledger.SessionsOf(ctx, c, id)
	if err != nil || len(all) == 0 {
		return "", false, err
	}
	words := make([]string, 0, len(all))
	for _, s := range all {
		word := s.String()
		if cancel && !strings.Contains(s.Application, "+") {
			word += a.cancelStray(ctx, c, s)
		}
		words = append(words, word)
	}
	return strings.Join(words, "; "), true, nil
}

// cancelStray cancels what an executor's session runs, and says what came of it.
func (a *app) cancelStray(ctx context.Context, c *db.Conn, s db.Holder) string {
	ended, err := db.CancelRunning(ctx, c, s.PID, s.Since)
	switch {
	case err != nil:
		return ": could not be cancelled: " + err.Error()
	case !ended:
		return ": runs nothing now"
	}
	return ": what it ran is cancelled, and the server undoes its transaction"
}

// stopStray stops a run that has no folder here.
func (a *app) stopStray(id string, now bool, why error) error {
	said, found, err := a.stray(id, now)
	if !found {
		return errors.Join(why, err)
	}
	advice := "`belay stop " + id +
		" --now` cancels what it runs; its engine ends before the next file once it finds its folder gone"
	if now {
		advice = "look again with `belay watch`; its engine ends once it finds its folder gone"
	}
	return &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: fmt.Sprintf("run %s has no folder on this host; on the server are: %s", id, said), Advice: advice,
	}
}
