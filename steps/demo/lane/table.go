package lane

import (
	"fmt"
	"strconv"
	"time"
)

// Head are the columns of the table.
var Head = [4]string{"", string(Careless), string(Runbook), string(Belay)}

// none stands where a lane has nothing to say.
const none = "-"

// Table sets the lanes beside each other, a row for each question.
func (r Results) Table() [][4]string {
	c, k, b := r.Careless, r.Runbook, r.Belay
	rows := [][4]string{
		{"longest request", none, none, none}, {"requests over 1 s", none, none, none},
		{"ALTER TABLE", none, none, none},
		{"CREATE INDEX", none, none, none}, {"  and in truth", none, none, none},
		{"connection cut at COMMIT", none, none, none}, {"  how it knows", "", "", ""},
	}
	if c != nil {
		fill(rows, 1, Seconds(c.MaxMS), strconv.Itoa(c.Blocked), applied(c.Applied, "stopped"))
	}
	if k != nil {
		fill(rows, 2, Seconds(k.MaxMS), strconv.Itoa(k.Blocked), applied(k.Applied, "failed"), k.claims(),
			valid(k.IndexValid))
	}
	if b != nil {
		fill(rows, 3, Seconds(b.MaxMS), strconv.Itoa(b.Blocked), applied(b.Applied, "not applied"), valid(b.IndexValid),
			valid(b.IndexValid))
	}
	if r.Cut != nil {
		fill(rows, 2, rows[0][2], rows[1][2], rows[2][2], rows[3][2], rows[4][2], "?", "(would guess)")
		fill(rows, 3, rows[0][3], rows[1][3], rows[2][3], rows[3][3], rows[4][3], r.Cut.Said, r.Cut.How)
	}
	return rows
}

// fill writes a column from the top.
func fill(rows [][4]string, column int, cells ...string) {
	for i, c := range cells {
		rows[i][column] = c
	}
}

// claims is what the runbook's shell believes of the index.
func (k RunbookResult) claims() string {
	switch {
	case k.Exit != 0:
		return "exit " + strconv.Itoa(k.Exit)
	case k.Said != "":
		return `"already exists"`
	}
	return "exit 0"
}

func applied(yes bool, otherwise string) string {
	if yes {
		return "applied"
	}
	return otherwise
}

func valid(yes bool) string {
	if yes {
		return "valid"
	}
	return "INVALID"
}

// Seconds writes milliseconds as the table does: "4.51 s".
func Seconds(ms int64) string {
	return fmt.Sprintf("%.2f s", (time.Duration(ms) * time.Millisecond).Seconds())
}
