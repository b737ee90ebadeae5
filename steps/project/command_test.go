package project

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// commandIn is the command that a folder of these files has.
func commandIn(t *testing.T, files map[string]string, back bool) *Command {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Look(Flags{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Command(back)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The team's command is what belay.toml says, else what the project's own files call so.
func TestCommandIsFound(t *testing.T) {
	scripts := `{"scripts": {"premigrate": "echo first", "migrate": "node tools/m.js", "migrate:rollback": "node tools/m.js back"}}`
	for _, c := range []struct {
		name  string
		files map[string]string
		back  bool
		want  string
	}{
		{name: "none", files: map[string]string{"package.json": `{"scripts": {"test": "x"}}`}},
		{name: "not JSON", files: map[string]string{"package.json": `{`}},
		{name: "npm", files: map[string]string{"package.json": scripts, "Makefile": "migrate:\n\tx\n"},
			want: "npm run migrate (by package.json: echo first, then node tools/m.js)"},
		{name: "npm, back", files: map[string]string{"package.json": scripts}, back: true,
			want: "npm run migrate:rollback (by package.json: node tools/m.js back)"},
		{name: "make", files: map[string]string{"Makefile": "all: x\nmigrate: db\n\tx\n"},
			want: "make migrate (by Makefile)"},
		{name: "a variable is no target", files: map[string]string{"Makefile": "migrate := x\n"}},
		{name: "make, back", files: map[string]string{"Makefile": "migrate\\:rollback:\n\tx\n"}, back: true,
			want: "make migrate:rollback (by Makefile)"},
		{name: "yarn, another name", files: map[string]string{"yarn.lock": "",
			"package.json": `{"scripts": {"db:migrate": "knex migrate:latest"}}`},
			want: "yarn run db:migrate (by package.json: knex migrate:latest)"},
		{name: "pnpm, back", files: map[string]string{"pnpm-lock.yaml": "",
			"package.json": `{"scripts": {"migrate:down": "knex migrate:down"}}`}, back: true,
			want: "pnpm run migrate:down (by package.json: knex migrate:down)"},
		{name: "bun", files: map[string]string{"package.json": scripts, "bun.lockb": ""},
			want: "bun run migrate (by package.json: echo first, then node tools/m.js)"},
		{name: "make, another name",
			files: map[string]string{"Makefile": "DB ?= $(DATABASE_URL)\nmigrate-up: ; x $(DB)\n"},
			want:  "make migrate-up (by Makefile)"},
		{name: "belay.toml first", files: map[string]string{"belay.toml": `command = "bin/up 'a b'"`, "package.json": scripts},
			want: "bin/up 'a b' (by belay.toml)"},
		{name: "belay.toml, and no way back", files: map[string]string{"belay.toml": `command = "bin/up"`}, back: true},
		{name: "no script is called so", files: map[string]string{"belay.toml": `command = "npm run nothing"`,
			"package.json": scripts}, want: "npm run nothing (by belay.toml)"},
	} {
		got := ""
		if found := commandIn(t, c.files, c.back); found != nil {
			got = found.String()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// A yes is bound to the bytes of belay.toml and of all files of the repository that the
// command names.
func TestCommandIsBound(t *testing.T) {
	files := map[string]string{
		"belay.toml":   "command = \"npm run migrate\"\n",
		"package.json": `{"scripts": {"migrate": "node tools/m.js --to ../elsewhere"}}`,
		"tools/m.js":   "console.log(1)", "other.js": "1",
	}
	sum := func() string { return commandIn(t, files, false).SHA256 }
	first := commandIn(t, files, false)
	all := sha256.Sum256([]byte(files["belay.toml"] + files["package.json"] + files["tools/m.js"]))
	if first.SHA256 != hex.EncodeToString(all[:]) || strings.Join(first.Files, " ") != "package.json tools/m.js" {
		t.Errorf("%s of %q", first.SHA256, first.Files)
	}
	files["other.js"] = "2"
	if sum() != first.SHA256 {
		t.Error("a file that it does not name asks again")
	}
	for _, name := range []string{"tools/m.js", "package.json", "belay.toml"} {
		files[name] += "\n"
		if sum() == first.SHA256 {
			t.Errorf("%s was changed and asks nobody", name)
		}
		first = commandIn(t, files, false)
	}
}

// What links lead to outside of the repository is not read.
func TestCommandReadsNoStrangerFile(t *testing.T) {
	dir := repository(t)
	outside := filepath.Join(filepath.Dir(dir), "elsewhere", "secret.log")
	if err := os.Symlink(outside, filepath.Join(dir, "package.json")); err != nil {
		t.Fatal(err)
	}
	p, err := Look(Flags{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	p.Config.Command = "cat outlog pipe zero"
	c, err := p.Command(false)
	if err != nil || len(c.Files) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
}
