package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/steps/project"
)

// TestSecretsOfTheConfig puts a secret into every key of belay.toml that takes a
// text, in the forms that addresses and command lines have, and looks for it in all
// that belay prints and keeps: one file with what is accepted, and one for each key
// that is refused; those are played where the tests are long. SQL is shown whole: who
// says yes to it must see what runs.
func TestSecretsOfTheConfig(t *testing.T) {
	t.Parallel()
	const planted = "hunter2-Qy7"
	p := newPerson(t, map[string]string{
		"migrations/000001_a.up.sql": "CREATE TABLE a (id bigint PRIMARY KEY);\n",
		"all.toml": `target.environment = "local"
run.confirm = "$DBNAME"
history.create = "yes"
ledger.create = "yes"
run.hold = "5s"
deploy.state = "everywhere"
monitor.waive = "a test"
`,
	})
	look := func(what, text string) {
		t.Helper()
		for line := range strings.Lines(text) {
			if strings.Contains(line, planted) {
				t.Errorf("%s has it: %s", what, line)
			}
		}
	}
	call := func(what string, args ...string) said {
		t.Helper()
		s := p.belay(args...)
		look(what+" "+strings.Join(args, " "), s.out+s.err)
		return s
	}
	accepted := fmt.Sprintf(`[smoke]
url = ["%[2]s/health?token=%[1]s", "%[2]s/?X-Amz-Signature=%[1]s&sig=%[1]s"]
sql = ["SELECT true"]
command = ["curl -sf -u admin:%[1]s -H 'Authorization: Bearer %[1]s' %[2]s", "env API_TOKEN=%[1]s true", "psql postgres://u:%[1]s@127.0.0.1:1/x"]
[monitor]
log_command = "curl -H 'X-Auth-Token: %[1]s' %[2]s"
[throttle]
sql = "SELECT 0"
`, planted, "http://127.0.0.1:9")
	p.write(map[string]string{"belay.toml": accepted})
	for _, args := range [][]string{
		{"status"}, {"status", "--output", "json"}, {"doctor"}, {"review"}, {"rehearse", "--answers", "all.toml"},
		{"run", "--answers", "all.toml", "--output", "json"},
	} {
		call("accepted:", args...)
	}
	config, err := os.ReadFile(filepath.Join(p.dir, "belay.toml"))
	if err != nil {
		t.Fatal(err)
	}
	answers, err := os.ReadFile(filepath.Join(p.dir, "all.toml"))
	if err != nil {
		t.Fatal(err)
	}
	p.write(map[string]string{
		"all.toml": fmt.Sprintf("%strust.commands = \"%x\"\n", answers, sha256.Sum256(config)),
	})
	call("accepted:", "run", "--answers", "all.toml", "--output", "json")
	call("accepted:", "report")
	call("accepted:", "report", "--output", "json")
	err = filepath.WalkDir(p.env["XDG_STATE_HOME"], func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".dump") || filepath.Base(path) == "plan.json" {
			return err
		}
		b, err := os.ReadFile(path)
		look(path, string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !dbtest.Long() {
		return
	}
	for _, key := range textKeys("", reflect.TypeFor[project.Config]()) {
		table, last := "", key
		if i := strings.LastIndex(key, "."); i >= 0 {
			table, last = "["+strings.Replace(key[:i], "NAME", "shop", 1)+"]\n", key[i+1:]
		}
		if strings.HasPrefix(key, "allow.") {
			table = "[[allow]]\n"
		}
		for _, value := range []string{
			"postgres://u:" + planted + "@127.0.0.1:1/x?nonsense=1", "http://u:" + planted + "@127.0.0.1:1/",
			"env PGPASSWORD=" + planted + " /nowhere 'x",
		} {
			p.write(map[string]string{"belay.toml": fmt.Sprintf("%s%s = %q\n", table, last, value)})
			call(key, "review")
			p.write(map[string]string{"belay.toml": fmt.Sprintf("%s%s = [%q]\n", table, last, value)})
			call(key, "review")
		}
	}
}

// textKeys are the keys of belay.toml that take a text or several, dotted.
func textKeys(prefix string, of reflect.Type) (keys []string) {
	for i := range of.NumField() {
		f := of.Field(i)
		name, kind := prefix+f.Tag.Get("toml"), f.Type
		switch {
		case f.Tag.Get("toml") == "-":
		case kind.Kind() == reflect.Map:
			keys = append(keys, textKeys(name+".NAME.", kind.Elem())...)
		case kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Struct:
			keys = append(keys, textKeys(name+".", kind.Elem())...)
		case kind.Kind() == reflect.Struct:
			keys = append(keys, textKeys(name+".", kind)...)
		case kind.Kind() == reflect.String || kind.Kind() == reflect.Slice:
			keys = append(keys, name)
		}
	}
	return keys
}
