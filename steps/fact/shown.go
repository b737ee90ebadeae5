package fact

import (
	"belay/sqlview"
	"belay/sqlview/secret"
	"belay/sqlview/visible"
)

// What events keep of a text at most, in bytes. A statement is whole in the plan
// of its run, a server's message in the server's own log.
const (
	mostSQL  = 16 << 10
	mostText = 8 << 10 // more than a server's message is cut to, with its place before it
)

// SQL is a statement as it may be shown and kept: without its secrets and those of
// its file, and cut where it is long.
func SQL(sql string, hidden []string) string {
	return secret.Without(secret.SQL(visible.Cut(sql, mostSQL)), hidden)
}

// mostHeart bounds what a heart says of its statement: it is told anew every second.
const mostHeart = 2 << 10

// Beginning is SQL of what is told again and again: more of it is cut.
func Beginning(sql string, hidden []string) string {
	return secret.Without(secret.SQL(visible.Begin(sql, mostHeart)), hidden)
}

// Text is a text that may quote a server or a file, as it may be shown and kept:
// cut where it is long, and without the values given.
func Text(text string, hidden []string) string {
	return secret.Text(visible.Cut(text, mostText), hidden)
}

// Shown is a review as events keep it: long statements are cut.
func Shown(r sqlview.Result) sqlview.Result {
	r.Files, r.Down = shownFiles(r.Files), shownFiles(r.Down)
	return r
}

func shownFiles(files []sqlview.FileResult) []sqlview.FileResult {
	var out []sqlview.FileResult
	for _, f := range files {
		statements := make([]sqlview.StatementResult, len(f.Statements))
		for i, s := range f.Statements {
			s.SQL = visible.Cut(s.SQL, mostSQL)
			statements[i] = s
		}
		f.Statements = statements
		out = append(out, f)
	}
	return out
}
