package grant

import (
	"strings"
	"testing"

	"belay/sqlview/visible"
)

// TestNamesStayNames gives the script of a database whose names try to be more.
func TestNamesStayNames(t *testing.T) {
	evil := "x\nCREATE ROLE evil SUPERUSER; --\x1b[2J\u202e"
	script := Facts{Database: evil, Major: 15, Schemas: []string{evil}, Owners: []string{evil}, Ledger: 0}.Script()
	if visible.Text(script) != script {
		t.Errorf("it steers the terminal: %q", script)
	}
	open := false // within a quoted name, which may hold a line end
	for line := range strings.Lines(script) {
		if !open && strings.HasPrefix(line, "CREATE ROLE evil") {
			t.Errorf("a name became a statement:\n%s", script)
		}
		if open || !strings.HasPrefix(line, "--") {
			open = open != (strings.Count(line, `"`)%2 == 1)
		}
	}
}
