package journal

import (
	"strconv"
	"strings"
)

// Changed is what a data change did: how many rows it touched. Rows is -1 where the
// server does not count them, as of a DO block. ok is false for what changes no data,
// and for what failed or is none of the file's statements.
func (b StatementEnded) Changed() (command string, rows int64, ok bool) {
	words := strings.Fields(b.Tag)
	if b.SQLState != "" || b.Statement < 0 || len(words) == 0 {
		return "", 0, false
	}
	switch words[0] {
	case "UPDATE", "DELETE", "MERGE", "INSERT", "COPY":
		n, err := strconv.ParseInt(words[len(words)-1], 10, 64)
		return words[0], n, err == nil
	case "DO", "CALL":
		return words[0], -1, true
	}
	return "", 0, false
}
