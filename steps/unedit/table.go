package unedit

import (
	"slices"
	"strings"

	"belay/sqlview/migration"
	"belay/sqlview/parse"
)

// moreOfTable is the ALTER TABLE that gives a table what the second of two CREATE
// TABLE has more than the first: columns and constraints. "" = that is not all in which
// they differ.
func moreOfTable(was, is parse.Statement) string {
	old, now := tableOf(was), tableOf(is)
	if old == nil || now == nil || !same(old.head, now.head) || !same(old.tail, now.tail) {
		return ""
	}
	var more []string
	at := 0
	for _, part := range now.parts {
		if at < len(old.parts) && same(part, old.parts[at]) {
			at++
			continue
		}
		if first := strings.ToUpper(firstWord(part)); first == "LIKE" {
			return ""
		} else if slices.Contains(constraintWords, first) {
			more = append(more, "  ADD "+part)
		} else {
			more = append(more, "  ADD COLUMN "+part)
		}
	}
	if at < len(old.parts) || len(more) == 0 {
		return ""
	}
	return "ALTER TABLE " + now.name + "\n" + strings.Join(more, ",\n")
}

// constraintWords begin a table constraint, as in the grammar of CREATE TABLE.
var constraintWords = []string{"CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "EXCLUDE", "FOREIGN"}

// table is a CREATE TABLE in pieces of its text.
type table struct {
	name, head, tail string
	parts            []string
}

// tableOf cuts a plain CREATE TABLE; nil = it is something else.
func tableOf(s parse.Statement) *table {
	create := s.Node.GetCreateStmt()
	if create == nil || create.OfTypename != nil || len(create.InhRelations) > 0 || create.Partbound != nil ||
		create.Relation.GetRelpersistence() == "t" {
		return nil
	}
	sql := []byte(s.SQL)
	t := &table{}
	depth, from := 0, 0
	for _, k := range parse.Tokens(sql) {
		if k.Kind != parse.TokenSymbol {
			continue
		}
		switch symbol := s.SQL[k.Start:k.End]; {
		case symbol == "(" || symbol == "[":
			if depth == 0 && t.head == "" {
				t.head, from = s.SQL[:k.Start], k.End
			}
			depth++
		case symbol == "," && depth == 1 && t.tail == "":
			t.parts, from = append(t.parts, strings.TrimSpace(s.SQL[from:k.Start])), k.End
		case symbol == ")" || symbol == "]":
			depth--
			if depth == 0 && t.tail == "" {
				t.parts = append(t.parts, strings.TrimSpace(s.SQL[from:k.Start]))
				t.tail = s.SQL[k.Start:]
			}
		}
	}
	t.name = nameIn(t.head)
	if t.name == "" || t.tail == "" {
		return nil
	}
	return t
}

// nameIn is the table's name in the head of a CREATE TABLE, as it is spelled there.
func nameIn(head string) string {
	last := 0
	for _, k := range parse.Tokens([]byte(head)) {
		if k.Kind == parse.TokenComment {
			return ""
		}
		if word := strings.ToUpper(head[k.Start:k.End]); word == "TABLE" || word == "EXISTS" {
			last = k.End
		}
	}
	return strings.TrimSpace(head[last:])
}

func firstWord(part string) string {
	for _, k := range parse.Tokens([]byte(part)) {
		if k.Kind != parse.TokenComment {
			return part[k.Start:k.End]
		}
	}
	return ""
}

func same(a, b string) bool {
	return migration.NormalizedSHA256([]byte(a)) == migration.NormalizedSHA256([]byte(b))
}
