package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"belay/db/dbtest"
)

// neededWords are the words of each command with which it does something here; a command that is
// not in it ends the test.
var neededWords = map[string][]string{
	"": {}, "abandon": {"7f3a0000"}, "adopt": {}, "approve": {"3fa9c2d1"}, "attach": {"7f3a0000"},
	"backfill": {"--table", "orders", "--set", "total = 1"}, "campaign": {},
	"campaign abandon": {"7f3a0000"}, "campaign check": {"7f3a0000"},
	"campaign confirm": {"7f3a0000", "--deploy", "v1"},
	"campaign list":    {}, "campaign new": {"rename", "orders.total", "sum"},
	"campaign next": {"7f3a0000"}, "campaign show": {"7f3a0000"}, "campaign tripwire": {"7f3a0000"},
	"campaign try":   {"7f3a0000"},
	"campaign waive": {"7f3a0000", "--source", "catalog", "--reason", "seen"}, "demo": {},
	"doctor": {}, "due": {}, "evidence": {"orders.total"}, "explain": {"nosuch"}, "new": {"add", "note"},
	"rehearse": {}, "renumber": {}, "replay": {"nosuch.jsonl"},
	"report": {"7f3a0000"}, "review": {}, "rollback": {"1"}, "run": {},
	"script": {}, "status": {}, "stop": {"7f3a0000"}, "unedit": {}, "watch": {"--once"},
}

// elsewhere are the ends that are not by the rule, with the code: who looks for a run by its
// id, or for a page, reads no configuration for it.
var elsewhere = map[string]int{
	"abandon --config": 1, "abandon --target": 1,
	"abandon --migrations": 1, "attach --config": 1, "attach --target": 1,
	"attach --migrations": 1, "report --config": 1,
	"report --target": 1, "report --migrations": 1, "replay --config": 1,
	"replay --target": 1, "replay --migrations": 1, "explain gone": 2, "new gone": 0, "unedit gone": 0,
	"campaign gone": 0, "campaign --config": 0, "campaign --target": 0, "campaign --migrations": 0,
}

// hintless print what they looked at instead of a hint.
var hintless = []string{"doctor gone"}

// TestExitsOfCommands calls every command that there is with what none can work with: a
// flag that it has not, a configuration, a target and a folder that are wrong, and a server
// that is not there. Wrong input is 2, no connection 1, and each says what to do now.
func TestExitsOfCommands(t *testing.T) {
	t.Parallel()
	var paths []string
	var walk func(c *cobra.Command, path string)
	walk = func(c *cobra.Command, path string) {
		if c.Runnable() && !c.Hidden && path != "" && path != "demo" {
			paths = append(paths, path)
		}
		for _, below := range c.Commands() {
			walk(below, strings.TrimSpace(path+" "+below.Name()))
		}
	}
	walk((&app{}).root(), "")
	causes := [][]string{
		{"--nosuch"}, {"--config", "wrong.toml"}, {"--target", "nosuch"}, {"--migrations", "missing"}, {"gone"},
	}
	for _, path := range dbtest.OneIn(6, paths) {
		t.Run(path, func(t *testing.T) {
			words, ok := neededWords[path]
			if !ok {
				t.Fatal("it is not in the table of words")
			}
			p := newPerson(t, map[string]string{
				"migrations/000001_base.up.sql": "SELECT 1;\n", "wrong.toml": "nosuch = 1\n",
			})
			p.env["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/shop"
			for _, cause := range causes {
				args, want := append(strings.Fields(path), words...), 2
				if cause[0] == "gone" {
					want = 1
				} else {
					args = append(args, cause...)
				}
				name := path + " " + cause[0]
				if code, is := elsewhere[name]; is {
					want = code
				}
				s := p.belay(args...)
				told := strings.Contains(s.err, "belay: error: ") && strings.Contains(s.err, "belay: hint: ")
				if s.code != want || want != 0 && !told && !slices.Contains(hintless, name) {
					t.Errorf("belay %s: want exit %d, with a hint: %s", strings.Join(args, " "), want, s)
				}
			}
		})
	}
	t.Logf("%d commands, %d causes", len(paths), len(causes))
}
