package project

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"belay/db"
	"belay/sqlview/migration"
	"belay/steps/command"
)

// Command is the team's own command that runs the migrations, or takes them back.
type Command struct {
	// Line is the command as it is written; Argv are its words: there is no shell.
	Line string
	Argv []string
	// From is the file that says it: belay.toml, package.json or Makefile.
	From string
	// Script is what package.json runs by that name; "" = not known.
	Script string
	// Files are the repository's own that the yes is bound to, beside belay.toml, in
	// order.
	Files []string
	// SHA256 is over the bytes of belay.toml, where there is one, and of Files.
	SHA256 string
}

// String names a command as a person knows it.
func (c Command) String() string {
	if c.Script == "" {
		return c.Line + " (by " + c.From + ")"
	}
	return c.Line + " (by " + c.From + ": " + c.Script + ")"
}

// Command finds the team's command for the way there, or the way back: of belay.toml,
// else a script of package.json or a target of the Makefile. nil = there is none. It
// only reads.
func (p *Project) Command(back bool) (*Command, error) {
	line, from := p.Config.Command, FileName
	if back {
		line = p.Config.RollbackCommand
	}
	if line == "" {
		line, from = p.foundCommand(back)
	}
	if line == "" {
		return nil, nil
	}
	words, err := command.Argv(line)
	if err != nil || len(words) == 0 {
		return nil, &UsageError{
			Problem: fmt.Sprintf("the command %q of %s cannot be read: %v", line, from, cmp.Or(err, errNoWords)),
			Advice:  "write a program and its words; there is no shell",
		}
	}
	c := &Command{Line: line, Argv: words, From: from}
	return c, p.bindCommand(c)
}

var errNoWords = fmt.Errorf("it is empty")

// Named reports whether belay.toml names the command itself.
func (p *Project) Named(back bool) bool {
	if back {
		return p.Config.RollbackCommand != ""
	}
	return p.Config.Command != ""
}

// The names by which teams call the two commands.
var (
	scriptNames = map[bool][]string{
		false: {"migrate", "db:migrate", "migrate:up", "migrate:latest", "migrate:deploy"},
		true:  {"migrate:rollback", "db:rollback", "migrate:down", "db:migrate:undo"},
	}
	targetNames = map[bool][]string{
		false: {"migrate", "migrate-up", "db-migrate"},
		true:  {"migrate:rollback", `migrate\:rollback`, "migrate-rollback", "migrate-down", "db-rollback"},
	}
)

// foundCommand is a script of package.json, else a target of a Makefile.
func (p *Project) foundCommand(back bool) (line, from string) {
	for _, name := range scriptNames[back] {
		if p.scripts()[name] != "" {
			return p.packageRunner() + " run " + name, packageFile
		}
	}
	for _, file := range makefiles {
		text, err := fs.ReadFile(p.Root(), file)
		if err != nil {
			continue
		}
		for _, name := range targetNames[back] {
			if regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `[ \t]*:([^=:]|$)`).Match(text) {
				return "make " + strings.ReplaceAll(name, `\`, ""), file
			}
		}
	}
	return "", ""
}

const packageFile = "package.json"

// packageRunner is the package manager whose lock file stands beside package.json.
func (p *Project) packageRunner() string {
	for _, l := range []struct{ file, runner string }{
		{"pnpm-lock.yaml", "pnpm"}, {"yarn.lock", "yarn"}, {"bun.lock", "bun"}, {"bun.lockb", "bun"},
	} {
		if _, err := fs.Stat(p.Root(), l.file); err == nil {
			return l.runner
		}
	}
	return "npm"
}

var makefiles = []string{"GNUmakefile", "makefile", "Makefile"}

// scripts are those of package.json; one that cannot be read has none.
func (p *Project) scripts() map[string]string {
	text, err := fs.ReadFile(p.Root(), packageFile)
	if err != nil {
		return nil
	}
	var read struct {
		Scripts map[string]string `json:"scripts"`
	}
	if json.Unmarshal(text, &read) != nil {
		return nil
	}
	return read.Scripts
}

// scriptOf is what runs by the name of a script: npm has those called pre… and post…
// run before and behind it.
func scriptOf(scripts map[string]string, name string) string {
	if scripts[name] == "" {
		return ""
	}
	var all []string
	for _, part := range []string{"pre" + name, name, "post" + name} {
		if text := scripts[part]; text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, ", then ")
}

// runners start what a file of the repository says under a name.
var runners = map[string][]string{
	"npm": {packageFile}, "pnpm": {packageFile}, "yarn": {packageFile}, "npx": {packageFile}, "bun": {packageFile},
	"make": makefiles, "gmake": makefiles,
}

// bindCommand finds the repository's files that decide what the command does, as far
// as its words tell, and makes the sum of their bytes.
func (p *Project) bindCommand(c *Command) error {
	root := p.Root()
	add := func(name string) bool {
		name = path.Clean(filepath.ToSlash(name))
		info, err := fs.Stat(root, name)
		if err != nil || !info.Mode().IsRegular() || slices.Contains(c.Files, name) {
			return false
		}
		c.Files = append(c.Files, name)
		return true
	}
	words := c.Argv
	for _, file := range runners[path.Base(c.Argv[0])] {
		if add(file) && file == packageFile && len(c.Argv) > 1 {
			c.Script = scriptOf(p.scripts(), c.Argv[len(c.Argv)-1])
			words = append(slices.Clone(words), strings.Fields(c.Script)...)
		}
	}
	for _, word := range words {
		if filepath.IsLocal(word) {
			add(word)
		}
	}
	sum := sha256.New()
	sum.Write(p.Config.text)
	for _, name := range c.Files {
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return &Refusal{Problem: err.Error(), Advice: "belay must be able to read what the command runs"}
		}
		sum.Write(text)
	}
	c.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// Foreign reports a folder of a tool that only its own command runs, and whose folder
// and history belay reads.
func (p *Project) Foreign() bool {
	f, err := migration.Find(p.Picked.Tool)
	return p.Picked.Tool != "" && err == nil && f.Watched
}

// CommandServer refuses a target that the command would not meet: it reads the server
// from the environment, and belay was given it elsewhere.
func (p *Project) CommandServer() error {
	if strings.HasPrefix(p.DSNFrom, "$") {
		return nil
	}
	is, err := p.Database()
	if err != nil {
		return err
	}
	own, err := db.ParseConfig(os.Getenv("DATABASE_URL"), "environment")
	if err == nil && own.Address() == is.Address() && own.Database() == is.Database() {
		return nil
	}
	return &Refusal{
		Problem: "the team's command would not go to this database: it reads the server from the environment, and " +
			"belay was given it by " + cmp.Or(p.DSNFrom, "nobody"),
		Advice: "set $DATABASE_URL to the same server, for belay and the command alike",
	}
}
