package checklist

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/db/dump"
	"belay/db/inspect"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/fact"

	"github.com/jackc/pgx/v5"
)

// What is worth a look before a run.
const (
	oldTransaction = 10 * time.Second
	fewConnections = 5
	longLag        = 10 * time.Second
)

// liveItems looks at what goes on in the database now, by the server's clock.
func liveItems(
	ctx context.Context, e *steps.Env, target steps.Target, folder steps.Folder, judged steps.Judgement,
) ([]fact.Item, time.Time, error) {
	var f inspect.Facts
	err := e.Sessions.Monitor(ctx, func(c *db.Conn) (err error) {
		f, err = inspect.Preflight(ctx, c, scope(target, folder, judged))
		return err
	})
	if err != nil {
		return nil, time.Time{}, steps.Database("preflight", err)
	}
	f = withoutOwnDump(f, e.Run)
	var items []fact.Item
	for _, look := range []func(inspect.Facts) []fact.Item{
		rightItems, settingItems, transactionItems, workItems, indexItems, roomItems, replicaItems,
	} {
		items = append(items, look(f)...)
	}
	open := folder.Open
	if open == nil {
		open = openHere(e, target.Identity) // of a backfill alone no folder was read
	}
	var left []fact.Item
	if !folder.Ledger.None {
		if left, err = leftBackfills(ctx, e, target.Identity, open); err != nil {
			return nil, time.Time{}, steps.Database("the ledger's backfills", err)
		}
	}
	return slices.Concat(items, openItems(open, folder.Status.Dirty), lostItems(e, target, folder), left), f.At, nil
}

// withoutOwnDump leaves out what this engine's own pg_dump holds: it is over before
// anything runs.
func withoutOwnDump(f inspect.Facts, run string) inspect.Facts {
	own := dump.Application(run)
	f.Dumps = slices.DeleteFunc(slices.Clone(f.Dumps), func(d inspect.Dump) bool { return d.Application == own })
	f.Transactions = slices.DeleteFunc(slices.Clone(f.Transactions), func(t inspect.Transaction) bool {
		return t.Application == own
	})
	return f
}

// touched lists the relations that the plan locks.
func touched(judged steps.Judgement) []string {
	var all []string
	seen := map[string]bool{}
	for _, f := range judged.Files {
		for _, eff := range f.Effects {
			for _, l := range eff.Locks {
				if !seen[l.Relation] {
					seen[l.Relation] = true
					all = append(all, l.Relation)
				}
			}
		}
	}
	return all
}

func rightItems(f inspect.Facts) []fact.Item {
	var items []fact.Item
	if f.ReadOnly {
		items = append(items, fact.Item{
			ID: "read-only", Level: fact.Stop, Hard: true,
			Text: "sessions here start read-only (default_transaction_read_only)",
			Hint: "connect as a role that may write",
		})
	}
	for _, m := range f.Missing() {
		items = append(items, fact.Item{
			ID: "rights", Level: fact.Stop, Hard: true,
			Text: fmt.Sprintf("role %s lacks %s on %s", m.Who, m.Need, m.Object), Hint: m.Help,
		})
	}
	for _, s := range f.Schemas {
		if owner := f.StrangeOwner(s.Name); owner != "" && s.First {
			items = append(items, fact.Item{
				ID: "owner", Level: fact.Look,
				Text: fmt.Sprintf("new objects in %s will belong to %s; its neighbours belong to %s", s.Name,
					f.Role.Name, owner),
				Hint: "set role = \"" + owner +
					"\" for the target in belay.toml, so that grants and default privileges fit",
			})
		}
	}
	return items
}

// settingItems name what makes a statement mean something else than it says.
func settingItems(f inspect.Facts) []fact.Item {
	var items []fact.Item
	for _, s := range f.Settings {
		level := fact.Look
		if s.Stop {
			level = fact.Stop
		}
		items = append(items, fact.Item{ID: "setting", Level: level, Text: s.String(), Hint: s.Hint()})
	}
	return items
}

// mostTransactions is how many old transactions are named one by one.
const mostTransactions = 5

// transactionItems name the old transactions. Those that only wait for a lock are counted:
// they go on once what is in front of them ends.
func transactionItems(f inspect.Facts) []fact.Item {
	var items []fact.Item
	waiting, more := 0, 0
	for _, t := range f.Transactions {
		switch {
		case time.Duration(t.AgeMS)*time.Millisecond < oldTransaction:
			continue
		case strings.HasPrefix(t.Wait, "Lock/"):
			waiting++
			continue
		case len(items) == mostTransactions:
			more++
			continue
		}
		i := fact.Item{
			ID: "old-transaction", Level: fact.Look,
			Text: fmt.Sprintf("a transaction is %s old: pid %d, %s, user %s, %s", age(t.AgeMS), t.PID,
				orUnnamed(t.Application), t.User, t.State),
			Hint: "concurrent builds wait for it; ask its owner to end it",
		}
		if len(t.Touches) > 0 {
			i.Text += ", holds locks on " + t.Touches[0]
		}
		items = append(items, i)
	}
	if more+waiting > 0 {
		items = append(items, fact.Item{
			ID: "old-transaction", Level: fact.Look,
			Text: fmt.Sprintf("besides: %s over %s old, of which %d wait for a lock",
				measure.Plural(more+waiting, "transaction"), oldTransaction, waiting),
			Hint: "`belay watch` shows who waits for whom",
		})
	}
	for _, p := range f.Prepared {
		items = append(items, fact.Item{
			ID: "prepared", Level: fact.Look,
			Text: fmt.Sprintf("prepared transaction %s is %s old and holds its locks without a session", p.GID,
				age(p.AgeMS)),
			Hint: fmt.Sprintf("COMMIT PREPARED %[1]s or ROLLBACK PREPARED %[1]s, by whoever made it", quoted(p.GID)),
		})
	}
	return items
}

