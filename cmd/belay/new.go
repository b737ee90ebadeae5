package main

import (
	"io"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"belay/steps"
	"belay/steps/draft"
	"belay/steps/judge"
)

func (a *app) newCommand() *cobra.Command {
	var sql string
	c := &cobra.Command{
		Use:   "new TITLE...",
		Short: "Write the next migration of the folder, in the style of its tool",
		Long: `Writes the next migration: named as the tool names its files, with a version above everything in the folder and on
the default branch, and with its way back beside or below it, as the tool keeps it. With --sql it has that text; the way
back is written where one undoes it for certain, and a statement that cannot be in a transaction gets the tool's word for
that. Else both wait for you. Nothing is overwritten, run or committed.`,
		Example: `  belay new add note to orders
  belay new orders note --sql "ALTER TABLE orders ADD COLUMN note text"`,
		Args: cobra.MinimumNArgs(1),
		RunE: command(func(_ *cobra.Command, words []string) error {
			return a.newMigration(strings.Join(words, " "), sql)
		}),
	}
	c.Flags().StringVar(&sql, "sql", "", "the text of the migration, `SQL`; - reads it from standard input")
	return c
}

func (a *app) newMigration(title, sql string) error {
	if strings.TrimSpace(title) == "" {
		return &usageError{problem: "a migration needs a title", advice: "such as: belay new add note to orders"}
	}
	if sql == "-" {
		a.sayRead()
		b, err := io.ReadAll(a.input())
		if err != nil {
			return err
		}
		sql = string(b)
	}
	p, err := a.project()
	if err != nil {
		return err
	}
	if p.PickError != nil {
		return p.PickError
	}
	if p.Picked.Tool == "" {
		return &steps.Refused{
			Problem: "there is no migrations folder here yet",
			Advice:  "make it, and name its tool: belay new --migrations DIR --tool NAME TITLE",
		}
	}
	standing, err := judge.Stand(a.ctx, p, false)
	if err != nil {
		return err
	}
	d, err := draft.Compose(a.ctx, standing, draft.Request{
		Title: title, SQL: strings.TrimSpace(sql), Now: time.Now().UTC().Format("20060102150405"),
	})
	if err != nil {
		return err
	}
	paths, err := draft.Write(filepath.Join(p.Dir, filepath.FromSlash(p.Picked.Dir)), standing, d)
	if err != nil {
		return err
	}
	for _, name := range paths {
		a.out.say("wrote %s", path.Join(p.Picked.Dir, name))
	}
	switch {
	case sql == "":
		a.out.say("write the SQL, and what takes it back; then: belay review")
	case !d.BackKnown:
		a.out.say("no way back is certain for this SQL: write what takes it back; then: belay review")
	default:
		a.out.say("the way back is written too; look at both, then: belay review")
	}
	return nil
}
