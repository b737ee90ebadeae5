package catalog

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Tables lists the relations that a query names, each mention once, without the
// names that its own WITH introduces.
func Tables(query *pg.Node) []*pg.RangeVar {
	var all []*pg.RangeVar
	with := map[string]bool{}
	Walk(query, func(m any) bool {
		switch m := m.(type) {
		case *pg.CommonTableExpr:
			with[m.Ctename] = true
		case *pg.IntoClause, *pg.LockingClause: // FOR UPDATE OF says which of those in FROM
			return false
		case *pg.RangeVar:
			all = append(all, m)
		}
		return true
	})
	return slices.DeleteFunc(all, func(r *pg.RangeVar) bool {
		return r.Schemaname == "" && with[r.Relname]
	})
}

// Name is Resolve for a relation of a parse tree; "" for nil.
func (s *Snapshot) Name(r *pg.RangeVar) string {
	if r == nil {
		return ""
	}
	return s.Resolve(r.Schemaname, r.Relname)
}

// NameOf is Resolve for name parts, as DROP and COMMENT write them.
func (s *Snapshot) NameOf(parts []*pg.Node) string {
	words := Strings(parts)
	switch len(words) {
	case 0:
		return ""
	case 1:
		return s.Resolve("", words[0])
	}
	return s.Resolve(words[len(words)-2], words[len(words)-1])
}

// Descendants lists the partitions or inheritance children of a relation, all
// the way down, parents before their children.
func (s *Snapshot) Descendants(name string) []string {
	var all []string
	seen := map[string]bool{name: true}
	for queue := []string{name}; len(queue) > 0; queue = queue[1:] {
		r := s.Seen(queue[0])
		if r == nil {
			continue
		}
		for _, c := range r.Children {
			if !seen[c] {
				seen[c] = true
				all, queue = append(all, c), append(queue, c)
			}
		}
	}
	return all
}

// Users lists "schema.table.column" of every column of an enum, domain or
// composite type, in the order of their names. It reads the whole catalog.
func (s *Snapshot) Users(typeName string) []string {
	if s == nil {
		return nil
	}
	var all []string
	for name, r := range s.Relations.All() {
		if r.Kind != Table && r.Kind != PartitionedTable && r.Kind != MaterializedView {
			continue
		}
		for _, c := range r.Columns {
			if t := s.Type(c.Type); t != nil && t.Name == typeName {
				all = append(all, name+"."+c.Name)
			}
		}
	}
	if t := s.Types.Get(typeName); t != nil {
		all = append(all,
			slices.DeleteFunc(slices.Clone(t.UsedBy), func(user string) bool { return s.left(user, typeName) })...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TablesWith lists the tables and materialized views that have columns of a domain,
// or of a domain over it.
func (s *Snapshot) TablesWith(domain string) []string {
	if s == nil {
		return nil
	}
	var all []string
	for _, d := range s.Domains(domain) {
		for _, u := range s.Users(d) {
			table, column, _ := cutLast(u)
			_, _, array := SplitType(typeOf(s.Seen(table).Column(column)))
			if !array && !slices.Contains(all, table) {
				all = append(all, table)
			}
		}
	}
	return all
}

// Domains lists a domain and those over it.
func (s *Snapshot) Domains(domain string) []string {
	domains := []string{domain}
	for i := 0; i < len(domains); i++ {
		for name, t := range s.Types.All() {
			if b := s.Type(t.Base); t.Domain && b != nil && b.Name == domains[i] && !slices.Contains(domains, name) {
				domains = append(domains, name)
			}
		}
	}
	return domains
}

func typeOf(c *Column) string {
	if c == nil {
		return ""
	}
	return c.Type
}

// left reports whether a column of which the server told that it is of a type has
// gone, or got another one.
func (s *Snapshot) left(user, typeName string) bool {
	table, column, _ := cutLast(user)
	c := s.Seen(table).Column(column)
	if c == nil {
		return true
	}
	t := s.Type(c.Type)
	return t != nil && t.Name != typeName
}

// Quote writes an identifier as SQL needs it: as it is where lower case letters,
// digits and underscores do, else in double quotes. Dots separate parts.
func Quote(name string) string {
	parts := strings.Split(name, ".")
	for i, p := range parts {
		if !plainIdentifier(p) {
			parts[i] = `"` + strings.ReplaceAll(p, `"`, `""`) + `"`
		}
	}
	return strings.Join(parts, ".")
}

func plainIdentifier(s string) bool {
	for i, c := range s {
		if !(c >= 'a' && c <= 'z' || c == '_' || i > 0 && c >= '0' && c <= '9') {
			return false
		}
	}
	return s != ""
}
