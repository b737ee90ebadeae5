package parse

import (
	"bytes"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"belay/sqlview/pattern"
)

// Backslashed is the byte offset of the first '…' in a text that holds a backslash,
// in the bodies of dollar quotes too; -1 = there is none. Where
// standard_conforming_strings is off the text means something else from there on,
// and may be cut at other places: a quotation mark behind a backslash ends no
// string. Up to there both readings agree.
func Backslashed(sql []byte) int {
	s := scanner{src: sql}
	for t, ok := s.next(); ok; t, ok = s.next() {
		text := sql[t.start:t.end]
		switch {
		case text[0] == '\'' && bytes.IndexByte(text, '\\') >= 0:
			return t.start
		case t.kind == dollarString:
			open := 1 + bytes.IndexByte(text[1:], '$') + 1
			if at := Backslashed(text[open : len(text)-open]); at >= 0 {
				return t.start + open + at
			}
		}
	}
	return -1
}

// InSession holds the file against the session that it runs in: where that reads,
// or is told by the file to read, the text otherwise than it was read here, nothing
// is known of the rest, and no part of it may be sent. escapes is true where the
// session has standard_conforming_strings off.
func (f File) InSession(src []byte, escapes bool) File {
	f.Statements = slices.Clone(f.Statements)
	off, named := -1, bytes.Contains(bytes.ToLower(src), []byte(stringsParameter))
	if escapes {
		off = 0
	}
	for i, s := range f.Statements {
		if named && off < 0 && movesStrings(s) {
			off = s.Start // a body is run, or kept, with what it sets itself
			if s.Node.GetVariableSetStmt() != nil {
				off = s.End
			}
		}
		if encoding := otherEncoding(s); encoding != "" {
			f.Statements[i].refuse(problemAt(src, s.Start, encoding))
		}
	}
	if off < 0 {
		return f
	}
	at := Backslashed(src)
	if at < off {
		at = Backslashed(src[off:])
		if at < 0 {
			return f
		}
		at += off
	}
	for i, s := range f.Statements {
		if s.End > at {
			f.Statements[i].refuse(problemAt(src, max(at, s.Start), stringsMessage))
		}
	}
	return f
}

const stringsParameter = "standard_conforming_strings"

// LeavesStrings reports whether a file may turn standard_conforming_strings off for
// sessions that begin later: by ALTER ROLE, ALTER DATABASE or ALTER SYSTEM, in its own
// text or in one that it runs.
func (f File) LeavesStrings() bool {
	return slices.ContainsFunc(f.Statements, func(s Statement) bool {
		return movesStrings(s) && altersOthers.MatchString(s.SQL)
	})
}

var altersOthers = pattern.New(`(?i)\b(role|user|database|system|pg_db_role_setting)\b`)

const stringsMessage = `a backslash in '…' where standard_conforming_strings is off: it begins an escape there, and the text is cut at other places than it was read; ` +
	`write E'…', or '…' without a backslash`

func (s *Statement) refuse(p *Problem) {
	if !s.Unsendable {
		s.Kind, s.Node, s.Problem, s.Unsendable = "", nil, p, true
	}
}

var keepsStrings = pattern.New(
	`(?is)^set\s+((session|local)\s+)?standard_conforming_strings\s*(=|to)\s*'?(on|true|yes|1)'?\s*$`,
)

// movesStrings reports whether a statement may turn standard_conforming_strings
// off, by whatever it says of it.
func movesStrings(s Statement) bool {
	return strings.Contains(strings.ToLower(s.SQL), stringsParameter) && !keepsStrings.MatchString(s.SQL)
}

var utf8Names = []string{"utf8", "utf-8", "unicode"}

// otherEncoding says why the rest of a file would be read in another encoding; "" = it
// would not.
func otherEncoding(s Statement) string {
	set, ok := s.Node.GetNode().(*pg.Node_VariableSetStmt)
	if !ok || set.VariableSetStmt.Name != "client_encoding" || len(set.VariableSetStmt.Args) != 1 {
		return ""
	}
	name := set.VariableSetStmt.Args[0].GetAConst().GetSval().GetSval()
	if name == "" || slices.Contains(utf8Names, strings.ToLower(name)) {
		return ""
	}
	return "client_encoding " + name +
		": files are read and sent as UTF-8; save the file as UTF-8 and take this line out"
}
