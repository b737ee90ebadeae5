package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"belay/db"
	"belay/db/ledger"
	"belay/steps"
	"belay/steps/engine"
	"belay/steps/handover"
	"belay/steps/journal"
)

// elsewhere finds a run of another host in the ledger of the database, by the
// beginning of its id; "" = the newest that is open. Where there is no database,
// no ledger, or no such run, it is not found.
func (a *app) elsewhere(id string) (run ledger.Open, found bool, err error) {
	p, err := a.project()
	if err != nil || !p.HasDSN() || p.Config.Ledger == "local" {
		return run, false, nil
	}
	cfg, err := p.Database()
	if err != nil {
		return run, false, err
	}
	c, err := db.Connect(a.ctx, cfg, db.Session{Kind: db.Monitor})
	if err != nil {
		return run, false, err
	}
	defer c.Close()
	who, err := db.Identify(a.ctx, c)
	if err == nil {
		err = c.Become(a.ctx, c.Role)
	}
	if err != nil {
		return run, false, err
	}
	have, err := ledger.Read(a.ctx, c)
	if err != nil || !have.Exists {
		return run, false, err
	}
	if err := ledger.Check(a.ctx, c); err != nil {
		return run, false, err
	}
	all, err := ledger.OpenRuns(a.ctx, c.Conn, who.Key())
	for _, o := range all {
		if strings.HasPrefix(o.ID, id) {
			return o, true, err
		}
	}
	return run, false, err
}

// takeOver starts an engine that asks for the take-over of a run of another host.
func (a *app) takeOver(o ledger.Open, given map[string]string, headless bool) error {
	if len(o.Sessions) > 0 {
		return &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: fmt.Sprintf("run %s of %s, since %s, runs: %s", o.Short(), o.Owner,
				o.OpenedAt.Format(time.DateTime+" UTC"), o.Sessions[0]),
			Advice: "watch or stop it on its host; it can be taken over once no session of it is left",
		}
	}
	s, err := handover.Read(o.Run)
	if err != nil {
		return err
	}
	order := engine.Order{
		Flags: a.flags, DSN: a.flags.DSN, Environ: engine.Environ(), Command: s.Command, Answers: given,
		Headless: headless,
		By:       userName(), Adopt: o.ID,
	}
	if order.Dir, err = os.Getwd(); err != nil {
		return err
	}
	if order.Folder, err = engine.NewFolder(); err != nil {
		return err
	}
	w, err := prepare(order)
	if err != nil {
		return err
	}
	if a.onTerminal() {
		return a.screen(w)
	}
	return a.followPlain(w, !headless)
}
