package apply_test

import (
	"fmt"
	"slices"
	"testing"

	"belay/db/apply"
)

// TestWhatWasThereIsTold: the server says of each IF NOT EXISTS whether it met something,
// in a short file and in one whose statements are sent ahead of their answers.
func TestWhatWasThereIsTold(t *testing.T) {
	t.Parallel()
	for _, more := range []int{0, apply.Many} {
		t.Run(fmt.Sprint(more), func(t *testing.T) {
			d := shop(t)
			x, rec := executor(t, d.DSN)
			all := []apply.Statement{
				instant("ALTER TABLE", `ALTER TABLE t ADD COLUMN IF NOT EXISTS a text DEFAULT 'x'`),
				instant("CREATE TABLE", `CREATE TABLE IF NOT EXISTS fresh (id int)`),
				instant("CREATE TABLE", `CREATE TABLE IF NOT EXISTS fresh (id bigint)`),
				instant("CREATE INDEX", `CREATE INDEX IF NOT EXISTS t_pkey ON fresh (id)`),
				instant("DO", `DO 'BEGIN RAISE NOTICE ''something else''; END'`),
			}
			for i := range more {
				all = append(all, instant("COMMENT", fmt.Sprintf("COMMENT ON TABLE t IS '%d'", i)))
			}
			want(t, x.Run(t.Context(), unit(all...)), apply.Applied, apply.Done)
			var met []int
			for _, e := range rec.all {
				if e.Kind == apply.StatementEnded && e.Existed {
					met = append(met, e.Statement)
				}
			}
			if !slices.Equal(met, []int{0, 2, 3}) {
				t.Errorf("statements that met something: %v", met)
			}
		})
	}
}