func workItems(f inspect.Facts) []fact.Item {
	var items []fact.Item
	for _, d := range f.Dumps {
		if d.BaseBackup {
			items = append(items, fact.Item{
				ID: "basebackup", Level: fact.OK,
				Text: fmt.Sprintf("a base backup runs (pid %d): it holds no table lock", d.PID),
			})
			continue
		}
		items = append(items, fact.Item{
			ID: "dump", Level: fact.Look,
			Text: fmt.Sprintf("pg_dump runs since %s (pid %d) and holds every table it dumps", age(d.AgeMS), d.PID),
			Hint: "wait until it is done: what needs ACCESS EXCLUSIVE waits for it",
		})
	}
	for _, v := range f.Vacuums {
		if v.Wraparound && v.Touched {
			items = append(items, fact.Item{
				ID: "wraparound", Level: fact.Stop,
				Text: fmt.Sprintf("an autovacuum against wraparound holds %s (pid %d): it does not yield", v.Relation,
					v.PID),
				Hint: "wait until it is done",
			})
		}
	}
	for _, t := range f.EventTriggers {
		items = append(items, fact.Item{
			ID: "event-trigger", Level: fact.Look,
			Text: fmt.Sprintf("event trigger %s of role %s runs %s at DDL", t.Name, t.Owner, t.Function),
		})
	}
	return items
}

func indexItems(f inspect.Facts) []fact.Item {
	var items []fact.Item
	for _, x := range f.InvalidIndexes {
		if x.Building {
			continue
		}
		schema, name, _ := strings.Cut(x.Name, ".")
		i := fact.Item{
			ID: "invalid-index", Level: fact.Look,
			Text: fmt.Sprintf("%s on %s is INVALID: an index %s", x.Name, x.Table,
				apply.Explained(name, x.Unique, x.Ready)),
			Hint: "DROP INDEX CONCURRENTLY " + pgx.Identifier{schema, name}.Sanitize(),
		}
		if schema == "pg_toast" {
			i.Hint = "only a superuser may drop the index of a TOAST table; it does no harm"
		}
		items = append(items, i)
	}
	for _, d := range f.Detaching {
		items = append(items, fact.Item{
			ID: "detaching", Level: fact.Look,
			Text: fmt.Sprintf("partition %s of %s is half detached: queries on the parent no longer see its rows",
				d.Partition, d.Parent),
			Hint: fmt.Sprintf("ALTER TABLE %s DETACH PARTITION %s FINALIZE", inspect.Quote(d.Parent),
				inspect.Quote(d.Partition)),
		})
	}
	for _, n := range f.NotValid {
		if n.Touched {
			items = append(items, fact.Item{
				ID: "not-valid", Level: fact.Look,
				Text: fmt.Sprintf("%s on %s is NOT VALID: it holds for new rows only", n.Constraint, n.Relation),
			})
		}
	}
	return items
}

func roomItems(f inspect.Facts) []fact.Item {
	if short := shortItem(f.Connections); short != nil {
		return []fact.Item{*short}
	}
	free := f.Connections.Free()
	text := fmt.Sprintf("%s %s free of %d", measure.Plural(free, "connection"),
		measure.Verb(int64(free), "is", "are"), f.Connections.Max)
	switch {
	case free < fewConnections:
		return []fact.Item{
			{ID: "connections", Level: fact.Look, Text: text, Hint: "a queue behind a lock would use them up"},
		}
	}
	return []fact.Item{{ID: "connections", Level: fact.OK, Text: text}}
}

// shortItem says which limit leaves no room for a run's sessions; nil = none does.
func shortItem(c inspect.Connections) *fact.Item {
	short := c.Short(steps.RunSessions)
	if short == nil {
		return nil
	}
	return &fact.Item{
		ID: "connections", Level: fact.Stop, Hard: true, Text: short.Problem + ": a run needs three",
		Hint: short.Advice,
	}
}

func replicaItems(f inspect.Facts) []fact.Item {
	var items []fact.Item
	for _, r := range f.Replicas {
		i := fact.Item{ID: "replica", Level: fact.OK, Text: fmt.Sprintf("replica %s, %s", r.Name, r.State)}
		if time.Duration(r.LagMS)*time.Millisecond > longLag {
			i.Level, i.Text = fact.Look, i.Text+", "+age(r.LagMS)+" behind"
		}
		items = append(items, i)
	}
	for _, s := range f.Slots {
		if !s.Active {
			items = append(items, fact.Item{
				ID: "slot", Level: fact.Look,
				Text: "replication slot " + s.Name + " has no consumer: it keeps WAL back",
				Hint: "where nobody needs it: SELECT pg_drop_replication_slot(" + quoted(s.Name) + ")",
			})
		}
	}
	return items
}

func orUnnamed(application string) string {
	if application == "" {
		return "no application name"
	}
	return application
}

// age is a span as people read it: 38 s, 7 min 31 s.
func age(ms int64) string { return measure.Elapsed(time.Duration(ms) * time.Millisecond) }
