package main

import (
	"io"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"belay/sqlview"
	"belay/sqlview/lint"
	"belay/steps"
	"belay/steps/engine"
	"belay/steps/judge"
	"belay/steps/project"
)

// reviewOptions are the flags of `belay review`.
type reviewOptions struct {
	schema, failOn, output string
	version                int
	fix, write             bool
	answers                string
}

func (a *app) reviewCommand() *cobra.Command {
	var o reviewOptions
	c := &cobra.Command{
		Use:   "review [PATH...|-]",
		Short: "Judge migration SQL: locks, rewrites, scans, what breaks, what to do instead",
		Long: `Judges what is pending; without a database all up files of the folder; or the files named, or those of the folder
named.
It needs no terminal, and a database only where --dsn or --target names one: without, the catalog comes from
--schema or from the folder's own history. A file outside the folder is judged as psql -f would run it.

--fix proposes the safe form of what was found as migration files of the folder's tool, judged by the same review; it
writes nothing. With --write the files are written after a yes (review.write in an answers file). The original goes only
where a database or git could be asked and neither says that it may have run. Nothing is committed.

Exit code 3 says that a hazard reaches --fail-on.`,
		Example: `  belay review
  belay review db/migrations
  belay review --schema schema.sql --server-version 15 new.sql
  belay review --output sarif > review.sarif
  belay review --fix --write migrations/000043_customer_ref.up.sql`,
		RunE: command(func(_ *cobra.Command, paths []string) error { return a.review(paths, o) }),
	}
	f := c.Flags()
	f.StringVar(&o.schema, "schema", "",
		"take the catalog from this `FILE` of DDL, such as pg_dump --schema-only writes it")
	f.IntVar(&o.version, "server-version", 0, "judge for this major version `N`, 10 to 18")
	f.StringVar(&o.failOn, "fail-on", "stop", "exit with 3 from this severity on: stop, warn, notice or never")
	f.StringVar(&o.output, "output", "text", "text, json, sarif or github")
	f.BoolVar(&o.fix, "fix", false, "propose the safe form as migration files; text and json only")
	f.BoolVar(&o.write, "write", false, "with --fix: write the files, after a yes")
	f.StringVar(&o.answers, "answers", "", "with --write: answer questions from this TOML `FILE`")
	return c
}

// writers are the outputs of a review.
var writers = map[string]func(io.Writer, sqlview.Result) error{
	"text": sqlview.WriteText, "json": sqlview.WriteJSON, "sarif": sqlview.WriteSARIF, "github": sqlview.WriteGitHub,
}

// growth is how far in per cent a review lets its heap grow between collections:
// it is over soon, and what it makes it mostly keeps.
const growth = 400

func (a *app) review(paths []string, o reviewOptions) error {
	debug.SetGCPercent(growth)
	threshold, err := o.check()
	if err != nil {
		return err
	}
	if paths, err = a.folderNamed(paths); err != nil {
		return err
	}
	p, err := a.project()
	if err != nil {
		return err
	}
	named := a.flags.DSN != "" || a.flags.Target != ""
	if named && o.schema != "" {
		return &usageError{
			problem: "--schema and a database are both given",
			advice:  "give one of them: the catalog comes from one place",
		}
	}
	if named && o.version != 0 {
		return &usageError{
			problem: "--server-version and a database are both given",
			advice:  "leave one of them out: a database has its own version",
		}
	}
	if slices.Contains(paths, "-") {
		a.sayRead()
	}
	request := judge.Request{
		Paths: paths, Stdin: a.input(), Schema: o.schema, Version: o.version, Now: time.Now(),
		Ran:  ranBefore(p),
		Live: named || (o.schema == "" && o.version == 0 && len(paths) == 0 && p.HasDSN()),
	}
	if o.fix {
		// Whether the original has run is asked of any database that is named.
		request.Live = named || o.schema == "" && p.HasDSN()
	}
	if request.Live {
		if err := a.checkDSN(p); err != nil {
			return err
		}
	}
	if o.fix {
		return a.fix(p, request, o, threshold)
	}
	result, err := judge.Review(a.ctx, p, request)
	if err != nil {
		return err
	}
	if err := a.writeReview(o.output, result); err != nil {
		return err
	}
	if result.Reaches(threshold) {
		return &exited{code: steps.ExitHazards}
	}
	return nil
}

// folderNamed takes the path of a folder as --migrations does, and returns the other paths.
func (a *app) folderNamed(paths []string) ([]string, error) {
	isFolder := func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.IsDir()
	}
	at := slices.IndexFunc(paths, isFolder)
	switch {
	case at < 0:
		return paths, nil
	case len(paths) > 1 || a.flags.Migrations != "":
		return nil, &usageError{
			problem: paths[at] + " is a folder, and it is not the only thing named",
			advice:  "name one folder alone, or files",
		}
	}
	a.flags.Migrations = paths[0]
	return nil, nil
}

// writeReview prints a review: as text drawn for whoever sits at a terminal.
func (a *app) writeReview(output string, result sqlview.Result) error {
	if paper, ok := a.paper(); ok && output == "text" {
		a.out.draw(paper.Review(result))
		return nil
	}
	return writers[output](a.out.of(output), result)
}

// ranBefore asks this user's own runs what they applied of the project's folder.
func ranBefore(p *project.Project) func(string, uint32) map[string]steps.AppliedBy {
	return func(systemID string, database uint32) map[string]steps.AppliedBy {
		return engine.Applied(func(plan engine.Plan) bool {
			return plan.Dir == p.Dir && plan.Folder == p.Shown() &&
				(systemID == "" || plan.SystemID == systemID && plan.DatabaseOID == database)
		})
	}
}

func (o reviewOptions) check() (lint.Severity, error) {
	if err := checkOutput(o.output, "text", "json", "sarif", "github"); err != nil {
		return 0, err
	}
	switch {
	case o.fix && o.output != "text" && o.output != "json":
		return 0, &usageError{problem: "--fix has no " + o.output + " form", advice: "use --output text or json"}
	case o.write && !o.fix, o.answers != "" && !o.write:
		return 0,
			&usageError{
				problem: "--write goes with --fix, and --answers with --write",
				advice:  "belay review --fix --write --answers FILE",
			}
	}
	if o.version != 0 && (o.version < 10 || o.version > 18) {
		return 0, &usageError{problem: "--server-version is out of range", advice: "belay judges for 10 to 18"}
	}
	if o.failOn == "never" {
		return 0, nil
	}
	threshold, err := lint.ParseSeverity(o.failOn)
	if err != nil {
		return 0, &usageError{problem: "--fail-on is " + o.failOn, advice: "the words are stop, warn, notice, never"}
	}
	return threshold, nil
}
