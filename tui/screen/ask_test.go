package screen

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"belay/steps/state"
	"belay/tui/look"

	"github.com/charmbracelet/x/ansi"
)

// However long the SQL of a question is, the question and its answers stand on each
// terminal, in a few lines, and the SQL can be read to its end below them.
func TestAQuestionIsNotItsSQL(t *testing.T) {
	var sql strings.Builder
	sql.WriteString("-- what belay keeps of a run\nCREATE SCHEMA belay;\n")
	for i := range 24 {
		fmt.Fprintf(&sql, "CREATE TABLE belay.t%d (\n    id int,\n    at timestamptz,\n    note text\n);\n", i)
	}
	sql.WriteString("CREATE UNIQUE INDEX one ON belay.t1 (id);\nCREATE INDEX two ON belay.t1 (at);\n")
	d := &Dialog{ID: "ledger.create", Text: "Create that schema in the run?", Why: "It is asked once:\n" + sql.String(),
		Options: []Option{{Answer: "no", Label: "no: keep the run here"}, {Answer: "yes", Label: "yes: create it"}}}
	for _, size := range []Size{{60, 20}, {80, 24}, {120, 40}, {160, 50}} {
		run := state.New()
		local := Local{Look: look.New(false, look.Unicode), Screen: "ask", Dialog: d}
		got := ansi.Strip(Ask.Draw(run, local, size, time.Time{}))
		for _, want := range []string{
			d.Text, "It is asked once:", "no   keep the run here", "yes  create it", "1 schema, 24 tables, 2 indexes",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("%v does not say %q:\n%s", size, want, got)
			}
		}
		for _, p := range Ask.Placed(run, local, size, time.Time{}) {
			if p.Name == "question" && (p.Total >= 10 || p.Height < p.Total) {
				t.Errorf("%v: of %d lines of the question %d are seen", size, p.Total, p.Height)
			}
			if p.Name == "sql" && (!p.Focus || !p.Scrolls()) {
				t.Errorf("%v: its SQL does not scroll: %+v", size, p)
			}
		}
	}
}
