package main

import (
	"errors"

	"belay/db"
	"belay/db/grant"
	"belay/db/ledger"
	"belay/sqlview/visible"
	"belay/steps"
	"belay/steps/approval"
	"belay/steps/journal"
)

// approveElsewhere approves what another host asks for in the ledger of the database.
func (a *app) approveElsewhere(o approving) error {
	c, identity, err := a.ledgerHere()
	if err != nil {
		return err
	}
	defer c.Close()
	if err := ledger.CanApprove(a.ctx, c); err != nil {
		return steps.Database("approvals from another host", err)
	}
	all, err := approval.Posted(a.ctx, c, identity.Key())
	if err != nil {
		return steps.Database("the ledger", err)
	}
	r, err := requested(all, "nobody on this database", o.plan)
	if err != nil {
		return err
	}
	if r.Login == identity.SessionUser && !r.Signed && o.refuse == "" {
		return &steps.Refused{
			Problem: "nobody approves their own run: login " + r.Login + " asks for it and would approve it, and the " +
				"server knows no more of who that is",
			Advice: "connect with a login of your own, or let belay.toml name allowed_signers",
		}
	}
	return a.approveIt(r, o, func(g approval.Approval) error {
		return steps.Database("the ledger", approval.Send(a.ctx, c, g))
	})
}

// ledgerHere connects to the database and asks which one it is.
func (a *app) ledgerHere() (*db.Conn, db.Identity, error) {
	p, err := a.target()
	if err != nil {
		return nil, db.Identity{}, err
	}
	if !p.HasDSN() {
		return nil, db.Identity{}, &usageError{
			problem: "whose run is to be approved?",
			advice: "on the same host `belay approve --of USER`, as the other screen says; on another one, give the " +
				"database: " + noDatabase().Error(),
		}
	}
	cfg, err := p.Database()
	if err != nil {
		return nil, db.Identity{}, err
	}
	c, err := db.Connect(a.ctx, cfg, db.Session{Kind: db.Executor, Step: "approve"})
	if err != nil {
		return nil, db.Identity{}, err
	}
	identity, err := db.Identify(a.ctx, c)
	if err == nil {
		err = c.Become(a.ctx, c.Role)
	}
	if err != nil {
		return nil, identity, errors.Join(steps.Database("the database", err), c.Close())
	}
	return c, identity, nil
}

// setUpApprovals makes the ledger ready for approvals from other hosts, after a yes.
func (a *app) setUpApprovals(answers string) error {
	_, ask, err := a.asking(answers)
	if err != nil {
		return err
	}
	c, identity, err := a.ledgerHere()
	if err != nil {
		return err
	}
	defer c.Close()
	var older *ledger.OlderError
	switch err = ledger.CanApprove(a.ctx, c); {
	case err == nil:
		a.out.say("the ledger is ready: approvals from other hosts count")
		return nil
	case errors.Is(err, ledger.ErrMissing):
		err = yes(ask, journal.QuestionAsked{
			ID: steps.LedgerCreate, Why: ledger.DDL(),
			Text: "approvals from other hosts go through a schema belay of the database. Create that schema?",
		})
		if err == nil {
			_, err = ledger.Create(a.ctx, c.Conn)
		}
	case errors.As(err, &older):
		err = yes(ask, journal.QuestionAsked{
			ID: steps.LedgerUpgrade, Why: ledger.UpgradeDDL(),
			Text: "two tables are added to the schema belay, and older belays refuse the ledger from then on. " +
				"Add them?",
		})
		if err == nil {
			_, err = ledger.Upgrade(a.ctx, c.Conn, identity.Key())
		}
	}
	if err != nil {
		return askedFor("the ledger", err)
	}
	a.out.say("the ledger is of version %d now. Who approves needs USAGE on schema belay and, on its two tables, what "+
		"`belay doctor --print-ledger` grants to %s: no more than that, so that nobody writes another's login",
		ledger.Version, visible.Line(grant.View))
	return nil
}

// showRequest prints all that a second person must see; the SQL is coloured on a
// terminal.
func (a *app) showRequest(r approval.Request) {
	for _, line := range r.Lines() {
		a.out.say("%s", line)
	}
}
