package catalog

import (
	"regexp"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// changes finds words of code that may change a schema.
var changes = regexp.MustCompile(
	`(?i)\b(alter|create|drop|rename|execute|truncate|import|call|perform|refresh|cluster)\b`,
)

// doubt is DO and CALL: what the code did to the relations that it names, nobody
// sees. Where it puts a statement together it may have been any relation.
func doubt(e *evolution, n *pg.Node) {
	var body string
	for _, a := range n.GetDoStmt().GetArgs() {
		if d := a.GetDefElem(); d.GetDefname() == "as" {
			body = d.GetArg().GetString_().GetSval()
		}
	}
	if c := n.GetCallStmt().GetFunccall(); c != nil {
		if f := e.Functions.Get(e.NameOf(c.GetFuncname())); f != nil {
			body = f.Body
		}
	}
	if !changes.MatchString(body) {
		return
	}
	words := tokens(strings.NewReplacer("'", " ", "$", " ", ";", " ; ").Replace(body))
	any := strings.Contains(strings.ToLower(body), "execute")
	for name, r := range e.Relations.All() {
		if r.Kind == Index || r.Kind == Sequence {
			continue
		}
		if any || slices.ContainsFunc(words, func(w string) bool { return strings.Trim(w, `"`) == Base(name) }) {
			e.edit(name).doubt()
		}
	}
}

// doubt takes back what made statements look cheaper: a type that may have
// changed, a constraint that may be gone.
func (r *Relation) doubt() {
	r.Doubted = true
	r.Columns = mapped(r.Columns, func(c Column) Column {
		c.NotNull, c.Type = false, ""
		return c
	})
	r.Constraints = mapped(r.Constraints, func(k Constraint) Constraint {
		k.Valid = false
		return k
	})
}

func cluster(e *evolution, n *pg.Node) {
	s := n.GetClusterStmt()
	r := e.editKnown(e.Name(s.Relation))
	if r != nil && s.Indexname != "" {
		r.ClusteredOn = Schema(r.Name) + "." + s.Indexname
	}
}
