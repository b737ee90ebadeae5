package usage

import (
	"slices"
	"strings"

	"belay/sqlview/parse"
)

// deepest bounds how deep texts in texts are read.
const deepest = 3

// word is a name of a text, folded as the server folds it, with the one before its dot.
type word struct{ name, before string }

// Text is the use that a text makes which is no statement that can be parsed, such as the
// body of a plpgsql function. A text in quotes in it may be SQL that is put together when
// it runs.
func (s Subject) Text(text string) Use { return s.inText(text, false, 0) }

// Body is Text for what belongs to the relation already, such as the function of one of
// its triggers: there NEW.email needs no table's name.
func (s Subject) Body(text string) Use { return s.inText(text, true, 0) }

func (s Subject) inText(text string, known bool, depth int) Use {
	words, quoted := cut(text)
	relation := None
	column := Use{}
	for _, w := range words {
		relation = max(relation, s.relationWord(w))
		if s.Column != "" && w.name == s.Column {
			column = column.or(Use{Verdict: Sure})
		}
	}
	if s.Column == "" {
		found := Use{Verdict: relation, Why: doubted(relation,
			"it may mean a table of the same name in another schema")}
		return found.or(s.within(quoted, known, depth))
	}
	switch {
	case column.Verdict == None:
	case relation == None && !known:
		column = Use{Verdict: Perhaps, Why: "it has a column of that name, and does not name the table"}
	case relation == Perhaps && !known:
		column = Use{Verdict: Perhaps, Why: "it may mean a table of the same name in another schema"}
	}
	return column.or(s.within(quoted, known || relation == Sure, depth))
}

// relationWord says whether a word names the relation: its schema may stand before it.
func (s Subject) relationWord(w word) Verdict {
	if w.before != "" && w.before != s.Schema && slices.Contains(s.Twins, w.before) {
		return None
	}
	if w.before == s.Schema {
		return s.relation(w.before, w.name)
	}
	return s.relation("", w.name)
}

// within reads what stands in quotes: SQL in SQL, or a text that only looks like it.
func (s Subject) within(quoted []string, known bool, depth int) Use {
	found := Use{}
	if depth == deepest {
		return found
	}
	for _, q := range quoted {
		u := s.inText(q, known, depth+1)
		if u.Verdict == Sure {
			u = Use{Verdict: Perhaps, Why: "a text in quotes names it: SQL that is put together, perhaps"}
		}
		found = found.or(u)
	}
	return found
}

// cut takes a text apart: its names, and what stands in quotes. Comments are no use.
func cut(text string) (words []word, quoted []string) {
	before, dot := "", false
	for _, t := range parse.Tokens([]byte(text)) {
		piece := text[t.Start:t.End]
		switch t.Kind {
		case parse.TokenWord, parse.TokenQuotedName:
			w := word{name: Fold(piece)}
			if dot {
				w.before = before
			}
			words = append(words, w)
			before, dot = w.name, false
			continue
		case parse.TokenString:
			from, to := strings.IndexByte(piece, '\''), strings.LastIndexByte(piece, '\'')
			if from < to {
				quoted = append(quoted, strings.ReplaceAll(piece[from+1:to], "''", "'"))
			}
		case parse.TokenDollarString:
			tag := piece[:strings.IndexByte(piece[1:], '$')+2]
			quoted = append(quoted, strings.TrimSuffix(strings.TrimPrefix(piece, tag), tag))
		case parse.TokenOpen: // the server cut the text there
			quoted = append(quoted, strings.TrimLeft(piece, `'"$`))
		case parse.TokenSymbol:
			dot = piece == "." && before != ""
			if dot {
				continue
			}
		case parse.TokenComment, parse.TokenMeta:
			continue
		}
		before, dot = "", false
	}
	return words, quoted
}

// Fold is a name as the server keeps it: lower case, unless it is quoted.
func Fold(name string) string {
	if len(name) > 1 && name[0] == '"' && name[len(name)-1] == '"' {
		return strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
	}
	return strings.ToLower(name)
}

// Parts takes a name as a person writes it apart: users.email, "My Table"."Email". nil =
// it is no name.
func Parts(name string) []string {
	var parts []string
	want := true
	for _, t := range parse.Tokens([]byte(name)) {
		piece := name[t.Start:t.End]
		switch {
		case want && (t.Kind == parse.TokenWord || t.Kind == parse.TokenQuotedName):
			parts = append(parts, Fold(piece))
		case want || piece != ".":
			return nil
		}
		want = !want
	}
	if want {
		return nil
	}
	return parts
}

// Line is the use that a line of code makes, whatever its language: words are letters,
// digits and underscores.
func (s Subject) Line(line string) Use {
	words := strings.FieldsFunc(line, func(r rune) bool {
		return r != '_' && r != '$' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r < 0x80
	})
	has := func(name string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, name) })
	}
	switch {
	case s.Column == "" && has(s.Relation):
		return Use{Verdict: Sure}
	case s.Column == "" || !has(s.Column):
		return Use{}
	case has(s.Relation):
		return Use{Verdict: Sure, Why: "names both"}
	}
	return Use{Verdict: Perhaps, Why: "names the column, not the table"}
}

// Words are the names in a text, folded, once each: which part of a catalog it may need.
func Words(text string) []string {
	words, _ := cut(text)
	var all []string
	for _, w := range words {
		if !slices.Contains(all, w.name) {
			all = append(all, w.name)
		}
	}
	return all
}
