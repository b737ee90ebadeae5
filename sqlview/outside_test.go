package sqlview_test

import (
	"strings"
	"testing"

	"belay/sqlview"
	"belay/sqlview/lint"
	"belay/sqlview/migration"
)

// Where a statement cannot run inside the tool's transaction, the finding says how
// the folder's own tool is told so: a word of another tool's would be a comment.
func TestOutsideIsSaidInTheToolsOwnWords(t *testing.T) {
	for _, f := range migration.Formats() {
		result, err := sqlview.Review(t.Context(), []sqlview.Source{{
			Path: "1_a.sql", SQL: []byte("CREATE INDEX CONCURRENTLY i ON t (a);"), Tool: f.Name,
			Mode: lint.OneTransaction, ByBelay: true,
		}}, sqlview.Options{})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, h := range result.Files[0].Hazards {
			if h.Rule != "concurrently-in-tx" {
				continue
			}
			found = true
			if !strings.Contains(h.Why, f.Outside.How) || h.Instead == nil ||
				!strings.HasPrefix(*h.Instead, f.Outside.Header+"CREATE INDEX") {
				t.Errorf("%s: %s\ninstead: %s", f.Name, h.Why, *h.Instead)
			}
		}
		if !found {
			t.Errorf("%s: nothing is found", f.Name)
		}
	}
}
