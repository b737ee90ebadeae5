package rules

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/pattern"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "dropped-column-still-read", Severity: lint.Stop, Kind: "breaks",
	Summary: "live statements still name the column",
	Run:     droppedColumnStillRead,
	Doc: `
## Advice
Before a column goes, look whether anything still asks for it.

## In practice
Code that was forgotten names the column in a report that runs once a day. belay looks for statements that name both the
table and the column: in what the sessions of this database run or ran last, and, where the extension is there and the role
may read it, in pg_stat_statements. Its counters do not say when a statement last ran: reset them after the deploy
(pg_stat_statements_reset) and look again after a day. SELECT * names no column and is not found; a role without
pg_read_all_stats sees its own statements only.

## Measured
Seen on 11, 15 and 18: the next statement that names the column fails with 42703, also from a prepared plan.

## Instead
Find the code that sends it, deploy without it, reset the counters, wait a day, then drop.
`,
})

func droppedColumnStillRead(p *lint.Pass) {
	if p.Moment == nil {
		return
	}
	for s, a := range p.Alterations(pg.AlterTableType_AT_DropColumn) {
		var found []activity.Query
		for _, q := range p.Moment.Queries {
			if readsRows.MatchString(q.Text) && catalog.Mentions(q.Text, a.Name) &&
				catalog.Mentions(q.Text, catalog.Base(a.Table)) {
				found = append(found, q)
			}
		}
		if len(found) == 0 {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: "statements " + a.Name,
			Message: fmt.Sprintf("%s %s of %s and will fail: the column is gone.", still(len(found)), a.Name, a.Table),
			Why:     "Text match: " + queriesText(found) + ".",
			Instead: "Find the code that sends it and deploy without it; then SELECT pg_stat_statements_reset(), " +
				"wait a day, and look again.",
		})
	}
}

// readsRows leaves out DDL, which names columns too.
var readsRows = pattern.New(
	`(?i)^[\s(]*(/\*.*?\*/\s*)*(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|COPY|DECLARE|PREPARE|TABLE)\b`,
)

func still(statements int) string {
	if statements == 1 {
		return "1 live statement still names"
	}
	return lint.Count(statements, "live statement") + " still name"
}

// mostQueries is how many statements a hazard shows, each cut to maxQuery.
const (
	mostQueries = 3
	maxQuery    = 120
)

func queriesText(all []activity.Query) string {
	var texts []string
	for _, q := range all[:min(len(all), mostQueries)] {
		texts = append(texts, fmt.Sprintf("%s: %s", whose(q), shortened(q.Text)))
	}
	if more := len(all) - mostQueries; more > 0 {
		texts = append(texts, lint.Count(more, "more statement"))
	}
	return strings.Join(texts, "; ")
}

func whose(q activity.Query) string {
	if q.PID == 0 {
		since := ""
		if !q.Since.IsZero() {
			since = " since " + q.Since.UTC().Format(time.DateOnly)
		}
		return lint.Count(int(q.Calls), "call") + since
	}
	who := fmt.Sprintf("pid %d", q.PID)
	if q.Application != "" {
		who += " (" + q.Application + ")"
	}
	return who
}

// shortened puts a statement on one line and cuts it.
func shortened(sql string) string {
	line := []rune(strings.Join(strings.Fields(sql), " "))
	if len(line) > maxQuery {
		return string(line[:maxQuery]) + "…"
	}
	return string(line)
}
