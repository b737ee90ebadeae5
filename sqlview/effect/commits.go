package effect

import (
	"slices"
	"strings"

	"belay/sqlview/parse"
)

// Commits says whether a statement ends transactions by itself.
type Commits string

// What CALL and DO may do. Inside a transaction block the server answers such a
// COMMIT with 2D000, invalid transaction termination.
const (
	CommitsNever Commits = ""
	// CommitsMaybe: what it runs is not known, or calls what is not known.
	CommitsMaybe Commits = "may commit"
	// CommitsItself: COMMIT or ROLLBACK stands in what it runs.
	CommitsItself Commits = "commits"
)

// nesting bounds how far calls from procedure to procedure are followed.
const nesting = 8

// commitsOf judges a procedure by its name, as far as the catalog knows it.
func (r *routines) commitsOf(name []string, depth int) Commits {
	f := r.function(name)
	if f == nil {
		return CommitsMaybe
	}
	return r.commitsIn(f.Body, f.Language, depth)
}

// commitsIn reads the body of a DO block or a procedure. Only PL/pgSQL is read
// word by word: an SQL procedure cannot commit, and of what is written in other
// languages words alone say little.
func (r *routines) commitsIn(body, language string, depth int) Commits {
	switch {
	case language == "sql":
		return CommitsNever
	case language != "plpgsql" || body == "" || depth > nesting:
		return CommitsMaybe
	}
	words := wordsOf(body)
	found := CommitsNever
	for i := range words {
		switch {
		case !beginsStatement(words, i):
		case (words[i] == "commit" || words[i] == "rollback") && i+1 < len(words) &&
			(words[i+1] == ";" || words[i+1] == "and"):
			return CommitsItself
		case words[i] == "call":
			switch r.commitsOf(called(words[i+1:]), depth+1) {
			case CommitsItself:
				return CommitsItself
			case CommitsMaybe:
				found = CommitsMaybe
			}
		}
	}
	return found
}

// wordsOf is what of a PL/pgSQL body is neither comment nor quoted text, in lower
// case; a quoted name stands without its quotes.
func wordsOf(body string) (all []string) {
	for _, t := range parse.Tokens([]byte(body)) {
		text := body[t.Start:t.End]
		switch t.Kind {
		case parse.TokenWord, parse.TokenSymbol:
			all = append(all, strings.ToLower(text))
		case parse.TokenQuotedName:
			all = append(all, strings.Trim(text, `"`))
		}
	}
	return all
}

// beginsStatement reports whether a statement of PL/pgSQL may begin at the word.
func beginsStatement(words []string, i int) bool {
	return i == 0 || slices.Contains([]string{";", "begin", "then", "else", "loop", ">"}, words[i-1])
}

// called is the name that CALL is followed by: "a" or "a.b".
func called(words []string) []string {
	if len(words) > 2 && words[1] == "." {
		return []string{words[0], words[2]}
	}
	return words[:min(1, len(words))]
}

// commits notes what a CALL or a DO block does to transactions.
func (j *judge) commits(c Commits, what string) {
	j.e.Commits = c
	switch c {
	case CommitsItself:
		j.note("%s commits by itself: it runs outside a transaction, alone in its file, and what it has committed "+
			"when it fails stands", what)
	case CommitsMaybe:
		j.note("%s may commit by itself: alone in its file it runs outside a transaction, as with psql, and what it "+
			"has committed when it fails stands", what)
	}
}
