package project

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// repository is a stranger's, as testdata/keys.txt says.
func repository(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repository")
	outside := filepath.Join(filepath.Dir(dir), "elsewhere")
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{".git", "migrations"} {
		must(os.MkdirAll(filepath.Join(dir, d), 0o700))
	}
	must(os.Mkdir(outside, 0o700))
	must(os.WriteFile(filepath.Join(outside, "secret.log"), []byte("s3cret"), 0o600))
	must(os.WriteFile(filepath.Join(dir, "app.log"), nil, 0o600))
	must(os.WriteFile(filepath.Join(dir, "migrations", "ca.pem"), nil, 0o600))
	for link, to := range map[string]string{
		"inside": "migrations", "out": outside, "outlog": filepath.Join(outside, "secret.log"), "gone": "nowhere",
		"zero": "/dev/zero",
	} {
		must(os.Symlink(to, filepath.Join(dir, link)))
	}
	must(syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	return dir
}

// A repository's file may only tighten: every key, with what it may say and what it
// may not.
func TestEveryKeyMayOnlyTighten(t *testing.T) {
	dir := repository(t)
	path := filepath.Join(dir, FileName)
	table, err := os.ReadFile("testdata/keys.txt")
	if err != nil {
		t.Fatal(err)
	}
	good, bad := map[string]int{}, map[string]int{}
	for _, line := range strings.Split(string(table), "\n") {
		verdict, rest, is := strings.Cut(line, ": ")
		if !is || strings.HasPrefix(line, "#") {
			continue
		}
		toml, why, _ := strings.Cut(rest, " ## ")
		if err := os.WriteFile(path, []byte(toml+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := ReadConfig(path, dir)
		var usage *UsageError
		switch {
		case verdict == "ok" && err != nil:
			t.Errorf("%s: %v", toml, err)
		case verdict == "no" && (!errors.As(err, &usage) || usage.Advice == ""):
			t.Errorf("%s: %v", toml, err)
		case verdict == "no" && why != "toml" && !strings.Contains(err.Error(), why):
			t.Errorf("%s: %q, want %q", toml, err, why)
		case verdict == "no" && strings.Contains(err.Error()+usage.Advice, "s3c"):
			t.Errorf("%s: a password in %q", toml, err)
		}
		count := map[string]map[string]int{"ok": good, "no": bad}[verdict]
		for _, key := range keysIn(toml) {
			count[key]++
		}
	}
	cells := 0
	for _, key := range configKeys() {
		if _, has := rules[key]; !has || bad[key] == 0 {
			t.Errorf("%s: no rule, or nothing that it refuses", key)
		}
		if rules[key].allows(home{}, "x") != notBuilt(home{}, "") && good[key] == 0 {
			t.Errorf("%s: nothing that it allows", key)
		}
		cells += good[key] + bad[key]
	}
	t.Logf("%d keys, %d cells", len(configKeys()), cells)
}

// keysIn are the keys of a line, as rules has them.
func keysIn(toml string) []string {
	key, _, _ := strings.Cut(toml, " = ")
	if key == "approve" {
		return []string{"approve.second_person", "approve.allowed_signers"}
	}
	if key == "allow" {
		var all []string
		for _, k := range []string{"rule", "until", "reason", "path"} {
			if strings.Contains(toml, k+" =") {
				all = append(all, "allow."+k)
			}
		}
		return all
	}
	parts := strings.Split(key, ".")
	if parts[0] == "target" {
		parts[1] = "NAME"
	}
	return []string{strings.Join(parts, ".")}
}

// What stands where a belay.toml should be may be a pipe, a device, or endless.
func TestConfigThatIsNoFile(t *testing.T) {
	for name, lay := range map[string]func(string) error{
		"pipe":   func(p string) error { return syscall.Mkfifo(p, 0o600) },
		"device": func(p string) error { return os.Symlink("/dev/zero", p) },
		"folder": func(p string) error { return os.Mkdir(p, 0o700) },
		"huge":   func(p string) error { return os.WriteFile(p, []byte(strings.Repeat("#\n", maxConfig)), 0o600) },
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, FileName)
		if err := lay(path); err != nil {
			t.Fatal(err)
		}
		done := time.AfterFunc(20*time.Second, func() { panic("reading " + name + " does not end") })
		_, err := ReadConfig(path, dir)
		done.Stop()
		var usage *UsageError
		if !errors.As(err, &usage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What belay.toml says of a server of its own is asked first, bound to its bytes
// and the address; what the user says counts before it.
func TestServerOfTheRepository(t *testing.T) {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "PG") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	for _, c := range []struct {
		name, dsn, url, host string
		flags                Flags
		asks                 bool
		goes                 string
	}{
		{name: "elsewhere", dsn: "postgres://u@elsewhere/db", asks: true, goes: "elsewhere:5432"},
		{name: "elsewhere by port", dsn: "port=6666", asks: true, goes: ":6666"},
		{name: "elsewhere by hostaddr", dsn: "hostaddr=10.0.0.1", asks: true, goes: "10.0.0.1:5432"},
		{name: "a folder of sockets", dsn: "host=/srv/sockets", asks: true, goes: "/srv/sockets:5432"},
		{name: "a database alone", dsn: "dbname=shop", goes: ":5432"},
		{name: "the user's own host", dsn: "host=db1.eu dbname=shop", host: "db1.eu", goes: "db1.eu:5432"},
		{
			name: "the user's own host, less protected", dsn: "host=db1.eu sslmode=disable", host: "db1.eu", asks: true,
			goes: "db1.eu:5432",
		},
		{
			name: "the user's own host, more protected", dsn: "host=db1.eu sslmode=verify-full", host: "db1.eu",
			goes: "db1.eu:5432",
		},
		{
			name: "the user's own host, any method", dsn: "host=db1.eu require_auth=password", host: "db1.eu",
			asks: true, goes: "db1.eu:5432",
		},
		{
			name: "DATABASE_URL is set", dsn: "postgres://u@elsewhere/db", url: "postgres://u@db1.eu/shop",
			goes: "db1.eu:5432",
		},
		{
			name: "DATABASE_URL is set, --target given", dsn: "postgres://u@elsewhere/db",
			url: "postgres://u@db1.eu/shop", flags: Flags{Target: "x"}, asks: true, goes: "elsewhere:5432",
		},
		{
			name: "DATABASE_URL names the same", dsn: "postgres://u@db1.eu/db", url: "postgres://u@db1.eu/shop",
			flags: Flags{Target: "x"}, goes: "db1.eu:5432",
		},
		{
			name: "--dsn", dsn: "postgres://u@elsewhere/db", flags: Flags{DSN: "postgres://u@db1.eu/shop"},
			goes: "db1.eu:5432",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := repository(t)
			if err := os.WriteFile(filepath.Join(dir, FileName), []byte(fmt.Sprintf("[target.x]\ndsn = %q\n", c.dsn)),
				0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("DATABASE_URL", c.url)
			t.Setenv("PGHOST", c.host)
			p := load(t, c.flags, dir)
			cfg, err := p.Database()
			var strange *ConsentError
			if errors.As(err, &strange) != c.asks || !c.asks && err != nil ||
				!strings.HasSuffix(cfg.Address(), c.goes) {
				t.Fatalf("%v, goes to %s", err, cfg.Address())
			}
			if c.url != "" && c.flags == (Flags{}) &&
				!slices.ContainsFunc(cfg.Warnings, func(w string) bool {
					return strings.Contains(w, "DATABASE_URL counts")
				}) {
				t.Errorf("what is not used is not said: %q", cfg.Warnings)
			}
			if !c.asks {
				return
			}
			if err := p.Allow(strange, time.Now()); err != nil {
				t.Fatal(err)
			}
			if _, err := load(t, c.flags, dir).Database(); err != nil {
				t.Errorf("after the yes: %v", err)
			}
			if err := os.WriteFile(filepath.Join(dir, FileName),
				[]byte(fmt.Sprintf("# edited\n[target.x]\ndsn = %q\n", c.dsn)), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := load(t, c.flags, dir).Database(); !errors.As(err, &strange) {
				t.Errorf("other bytes went on with the old yes: %v", err)
			}
		})
	}
}

func load(t *testing.T, f Flags, dir string) *Project {
	t.Helper()
	p, err := Load(f, dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
