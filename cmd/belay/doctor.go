package main

import (
	"strings"

	"github.com/spf13/cobra"

	"belay/db"
	"belay/db/grant"
	"belay/db/history"
	"belay/db/ledger"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/doctor"
)

func (a *app) doctorCommand() *cobra.Command {
	var printLedger, printUpgrade, printGrants bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine, this role and this server allow; print SQL for the DBA",
		Long: `Looks at PostgreSQL's programs and the state folder here, at the server, at what the role may do, and at the
ledger. It changes nothing. Exit code 1 where something stands against a run.

--print-ledger prints the DDL of the ledger (schema belay) with its grants, for a DBA who makes it by hand; --print-upgrade
what makes one of an older version a newer one.
--print-grants prints a role for each task: belay_run, belay_view, belay_dump, belay_smoke. It needs the database,
whose owners, schemas and history table stand in the grants; belay never runs it. Each script is one transaction and
sets search_path for itself: no object of another role can be reached by running it as a superuser.`,
		Example: `  belay doctor
  belay doctor --print-grants > roles.sql`,
		Args: cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error {
			if printUpgrade {
				a.out.put(ledger.UpgradeScript(grant.Run, grant.View))
				return nil
			}
			return a.doctor(printLedger, printGrants)
		}),
	}
	c.Flags().BoolVar(&printLedger, "print-ledger", false, "print the ledger's DDL and grants and end")
	c.Flags().BoolVar(&printUpgrade, "print-upgrade", false, "print what upgrades an older ledger, and end")
	c.Flags().BoolVar(&printGrants, "print-grants", false,
		"print the roles with the least rights for this database and end")
	return c
}

func (a *app) doctor(printLedger, printGrants bool) error {
	if printGrants {
		script, err := a.grants()
		if err != nil {
			return err
		}
		a.out.put(script)
	}
	if printLedger { // behind the roles, which it names
		a.out.put(ledger.Script(grant.Run, grant.View))
	}
	if printGrants || printLedger {
		return nil
	}
	p, err := a.target()
	if err != nil {
		return err
	}
	parts := doctor.Look(a.ctx, p)
	if paper, ok := a.paper(); ok {
		a.out.draw(paper.Doctor(parts))
	} else {
		a.printDoctor(parts)
	}
	if doctor.Stops(parts) {
		return &exited{code: steps.ExitFailed}
	}
	return nil
}

func (a *app) printDoctor(parts []doctor.Part) {
	for _, part := range parts {
		for _, i := range part.Items {
			a.out.say("%-8s %-5s %s", part.Name, strings.ToUpper(string(i.Level)), i.Text)
			if i.Hint != "" {
				a.out.say("%14s %s", "", i.Hint)
			}
		}
	}
}

// grants is the script of the roles for the database that is named.
func (a *app) grants() (string, error) {
	p, err := a.project()
	if err != nil {
		return "", err
	}
	if !p.HasDSN() {
		return "",
			&steps.Refused{
				Problem: "no database is named",
				Advice:  "set $DATABASE_URL, or give --dsn or --target: the grants name its owners and schemas",
			}
	}
	cfg, err := p.Database()
	if err != nil {
		return "", err
	}
	c, err := db.Connect(a.ctx, cfg, db.Session{Kind: db.Monitor})
	if err != nil {
		return "", err
	}
	defer c.Close()
	table := ""
	if format, err := migration.Find(p.Picked.Tool); err == nil {
		folder, err := p.ReadFolder(format)
		if err != nil {
			return "",
				&steps.Refused{
					Problem: "the migrations folder: " + err.Error(),
					Advice:  "belay must be able to read every file in it",
				}
		}
		err = steps.AsTool(a.ctx, c, p, func() error {
			t, err := history.Open(a.ctx, c, format, p.HistoryTable(folder))
			if err == nil && t.Exists {
				table = t.Quoted
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	f, err := grant.Read(a.ctx, c, table)
	if err != nil {
		return "", err
	}
	return f.Script(), nil
}
