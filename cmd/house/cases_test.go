package house

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// cases are inputs with which belay once did wrong, each by the name under which it was
// reported. A test or a story that plays one names it in its comment, after "Case:".
var cases = []string{
	"backfill-restart-hang", "backfill-slow-rows", "call_with_commit", "client-encoding", "connection_limit_message",
	"datestyle", "dirty_while_tool_runs", "dsn_scheme_leaks_password", "dsn_x_parameters", "fix-begin-atomic-function",
	"fix-default-cast", "fix-enum-swap", "fix-generated-column", "fix-publication-columns", "fix-window-check",
	"fix-window-index", "fix-window-unique", "grant_superuser_hint", "hijack-operator", "hold_dead_end", "lock-nowait",
	"login_with_set_role", "owner_of_new_table_breaks_old_code", "psql_if_both_branches", "renumber_hint",
	"rls-update-matches-nothing", "target_role_noinherit_verify", "vacuum_in_multi_statement",
}

var saidCases = regexp.MustCompile(`\bCases?: ([\w, -]+)\.`)

// A test that is moved or thrown away takes no case with it unseen.
func TestEveryCaseIsPlayed(t *testing.T) {
	var said []string
	for _, floor := range floors {
		err := filepath.WalkDir(filepath.Join(root(t), floor), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") && filepath.Ext(path) != ".txtar" {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range saidCases.FindAllSubmatch(text, -1) {
				said = append(said, strings.Split(string(m[1]), ", ")...)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range cases {
		if !slices.Contains(said, c) {
			t.Errorf("no test says that it plays %s", c)
		}
	}
	for _, s := range said {
		if !slices.Contains(cases, s) {
			t.Errorf("a test plays %q, which is no case here", s)
		}
	}
}
