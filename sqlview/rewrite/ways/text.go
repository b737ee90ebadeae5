package ways

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/pair"
	"belay/sqlview/parse"
	"belay/sqlview/rewrite"
)

// title names a file after a table and what is done there. A name that begins
// with the table's says it already.
func title(table string, words ...string) string {
	text := strings.Join(words, " ")
	if base := catalog.Base(table); !strings.HasPrefix(text, base+"_") {
		return base + " " + text
	}
	return text
}

// takenBelow reports whether the file goes on to bring something under a name that
// would still be taken.
func takenBelow(p *rewrite.Piece, t pair.Thing) bool {
	for _, st := range p.Later {
		if slices.Contains(pair.Of(st, p.After).Brings, t) {
			return true
		}
	}
	return false
}

// refuseIfExists refuses a table that may be missing: what follows is no ALTER
// TABLE IF EXISTS and would fail where the original does nothing.
func refuseIfExists(a rewrite.Alteration) string {
	if a.IfExists {
		return "IF EXISTS does nothing where the table is missing, and the files would fail there"
	}
	return ""
}

// refuseParts refuses a table whose partitions or children would need the same,
// one by one.
func refuseParts(r *catalog.Relation) string {
	switch {
	case r == nil:
		return ""
	case r.Kind == catalog.PartitionedTable:
		return "the table is partitioned: it takes one file for each partition"
	case len(r.Children) > 0 || len(r.Parents) > 0:
		return "the table is part of an inheritance tree or of a partitioned table"
	}
	return ""
}

// concurrentIndex is the phase that builds an index. definition is the text
// behind the table's name.
func concurrentIndex(table, written, name, definition string, unique bool, why string) rewrite.Phase {
	word := ""
	if unique {
		word = "UNIQUE "
	}
	index := name
	if schema, _, ok := strings.Cut(written, "."); ok {
		index = schema + "." + name
	}
	return rewrite.Phase{
		Title: strings.Trim(name, `"`), Alone: true, Why: why,
		SQL:  []string{"CREATE " + word + "INDEX CONCURRENTLY " + name + " ON " + written + " " + definition},
		Down: []string{"DROP INDEX CONCURRENTLY " + index}, DownAlone: true,
	}
}

// dropConstraint takes a constraint away again.
func dropConstraint(head, name string) []string {
	return []string{head + " DROP CONSTRAINT " + lint.Ident(name)}
}

// validate is the phase that reads the rows of a constraint that is NOT VALID.
func validate(a rewrite.Alteration, name string) rewrite.Phase {
	return rewrite.Phase{
		Title: title(a.Table, name, "validate"), SQL: []string{a.Head + " VALIDATE CONSTRAINT " + lint.Ident(name)},
		Why: "the rows that were there before are read now, while reads and writes go on; a bad row ends it and " +
			"changes nothing",
		Nothing: "nothing to take back: the file before drops the constraint",
	}
}

// tokensOf are the tokens of a text without its comments.
func tokensOf(text string) []parse.Token {
	var kept []parse.Token
	for _, t := range parse.Tokens([]byte(text)) {
		if t.Kind != parse.TokenComment {
			kept = append(kept, t)
		}
	}
	return kept
}

func is(text string, t parse.Token, word string) bool {
	return strings.EqualFold(text[t.Start:t.End], word)
}

// parenthesized is the text in the first parentheses behind a word, with them;
// "" = there is none.
func parenthesized(text, word string) string {
	tokens := tokensOf(text)
	for i, t := range tokens {
		if t.Kind != parse.TokenWord || !is(text, t, word) || i+1 >= len(tokens) || !is(text, tokens[i+1], "(") {
			continue
		}
		depth := 0
		for _, u := range tokens[i+1:] {
			switch {
			case is(text, u, "("):
				depth++
			case is(text, u, ")"):
				depth--
			}
			if depth == 0 {
				return text[tokens[i+1].Start:u.End]
			}
		}
	}
	return ""
}

// insert puts a text into another at a byte offset.
func insert(text string, at int, what string) string { return text[:at] + what + text[at:] }

// trimmed is a piece of source text without the blanks and comments around it: a
// comment at its end would swallow what is written behind it.
func trimmed(text string) string {
	tokens := tokensOf(text)
	if len(tokens) == 0 {
		return ""
	}
	return text[tokens[0].Start:tokens[len(tokens)-1].End]
}

// firing says which triggers a backfill of a table fires, as something that
// differs from the original; nil = none is known.
func firing(r *catalog.Relation) []string {
	var kept []string
	if r == nil {
		return nil
	}
	for _, t := range r.Triggers {
		if t.Enabled && strings.Contains(t.Events, "UPDATE") {
			kept = append(kept,
				"filling "+r.Name+" fires its trigger "+t.Name+" for each row, which the original did not")
		}
	}
	return kept
}
