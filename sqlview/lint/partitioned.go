package lint

import (
	"fmt"
	"strconv"
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// mostPartitions is how many partitions of a table an advice spells out.
const mostPartitions = 3

// PartitionedIndex is an index of a partitioned table as statements that lock no
// table for long: an empty entry on the parent, a concurrent build on every
// partition, one ATTACH each. text is what stands behind the table's name: the
// method, the columns and all that follows.
func (s Stmt) PartitionedIndex(r *catalog.Relation, unique bool, name, text string) string {
	if name == "" {
		name = catalog.Base(r.Name) + "_idx"
	}
	b := builds{in: s.Catalog(), head: "CREATE ", text: text, taken: map[string]bool{}}
	if unique {
		b.head = "CREATE UNIQUE "
	}
	b.parent(r, b.free(catalog.Schema(r.Name), name))
	return strings.Join(b.lines, "\n")
}

// builds are the statements of an index that is built partition by partition.
type builds struct {
	in         *catalog.Snapshot
	head, text string
	taken      map[string]bool
	lines      []string
}

func (b *builds) say(format string, args ...any) {
	b.lines = append(b.lines, fmt.Sprintf(format, args...))
}

// parent is the entry of a partitioned table, with what its partitions get.
func (b *builds) parent(r *catalog.Relation, name string) {
	b.say("%sINDEX %s ON ONLY %s %s;", b.head, Ident(name), Quote(r.Name), b.text)
	for i, child := range r.Children {
		if i == mostPartitions {
			b.say("-- and the same for %s more", Count(len(r.Children)-i, "partition"))
			return
		}
		kid := b.in.Seen(child)
		part := b.free(catalog.Schema(child), catalog.ObjectName(catalog.Base(child), name, ""))
		switch {
		case kid != nil && kid.Kind == catalog.ForeignTable:
			b.say("-- %s is a foreign table: it has no index, and the one of %s stays INVALID", child, r.Name)
			continue
		case kid != nil && kid.Kind == catalog.PartitionedTable:
			b.parent(kid, part)
		default:
			b.say("%sINDEX CONCURRENTLY %s ON %s %s;  -- alone in its file", b.head, Ident(part), Quote(child), b.text)
		}
		b.say("ALTER INDEX %s ATTACH PARTITION %s;", Quote(qualified(catalog.Schema(r.Name), name)),
			Quote(qualified(catalog.Schema(child), part)))
	}
}

func qualified(schema, name string) string {
	if schema == "" {
		return name
	}
	return schema + "." + name
}

// free is the name, or one like it that nothing has.
func (b *builds) free(schema, name string) string {
	free := catalog.Truncate(name)
	for i := 1; b.taken[free] || b.in.Seen(qualified(schema, free)) != nil; i++ {
		free = catalog.ObjectName(name, "", strconv.Itoa(i))
	}
	b.taken[free] = true
	return free
}

// IndexText is what a CREATE INDEX says behind the name of the table, on one line
// and as it is written.
func (s Stmt) IndexText(index *pg.IndexStmt) string {
	text := s.tail(index.Relation.Location)
	text = text[nameEnd(text):]
	text = strings.TrimPrefix(strings.TrimLeft(text, " \t\r\n\f"), "*")
	return oneLine(text[:clauseEnd(text, nil)])
}

// nameEnd is the offset behind a name that may be qualified.
func nameEnd(text string) int {
	end, dot := 0, true
	for i := 0; i < len(text); {
		n := 1
		switch c := text[i]; {
		case dot && (c == '"' || isWord(c)):
			if n = wordLength(text[i:]); c == '"' {
				n = quotedLength(text[i:], false)
			}
			end, dot = i+n, false
		case c == '.':
			dot = true
		case strings.IndexByte(" \t\r\n\f", c) >= 0:
		default:
			if n = quoted(text[i:]); n == 0 || c == '\'' || c == '"' || c == '$' {
				return end
			}
		}
		i += n
	}
	return end
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func wordLength(text string) int {
	for i := range len(text) {
		if c := text[i]; !isWord(c) && c != '$' && (c < '0' || c > '9') {
			return i
		}
	}
	return len(text)
}

// oneLine is SQL without its comments and line ends.
func oneLine(text string) string {
	var b strings.Builder
	blank := false
	for i := 0; i < len(text); {
		n := quoted(text[i:])
		comment := n > 0 && (text[i] == '-' || text[i] == '/')
		if comment || strings.IndexByte(" \t\r\n\f", text[i]) >= 0 {
			blank = b.Len() > 0
			i += max(n, 1)
			continue
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		n = max(n, 1)
		b.WriteString(text[i : i+n])
		i += n
	}
	return b.String()
}
