// Package project finds out what a person wants to work on: the flags, the
// repository's belay.toml, the migrations folder and its tool, the connection,
// the limits, and the user's own store. It opens no connection.
package project

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"belay/sqlview/migration"
	"belay/sqlview/secret"
)

// Flags are the global flags of the command line. The zero value uses what the
// folder and the environment say.
type Flags struct {
	Config     string `json:"config,omitempty"`
	Target     string `json:"target,omitempty"`
	DSN        string `json:"-"` // may hold a password: it travels by pipe only
	Migrations string `json:"migrations,omitempty"`
	Tool       string `json:"tool,omitempty"`
	PGBin      string `json:"pg_bin,omitempty"`
}

// Project is what was found.
type Project struct {
	Flags Flags
	// Dir is where belay was started.
	Dir        string
	ConfigPath string
	Config     Config
	// Found lists the guesses at the migrations folder, best first. Picked is the
	// chosen one; its zero value means that a person must choose, or that there
	// is no folder, as PickError says.
	Found     []migration.Detection
	Picked    migration.Detection
	PickError error
	// Target is the declared target, its zero value where none was named.
	TargetName string
	Target     TargetConf
	// DSN may hold a password and is never printed. DSNFrom names its source.
	DSN     string
	DSNFrom string
	// Warnings are what the user should know of where the connection comes from.
	Warnings []string
	Limits   Limits
	Store    *Store

	// repoDSN is the DSN that belay.toml names, where it is the one in use.
	repoDSN string
}

// Look finds out the configuration and the folder alone. It makes nothing.
func Look(flags Flags, dir string) (*Project, error) {
	p := &Project{Flags: flags, Dir: dir}
	if err := p.readConfig(); err != nil {
		return nil, err
	}
	if err := p.findFolder(); err != nil {
		return nil, err
	}
	return p, nil
}

// Load finds everything out. A *UsageError ends with exit code 2.
func Load(flags Flags, dir string) (*Project, error) {
	p, err := Look(flags, dir)
	if err != nil {
		return nil, err
	}
	if err := p.findTarget(); err != nil {
		return nil, err
	}
	p.Limits = limits(p.Target)
	if t := p.StatementTimeout(); t > 0 {
		p.Limits.HoldBudget, p.Limits.Deadline = min(p.Limits.HoldBudget, t), min(p.Limits.Deadline, t)
	}
	storeDir, err := StoreDir()
	if err != nil {
		return nil, err
	}
	p.Store, err = OpenStore(storeDir)
	return p, err
}

func (p *Project) readConfig() error {
	p.ConfigPath = filepath.Join(p.Dir, FileName)
	if p.Flags.Config != "" {
		p.ConfigPath = absolute(p.Dir, p.Flags.Config)
		if _, err := os.Stat(p.ConfigPath); err != nil {
			return &UsageError{
				Problem: "--config: " + err.Error(), Advice: "name a file that is there, or leave --config out",
			}
		}
	}
	c, err := ReadConfig(p.ConfigPath, p.Dir)
	p.Config = c
	return err
}

func (p *Project) findFolder() error {
	tool := cmp.Or(p.Flags.Tool, p.Config.Tool)
	if tool != "" {
		f, err := migration.Find(tool)
		if err != nil {
			return err
		}
		defer func() { p.foreign(f.Watched) }()
	}
	root, dir, err := p.root()
	if err != nil {
		return err
	}
	p.Found = migration.Detect(root, dir)
	if tool != "" {
		p.pickTool(tool, dir)
		return nil
	}
	p.Picked, p.PickError = migration.Pick(p.Found)
	var none *migration.NoFolderError
	if errors.As(p.PickError, &none) {
		none.Near = migration.Near(root, cmp.Or(dir, "."))
	}
	var other *migration.ForeignError
	if errors.As(p.PickError, &other) {
		p.Picked = other.Detection
	}
	return nil
}

// foreign keeps every command but the team's own from a tool that was named and that
// belay only watches.
func (p *Project) foreign(watched bool) {
	if watched && p.PickError == nil {
		p.Picked.Runs, p.Picked.Why = false, cmp.Or(p.Picked.Why, "been named")
		p.PickError = &migration.ForeignError{Detection: p.Picked}
	}
}

// pickTool believes a named tool over the guesses; only the folder is looked for.
func (p *Project) pickTool(tool, dir string) {
	for _, d := range p.Found {
		if d.Tool == tool || dir != "" {
			p.Picked = migration.Detection{Dir: d.Dir, Tool: tool, Score: 100, Runs: true}
			return
		}
	}
	if dir != "" {
		p.Picked = migration.Detection{Dir: dir, Tool: tool, Score: 100, Runs: true}
		return
	}
	p.PickError = &migration.NoFolderError{}
}

// root is the file system to look in and the folder in it; "" = all known
// places. A folder outside the working directory is looked at from its parent.
func (p *Project) root() (fs.FS, string, error) {
	named := cmp.Or(p.Flags.Migrations, p.Config.Migrations)
	if named == "" {
		return p.Root(), "", nil
	}
	abs := absolute(p.Dir, named)
	info, err := os.Stat(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "",
			&UsageError{
				Problem: fmt.Sprintf("no folder %s", secret.Line(named)),
				Advice:  "name the migrations folder with --migrations DIR",
			}
	case err != nil:
		return nil, "", &Refusal{Problem: err.Error(), Advice: "belay must be able to read the folder"}
	case !info.IsDir():
		return nil, "",
			&UsageError{Problem: named + " is a file", Advice: "name the folder that the migrations stand in"}
	}
	if rel, err := filepath.Rel(p.Dir, abs); err == nil && filepath.IsLocal(rel) {
		return p.Root(), filepath.ToSlash(rel), nil
	}
	p.Dir = filepath.Dir(abs)
	return p.Root(), filepath.Base(abs), nil
}

// Root is the file system that Picked.Dir is in.
func (p *Project) Root() fs.FS { return rootOf(p.Dir) }

// Shown is the migrations folder as a person would name it.
func (p *Project) Shown() string {
	if p.Picked.Dir == "" || p.Picked.Dir == "." {
		return "./"
	}
	return "./" + p.Picked.Dir
}

// Choose settles which of the found folders and tools it is.
func (p *Project) Choose(answer string) error {
	for _, is := range []func(migration.Detection) string{
		choiceWord, func(d migration.Detection) string { return d.Tool },
	} {
		for _, d := range p.Found {
			if !readable(d) || answer != is(d) {
				continue
			}
			p.Picked, p.PickError = d, nil
			if !d.Runs {
				p.PickError = &migration.ForeignError{Detection: d}
			}
			return nil
		}
	}
	return fmt.Errorf("%q is none of %s", answer, strings.Join(p.Choices(), ", "))
}

// Choices are the words by which Choose is best answered: of several guesses, those that
// are as good.
func (p *Project) Choices() []string {
	found := p.Found
	var several *migration.AmbiguousError
	if errors.As(p.PickError, &several) {
		found = several.Found
	}
	var words []string
	for _, d := range found {
		if readable(d) {
			words = append(words, choiceWord(d))
		}
	}
	return words
}

// readable reports a folder that belay can read, whoever runs it.
func readable(d migration.Detection) bool {
	_, err := migration.Find(d.Tool)
	return d.Runs || err == nil
}

func choiceWord(d migration.Detection) string { return d.Tool + " in " + d.Dir }

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
