package db

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
)

// Place is a spot in a file: line and column from 1, columns in characters.
type Place struct{ Line, Column int }

// ErrorPlace maps the position of a server's error to the file that the
// statement came from. statement is the text as it was sent, start where its
// first character stands in the file. ok is false where the server named no
// position, or one inside a function's body.
func ErrorPlace(err error, statement string, start Place) (Place, bool) {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Position <= 0 {
		return Place{}, false
	}
	// PostgreSQL counts characters from 1, not bytes.
	at := byteOffset(statement, int(pg.Position)-1)
	if at < 0 {
		return Place{}, false
	}
	before := statement[:at]
	lines := strings.Count(before, "\n")
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	if lines == 0 {
		column += start.Column - 1
	}
	return Place{Line: start.Line + lines, Column: column}, true
}

func byteOffset(s string, characters int) int {
	for i := range s {
		if characters == 0 {
			return i
		}
		characters--
	}
	if characters == 0 {
		return len(s)
	}
	return -1
}
