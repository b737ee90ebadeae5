package main

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"belay/db/dbtest"
)

// phase is what a command is at when its server goes away.
type phase struct {
	name string
	args []string
	// before makes what the command needs; nil = nothing.
	before func(*outage)
	// reach arms the phase and returns how to wait for it.
	reach func(*outage) (arrived func())
	// truth goes on to the end and holds it against the database; nil = the command
	// only reads.
	truth func(*outage)
	// lives counts what a command that ends only when it is told to has printed of the
	// server; nil = it ends by itself.
	lives func(*outage) int
	// end tells such a command to end; nil = an interrupt does.
	end func(*outage)
	// typed is true where a person answers its questions line by line.
	typed bool
}

var phases = []phase{
	{
		name: "run looks", args: []string{"run", "--answers", "all.toml"}, reach: sent("schema_migrations"),
		truth: ranOnce,
	},
	{name: "run waits for a lock", args: []string{"run", "--answers", "all.toml"}, truth: ranOnce,
		reach: func(o *outage) func() {
			return blockedBy(`LOCK TABLE orders IN ACCESS SHARE MODE`, "ALTER TABLE orders")(o.cell)
		}},
	{name: "run commits", args: []string{"run", "--answers", "all.toml"}, reach: sent("COMMIT"), truth: ranOnce},
	{
		name: "attach", args: []string{"attach", "--answers", "all.toml"}, before: leftOpen,
		reach: sent("schema_migrations"), truth: ranOnce,
	},
	{name: "run goes to the next file", args: []string{"run", "--answers", "all.toml"}, truth: ranOnce,
		reach: afterFile(nil)},
	{name: "run verifies", args: []string{"run", "--answers", "all.toml"}, truth: ranOnce, reach: afterAll(nil)},
	{
		name: "run asks by SQL", args: []string{"run", "--answers", "all.toml"}, truth: ranOnce,
		before: configured("[smoke]\nsql = [\"SELECT 4711 = 4711\"]\n"), reach: afterAll(sent("4711")),
	},
	{
		name: "run watches", args: []string{"run", "--answers", "all.toml", "--output", "json"}, truth: ranOnce,
		before: configured("[monitor]\nminutes = 1\n"), lives: facts("monitor"),
		reach: func(o *outage) func() {
			return func() { o.await("the watch", func() bool { return facts("monitor")(o) > 0 }) }
		},
		end: func(o *outage) { o.belay("stop", "--now") },
	},
	{name: "backfill fills", args: fill, truth: filledOnce, reach: func(o *outage) func() {
		return func() {
			o.await("the first rows", func() bool { return o.db.Count(o.t, "orders WHERE total <> id") > 0 })
		}
	}},
	{
		name: "backfill is paused", args: fill[:len(fill)-2], typed: true, truth: filledOnce,
		// Slower rows until it is paused: on a busy machine the last is else filled before.
		before: func(o *outage) {
			o.db.Exec(o.t, `CREATE TABLE crawling AS SELECT;
				CREATE OR REPLACE FUNCTION slowly(n int) RETURNS int LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(
				CASE WHEN EXISTS (SELECT FROM public.crawling) THEN 0.1 ELSE 0.005 END); RETURN n + 1; END'`)
		},
		reach: func(o *outage) func() {
			return func() {
				o.await("the first rows", func() bool { return o.db.Count(o.t, "orders WHERE total <> id") > 0 })
				o.await("the pause", func() bool {
					if strings.Contains(o.journal(), `"status":"paused"`) {
						return true
					}
					o.types("pause") // what is typed before the first rows are told pauses nothing
					return false
				})
				o.db.Exec(o.t, "DELETE FROM crawling")
			}
		},
		lives: func(o *outage) int { return strings.Count(strings.Join(o.lines(), ""), `"kind":"sample"`) },
		end:   func(o *outage) { o.types("resume") },
	},
	{
		name: "a screen that reads", args: []string{"attach", "--plain"}, typed: true, truth: ranOnce,
		before: func(o *outage) {
			arrived := blockedBy(`LOCK TABLE orders IN ACCESS SHARE MODE`, "ALTER TABLE orders")(o.cell)
			o.launch(o.write("work/all.toml", outageAnswers))
			arrived()
		},
		reach: func(o *outage) func() {
			return func() {
				o.await("a try", func() bool { return strings.Contains(o.text(), "gave up waiting for the lock") })
			}
		},
	},
	{name: "backfill looks", args: fill, truth: filledOnce, reach: sent("pg_stat_user_tables")},
	{name: "rehearse", args: []string{"rehearse", "--answers", "all.toml"}, reach: sent("pg_roles")},
	{
		name: "watch", args: []string{"watch", "orders", "--output", "json"}, lives: (*outage).samples,
		reach: func(o *outage) func() {
			return func() { o.await("a sample", func() bool { return o.samples() > 0 }) }
		},
	},
	{name: "watch once", args: []string{"watch", "--once"}, reach: sent("pg_locks")},
	{name: "status", args: []string{"status"}, reach: sent("schema_migrations")},
}

var fill = []string{"backfill", "--table", "orders", "--set", "total = slowly(total)", "--answers", "all.toml"}

// sent is reached when a statement with a text comes from belay.
func sent(sql string) func(*outage) func() {
	return func(o *outage) func() {
		arrived := o.proxy.On(dbtest.Runs(sql), dbtest.Pass)
		return func() { o.awaitClosed("the phase", arrived) }
	}
}

// afterFile is reached when the first file is applied, and afterAll when the last is; then
// what follows is; nil = at once.
func afterAll(then func(*outage) func()) func(*outage) func() { return afterUnit("4", then) }

func afterFile(then func(*outage) func()) func(*outage) func() { return afterUnit("2", then) }

func afterUnit(version string, then func(*outage) func()) func(*outage) func() {
	return func(o *outage) func() {
		return func() {
			o.await("the file", func() bool { return unitApplied(version).MatchString(o.journal()) })
			if then != nil {
				then(o)()
			}
		}
	}
}

func unitApplied(version string) *regexp.Regexp {
	return regexp.MustCompile(`"kind":"unit\.applied".*"version":"` + version + `"`)
}

// facts counts what a command with --output json has printed of a fact.
func facts(name string) func(*outage) int {
	return func(o *outage) int { return strings.Count(o.text(), `"name":"`+name+`"`) }
}

// configured gives the folder a belay.toml, and the yes to it.
func configured(toml string) func(*outage) {
	return func(o *outage) {
		o.write("work/belay.toml", toml)
		answers := strings.Replace(outageAnswers, "monitor.waive = \"not what this is about\"\n", "", 1)
		if !strings.Contains(toml, "[monitor]") {
			answers = outageAnswers
		}
		sum := sha256.Sum256([]byte(toml))
		o.write("work/all.toml", answers+"trust.commands = \""+hex.EncodeToString(sum[:])+"\"\n")
	}
}

// leftOpen leaves a run behind whose engine was ended in the middle.
func leftOpen(o *outage) {
	arrived := blockedBy(`LOCK TABLE orders IN ACCESS SHARE MODE`, "ALTER TABLE orders")(o.cell)
	o.launch(o.write("work/all.toml", outageAnswers))
	arrived()
	engineKilled(o.cell)
	o.awaitEngine()
	<-o.frontEnded
	o.unblock()
}
