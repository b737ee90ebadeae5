package migration

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestHostilePrograms: the time that a program takes grows with its length alone. One of
// these took 21 s for 64 kB when every byte was looked at from there to the end; what
// is read so here outlives the limit of the package's tests. The long form takes 256 kB.
func TestHostilePrograms(t *testing.T) {
	t.Parallel()
	size := 64 << 10
	if os.Getenv("BELAY_TEST_LONG") != "" {
		size = 256 << 10
	}
	for _, piece := range []string{
		"x", "'", `"`, "`", `\'`, `\"`, "'''", "${", "`${", `"#{`, "<<A ", "<<A\n", "/*", "//", "#",
		"down(", "down(up(", "down(\n", " down(\n", "exports.down\nexports.up\n", "def down\n", "  def down\n",
		"def upgrade\ndef downgrade\n", "def downgrade ", "knex(", "knex.raw('a' + ", "op.execute(", "op.execute('a') ",
		"op.execute(a) ", "a = 'x'\nop.execute(a)\n", "  a = 'x'\nop.execute(a)\n", "a = 'x'\n",
		"a = 'x'\nop.execute(a)\nop.execute(a)\n",
		"execute ", "execute 'a' ", "execute('a').squish", "f'", "rbf'", "\n", " ", ")", "'a' 'b' ",
	} {
		whole := []byte(strings.Repeat(piece, size/len(piece)))
		for _, end := range []string{".py", ".rb", ".js", ".exs"} {
			sql, _, known := File{Path: "a" + end, Whole: whole}.ProgramSQL()
			if !known || bytes.Count(sql, []byte("\n")) != bytes.Count(whole, []byte("\n")) {
				t.Errorf("%s of %q: %d bytes of %d, known %v", end, piece, len(sql), len(whole), known)
			}
		}
	}
}
