package apply

import (
	"belay/sqlview/parse"
)

// reading reports why a statement that is about to be sent would be read otherwise
// than it was reviewed: the session says what its encoding and its strings are,
// also when a block or a function of the unit changed them.
func (r *run) reading(s Statement) error {
	f := &Failure{Path: r.u.Path, Line: s.Line}
	c := r.s.conn.PgConn()
	switch encoding := or(r.encoding, c.ParameterStatus("client_encoding")); {
	case encoding != "UTF8":
		f.Message = "client_encoding is " + encoding + " now: the rest of the file would be stored as other letters"
		f.Hint = "take out what sets client_encoding: files are sent as UTF-8"
	case c.ParameterStatus("standard_conforming_strings") != "on" && parse.Backslashed([]byte(s.SQL)) >= 0:
		f.Message = "standard_conforming_strings is off now: a backslash in this statement would begin an escape"
		f.Hint = "write E'…', or take out what sets standard_conforming_strings"
	default:
		return nil
	}
	return f
}
