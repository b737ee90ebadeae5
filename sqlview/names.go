package sqlview

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"
	"belay/sqlview/pattern"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Names are the words of the texts, as far as one of them may be the name of
// something in a database, also where it stands in a string that may be run.
// They say which part of a large catalog a review needs.
type Names struct {
	// Words are cut at 63 bytes, once each, sorted.
	Words []string
	// Cascade is true where a TRUNCATE may go from table to table.
	Cascade bool
	// Everything is true where a statement reaches what it does not name, such as
	// all tables of a schema: only the whole catalog will do.
	Everything bool
}

// maxWords is more than any file of hand-written SQL has.
const maxWords = 20_000

var (
	quotedWord = pattern.New(`"((?:[^"]|"")+)"`)
	escaped    = pattern.New(`(?i)\bU&"`)
)

// NamesOf collects what the statements of files may name.
func NamesOf(files []parse.File) Names {
	var n Names
	words := map[string]bool{}
	for _, f := range files {
		for i := range f.Statements {
			s := &f.Statements[i]
			n.add(s, words)
		}
	}
	n.Words = slices.Sorted(maps.Keys(words))
	n.Everything = n.Everything || len(n.Words) > maxWords
	return n
}

func (n *Names) add(s *parse.Statement, words map[string]bool) {
	for w := range plainWords(s.SQL) {
		words[catalog.Truncate(w)] = true
		words[catalog.Truncate(strings.ToLower(w))] = true
	}
	n.reaches(s)
	if !strings.Contains(s.SQL, `"`) {
		return
	}
	n.Everything = n.Everything || escaped.MatchString(s.SQL)
	for _, w := range quotedWord.FindAllStringSubmatch(s.SQL, -1) {
		words[catalog.Truncate(strings.ReplaceAll(w[1], `""`, `"`))] = true
	}
}

// reaches notes what a statement reaches without a word for it.
func (n *Names) reaches(s *parse.Statement) {
	t := s.Node.GetTruncateStmt()
	n.Cascade = n.Cascade || t != nil && t.Behavior == pg.DropBehavior_DROP_CASCADE
	n.Everything = n.Everything || reachesUnnamed(s.Node)
}

// plainWords are the words of a text, also those in quotes, strings and comments.
func plainWords(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		from := -1
		for i, r := range text {
			begins := r == '_' || unicode.IsLetter(r)
			switch {
			case from < 0 && begins:
				from = i
			case from >= 0 && !begins && r != '$' && !unicode.IsNumber(r):
				if !yield(text[from:i]) {
					return
				}
				from = -1
			}
		}
		if from >= 0 {
			yield(text[from:])
		}
	}
}

// reachesUnnamed reports a statement whose relations are not in its text.
func reachesUnnamed(n *pg.Node) bool {
	switch s := n.GetNode().(type) {
	case *pg.Node_DropStmt:
		return !slices.Contains(namedDrops, s.DropStmt.RemoveType)
	case *pg.Node_RenameStmt:
		return s.RenameStmt.RenameType == pg.ObjectType_OBJECT_SCHEMA
	case *pg.Node_GrantStmt:
		return s.GrantStmt.Targtype != pg.GrantTargetType_ACL_TARGET_OBJECT
	case *pg.Node_VacuumStmt:
		return len(s.VacuumStmt.Rels) == 0
	case *pg.Node_ReindexStmt:
		return s.ReindexStmt.Relation == nil
	case *pg.Node_ClusterStmt:
		return s.ClusterStmt.Relation == nil
	case *pg.Node_DropOwnedStmt, *pg.Node_ReassignOwnedStmt, *pg.Node_AlterTableMoveAllStmt, *pg.Node_DropdbStmt,
		*pg.Node_CreatePublicationStmt, *pg.Node_AlterPublicationStmt, *pg.Node_AlterExtensionStmt:
		return true
	}
	return false
}

// namedDrops are the kinds of objects whose DROP reaches only what the name
// leads to.
var namedDrops = []pg.ObjectType{
	pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_FOREIGN_TABLE, pg.ObjectType_OBJECT_SEQUENCE,
	pg.ObjectType_OBJECT_VIEW,
	pg.ObjectType_OBJECT_MATVIEW, pg.ObjectType_OBJECT_INDEX, pg.ObjectType_OBJECT_TRIGGER, pg.ObjectType_OBJECT_POLICY,
	pg.ObjectType_OBJECT_RULE, pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN,
	pg.ObjectType_OBJECT_STATISTIC_EXT,
	pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE,
	pg.ObjectType_OBJECT_AGGREGATE,
}
