package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/project"
)

func readme(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// blocks are the fenced blocks of a language.
func blocks(text, language string) []string {
	var all []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// The table of commands and the program name the same ones.
func TestReadmeNamesEveryCommand(t *testing.T) {
	text := readme(t)
	var named []string
	for _, m := range regexp.MustCompile("(?m)^\\| `belay ([a-z]+)").FindAllStringSubmatch(text, -1) {
		named = append(named, m[1])
	}
	for _, c := range (&app{}).root().Commands() {
		if c.Hidden || c.Name() == "help" || c.Name() == "completion" || c.Name() == "man" {
			continue
		}
		if !slices.Contains(named, c.Name()) {
			t.Errorf("README.md does not name `belay %s`", c.Name())
		}
		named = slices.DeleteFunc(named, func(n string) bool { return n == c.Name() })
	}
	if len(named) > 0 {
		t.Errorf("README.md names commands that are not there: %v", named)
	}
}

// Each TOML example is one that belay reads.
func TestReadmeTOML(t *testing.T) {
	for _, block := range blocks(readme(t), "toml") {
		path := filepath.Join(t.TempDir(), "example.toml")
		if err := os.WriteFile(path, []byte(block), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := project.ReadConfig(path, filepath.Dir(path))
		switch {
		case strings.HasPrefix(block, "# $XDG_CONFIG_HOME/belay/pairing.toml"):
			continue // TestPairingFile reads it
		case strings.HasPrefix(block, "# prod.toml"):
			_, err = project.ReadAnswers(path, steps.KnownQuestion, steps.ClosedAnswers, steps.QuestionIDs())
		}
		if err != nil {
			t.Errorf("%v\n%s", err, block)
		}
	}
}

// TestReadmeExamples runs the shell examples in a folder as the README assumes.
func TestReadmeExamples(t *testing.T) {
	text := readme(t)
	db := dbtest.Named(t, "shop")
	db.Exec(t, `CREATE TABLE orders (id bigint PRIMARY KEY, status text);
		CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
		INSERT INTO schema_migrations VALUES (1, false)`)
	answers := blocks(text, "toml")[0]
	answers = strings.ReplaceAll(answers, `"shop"`, `"`+db.Name+`"`)
	ran := 0
	for _, line := range strings.Split(strings.Join(blocks(text, "sh"), "\n"), "\n") {
		if !strings.HasPrefix(line, "belay ") {
			continue
		}
		ran++
		story := "exec sh -c '" + strings.ReplaceAll(line, "'", "''") + "'\n" +
			"-- migrations/000001_old.up.sql --\nSELECT 1;\n-- migrations/000002_note.up.sql --\nALTER TABLE orders " +
			"ADD COLUMN note text;\n" +
			"-- prod.toml --\n" + answers
		file := filepath.Join(t.TempDir(), "readme.txtar")
		if err := os.WriteFile(file, []byte(story), 0o600); err != nil {
			t.Fatal(err)
		}
		testscript.Run(t, testscript.Params{Files: []string{file}, Setup: func(e *testscript.Env) error {
			for _, v := range []string{"XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"} {
				e.Setenv(v, filepath.Join(e.WorkDir, "."+strings.ToLower(v)))
			}
			e.Setenv("DATABASE_URL", db.DSN)
			for _, v := range thrift {
				e.Setenv(v, os.Getenv(v))
			}
			return nil
		}})
	}
	if ran == 0 {
		t.Error("README.md has no example to run")
	}
}

// The release build of the README is the one that CI makes.
func TestReadmeBuildIsTheOneOfCI(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	for _, flags := range []string{"netgo,osusergo", "-s -w -linkmode external -extldflags"} {
		if !strings.Contains(readme(t), flags) || !strings.Contains(string(b), flags) {
			t.Errorf("%q is not in both README.md and .ci/run", flags)
		}
	}
}
