package catalog

import (
	"maps"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"belay/sqlview/pattern"
)

// changes finds words of code that may change a schema.
var changes = pattern.New(
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
	e.Unsure = true
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

// Doubt is for a program of which nobody sees all that it sends: it may have changed any
// relation, also before what is seen of it.
func (s *Snapshot) Doubt() {
	s.Unsure = true
	for name, r := range maps.Collect(s.Relations.All()) {
		if r.Kind == Index || r.Kind == Sequence {
			continue
		}
		doubted := *r
		doubted.doubt()
		s.Relations.Set(name, &doubted)
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

// unseen is a statement whose script nobody sees, such as CREATE EXTENSION.
func unseen(e *evolution, _ *pg.Node) { e.Unsure = true }

// disowned is DROP OWNED: a history does not know what belongs to whom.
func disowned(e *evolution, _ *pg.Node) { e.Unsure, e.Undone = true, true }

// undone is ROLLBACK: what it took back is still in the snapshot.
func undone(e *evolution, n *pg.Node) {
	switch n.GetTransactionStmt().GetKind() {
	case pg.TransactionStmtKind_TRANS_STMT_COMMIT, pg.TransactionStmtKind_TRANS_STMT_ROLLBACK:
		if e.local != nil { // what SET LOCAL said ends with its transaction
			e.SearchPath, e.local = *e.local, nil
		}
	}
	switch n.GetTransactionStmt().GetKind() {
	case pg.TransactionStmtKind_TRANS_STMT_ROLLBACK, pg.TransactionStmtKind_TRANS_STMT_ROLLBACK_TO:
		e.Unsure, e.Undone = true, true
	}
}

// harmless are functions of the server that make nothing.
var harmless = func() map[string]bool {
	all := map[string]bool{}
	for name := range strings.FieldsSeq(`set_config setval nextval currval now count sum min max avg coalesce nullif
		current_setting current_database version to_regclass pg_notify pg_sleep lower upper length format round
		array_agg string_agg json_agg jsonb_agg concat clock_timestamp gen_random_uuid generate_series unnest
		pg_advisory_lock pg_advisory_unlock pg_advisory_xact_lock pg_try_advisory_lock row_number`) {
		all[name] = true
	}
	return all
}()

// called is a query that calls a function: one that nobody knows may make anything.
func (e *evolution) called(query *pg.Node) {
	Walk(query, func(m any) bool {
		f, ok := m.(*pg.FuncCall)
		if !ok {
			return true
		}
		words := Strings(f.Funcname)
		known := e.Functions.Get(e.NameOf(f.Funcname))
		switch {
		case len(words) == 0 || harmless[words[len(words)-1]]:
		case known == nil:
			e.Unsure = true
		case known.Body == "" || changes.MatchString(known.Body):
			e.Unsure = true
		}
		return true
	})
}
