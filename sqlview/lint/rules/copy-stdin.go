package rules

import (
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "copy-stdin", Severity: lint.Stop, Kind: "fails",
	Summary: "COPY FROM STDIN in a migration: its data is for psql alone",
	Run:     copyStdin,
	Doc: `
## Advice
Bring rows along as INSERT, or load them before or after the migration.

## In practice
The lines below COPY … FROM stdin are no SQL: psql takes them out of the file and sends them as data. A tool that sends the
file as it is sends them as SQL. pg_dump writes COPY unless it is told otherwise, so a dump as first migration has it.

## Measured
Seen: golang-migrate v4.20.1 ends in a syntax error at the first line of data (42601), nothing applied, the version dirty.
Without data it waits for ever, with the version dirty.

## Instead
    pg_dump --inserts, or --rows-per-insert=1000
`,
})

func copyStdin(p *lint.Pass) {
	if p.File.Mode == lint.Psql {
		return
	}
	for s, c := range lint.Each(p, (*pg.Node).GetCopyStmt) {
		if !lint.FromStdin(c) {
			continue
		}
		why := "belay sends SQL and no data."
		if said := p.WithTool("a syntax error (42601)"); said != "" {
			why += " " + said + " Where no line of data follows, the tool waits for ever."
		}
		s.Report(lint.Hazard{
			Relation: s.Name(c.Relation), Object: "stdin",
			Message: "The rows below are for psql alone: nothing else reads them as data.",
			Why:     why, Instead: "Write the rows as INSERT.",
		})
	}
}
