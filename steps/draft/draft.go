// Package draft writes the next migration of a folder in the style of its tool, with
// the way back where it is certain.
package draft

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"belay/sqlview"
	"belay/sqlview/migration"
	"belay/sqlview/parse"
	"belay/sqlview/rewrite"
	"belay/steps/fix"
	"belay/steps/judge"
	"belay/steps/project"
)

// Request says what the migration is.
type Request struct {
	Title string
	// SQL is its text; "" = a person writes it.
	SQL string
	// Note is a comment above it, in whole lines; "" = none.
	Note string
	// Now is UTC as YYYYMMDDhhmmss.
	Now string
}

// Draft is a migration that is not written yet.
type Draft struct {
	migration.Migration
	// BackKnown is true where the way back undoes the SQL for certain; else it waits
	// for a person.
	BackKnown bool
}

// writeDown waits for a person.
const writeDown = "-- Write here what takes it back.\n"

// Compose makes the next migration, above everything in the folder and on the default
// branch. The error is a *project.Refusal where the tool alone can make one, or where
// the SQL cannot be read.
func Compose(ctx context.Context, s judge.Standing, r Request) (Draft, error) {
	if s.Format.Compose == nil {
		return Draft{},
			&project.Refusal{Problem: s.Format.Title + " alone can make a migration: it keeps more of it than the file",
				Advice: "make an empty one with " + s.Format.Title + ", and put the SQL into it"}
	}
	d := migration.Draft{Title: r.Title, Up: cmp.Or(r.Note, migration.WriteUp), Down: writeDown}
	if r.SQL != "" {
		if err := readable(ctx, r.SQL); err != nil {
			return Draft{}, err
		}
		d.Up = r.Note + closed(r.SQL)
	}
	folder := s.Folder.Above(s.Format.Highest(s.Status, s.Git.Merged))
	if r.SQL == "" {
		return Draft{Migration: s.Format.Compose(folder, d, r.Now)}, nil
	}
	result, err := reviewed(ctx, s, s.Format.Compose(folder, d, r.Now))
	if err != nil {
		return Draft{}, err
	}
	known := settle(&d, result)
	return Draft{Migration: s.Format.Compose(folder, d, r.Now), BackKnown: known}, nil
}

// readable refuses what PostgreSQL would not read, and commands of psql.
func readable(ctx context.Context, sql string) error {
	texts, err := parse.Parse(ctx, []byte(sql))
	if err != nil {
		return err
	}
	problem := texts[0].Problem
	for _, st := range texts[0].Statements {
		if problem == nil {
			problem = st.Problem
		}
	}
	if problem == nil {
		return nil
	}
	return &project.Refusal{
		Problem: fmt.Sprintf("the SQL cannot be read: line %d: %s", problem.Line, problem.Message),
		Advice:  "mend it; nothing was written",
	}
}

// settle says of a judged draft whether it runs outside a transaction, and writes its
// way back, where there is one that undoes each of its statements for certain.
func settle(d *migration.Draft, result sqlview.Result) (known bool) {
	n := len(result.Judged) - 2
	if n < 0 {
		return false
	}
	file, after := result.Judged[n], result.Judged[n+1].Catalogs[0]
	d.NoTransaction = len(file.Effects) == 1 && !file.Effects[0].Transactional
	var down []string
	for i, st := range file.Statements {
		next := after
		if i+1 < len(file.Catalogs) {
			next = file.Catalogs[i+1]
		}
		sql := rewrite.Inverse(st, file.Catalogs[i], next)
		if sql == "" {
			return false
		}
		down = append(down, sql+";\n")
	}
	alone := len(down) == 1 && d.NoTransaction
	if len(down) == 0 || (!alone && strings.Contains(strings.Join(down, ""), " CONCURRENTLY ")) {
		return false
	}
	slices.Reverse(down)
	d.Down, d.DownNoTransaction = strings.Join(down, ""), alone
	return true
}

// closed is a text whose last statement ends.
func closed(sql string) string {
	sql = strings.TrimSpace(sql)
	if last := sql[strings.LastIndexByte(sql, '\n')+1:]; strings.Contains(last, "--") {
		return sql + "\n;\n" // the line may end in a comment
	}
	if !strings.HasSuffix(sql, ";") {
		sql += ";"
	}
	return sql + "\n"
}

// reviewed judges the migration behind all others of its folder. What comes last is a
// statement that only looks: the catalog that it meets is what the migration leaves.
func reviewed(ctx context.Context, s judge.Standing, m migration.Migration) (sqlview.Result, error) {
	var sources []sqlview.Source
	for _, o := range append(slices.Clone(s.Folder.Migrations), m) {
		sources = append(sources, sqlview.Source{
			Path: path.Join(s.Folder.Dir, o.Up.Path), SQL: o.Up.Bytes, Tool: s.Format.Name, Version: o.Version,
			Mode: judge.Mode(o.Up.Tx), ByBelay: true,
		})
	}
	sources = append(sources, sqlview.Source{Path: "after", SQL: []byte("SELECT 1")})
	return sqlview.Review(ctx, sources, sqlview.Options{History: true})
}

// Write writes the files into the folder dir on the disk. It overwrites nothing; on an
// error nothing is left. It returns their paths, relative to the folder, with that of
// the tool's sums, where it keeps them and they were right before.
func Write(dir string, s judge.Standing, d Draft) (paths []string, err error) {
	sums, _, right := s.Sums(dir)
	defer func() {
		for _, p := range paths {
			if err != nil {
				err = errors.Join(err, os.Remove(filepath.Join(dir, filepath.FromSlash(p))))
			}
		}
	}()
	for _, f := range d.Files() {
		if err := fix.Create(filepath.Join(dir, filepath.FromSlash(f.Path)), f.Whole); err != nil {
			return paths, err
		}
		paths = append(paths, f.Path)
	}
	if right {
		_, text := s.Format.Sums(append(slices.Clone(s.Folder.Migrations), d.Migration))
		if err := os.WriteFile(filepath.Join(dir, sums), text, 0o644); err != nil {
			return paths, fmt.Errorf("writing %s: %w", sums, err)
		}
		return append(paths, sums), nil
	}
	return paths, nil
}
