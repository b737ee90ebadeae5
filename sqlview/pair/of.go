package pair

import (
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// reader works out what one statement changes.
type reader struct {
	Change
	cat *catalog.Snapshot
}

func (r *reader) takes(k Kind, of, name string) { r.Takes = append(r.Takes, Thing{k, of, name}) }

func (r *reader) brings(k Kind, of, name string) { r.Brings = append(r.Brings, Thing{k, of, name}) }

// sets is for what has one value at a time: a second statement takes the first
// one's away and brings its own.
func (r *reader) sets(k Kind, of, name string) {
	r.takes(k, of, name)
	r.brings(k, of, name)
}

// Of works out what a statement changes, in the catalog that it meets; nil = one
// that knows nothing.
func Of(st parse.Statement, cat *catalog.Snapshot) Change {
	r := &reader{cat: cat}
	if r.cat == nil {
		r.cat = &catalog.Snapshot{}
	}
	switch n := st.Node.GetNode().(type) {
	case *pg.Node_AlterTableStmt:
		r.alterTable(n.AlterTableStmt)
	case *pg.Node_RenameStmt:
		r.rename(n.RenameStmt)
	case *pg.Node_DropStmt:
		r.drop(n.DropStmt)
	case *pg.Node_AlterObjectSchemaStmt:
		r.setSchema(n.AlterObjectSchemaStmt)
	case *pg.Node_GrantStmt:
		r.grant(n.GrantStmt)
	case *pg.Node_AlterPublicationStmt:
		r.publication(n.AlterPublicationStmt)
	case *pg.Node_AlterRoleSetStmt:
		r.sets(Option, n.AlterRoleSetStmt.GetRole().GetRolename(), n.AlterRoleSetStmt.GetSetstmt().GetName())
	case *pg.Node_AlterDatabaseSetStmt:
		r.sets(Option, n.AlterDatabaseSetStmt.Dbname, n.AlterDatabaseSetStmt.GetSetstmt().GetName())
	case *pg.Node_AlterEventTrigStmt:
		r.toggle(n.AlterEventTrigStmt.Tgenabled == "O" || n.AlterEventTrigStmt.Tgenabled == "A", Trigger, "",
			n.AlterEventTrigStmt.Trigname)
	default:
		r.create(st.Node)
		r.data(st.Node)
	}
	return r.Change
}

// toggle is for what is on or off.
func (r *reader) toggle(on bool, k Kind, of, name string) {
	if on {
		r.brings(k, of, name)
		return
	}
	r.takes(k, of, name)
}

// create reads the statements that make something.
func (r *reader) create(n *pg.Node) {
	switch n := n.GetNode().(type) {
	case *pg.Node_CreateStmt:
		r.brings(Relation, "", r.cat.Name(n.CreateStmt.Relation))
	case *pg.Node_CreateTableAsStmt:
		r.brings(Relation, "", r.cat.Name(n.CreateTableAsStmt.GetInto().GetRel()))
	case *pg.Node_ViewStmt:
		r.brings(Relation, "", r.cat.Name(n.ViewStmt.View))
	case *pg.Node_CreateSeqStmt:
		r.brings(Relation, "", r.cat.Name(n.CreateSeqStmt.Sequence))
	case *pg.Node_IndexStmt:
		r.index(n.IndexStmt)
	case *pg.Node_CreateEnumStmt:
		r.brings(Type, "", r.cat.NameOf(n.CreateEnumStmt.TypeName))
	case *pg.Node_CreateDomainStmt:
		r.brings(Type, "", r.cat.NameOf(n.CreateDomainStmt.Domainname))
	case *pg.Node_CompositeTypeStmt:
		r.brings(Type, "", r.cat.Name(n.CompositeTypeStmt.Typevar))
	case *pg.Node_CreateRangeStmt:
		r.brings(Type, "", r.cat.NameOf(n.CreateRangeStmt.TypeName))
	case *pg.Node_CreateFunctionStmt:
		r.brings(Function, "", r.cat.NameOf(n.CreateFunctionStmt.Funcname))
	case *pg.Node_CreateTrigStmt:
		r.brings(Trigger, r.cat.Name(n.CreateTrigStmt.Relation), n.CreateTrigStmt.Trigname)
	case *pg.Node_CreatePolicyStmt:
		r.brings(Policy, r.cat.Name(n.CreatePolicyStmt.Table), n.CreatePolicyStmt.PolicyName)
	case *pg.Node_RuleStmt:
		r.brings(Rule, r.cat.Name(n.RuleStmt.Relation), n.RuleStmt.Rulename)
	case *pg.Node_CreateSchemaStmt:
		r.brings(Schema, "", n.CreateSchemaStmt.Schemaname)
	case *pg.Node_CreatePublicationStmt:
		r.brings(Object, "", n.CreatePublicationStmt.Pubname)
	case *pg.Node_CreateExtensionStmt:
		r.brings(Object, "", n.CreateExtensionStmt.Extname)
	case *pg.Node_CreateStatsStmt:
		r.brings(Object, "", strings.Join(catalog.Strings(n.CreateStatsStmt.Defnames), "."))
	}
}

// index brings a name and, whatever it is called, an index of its columns.
func (r *reader) index(n *pg.IndexStmt) {
	table := r.cat.Name(n.Relation)
	if n.Idxname != "" {
		r.brings(Relation, "", catalog.Schema(table)+"."+catalog.Truncate(n.Idxname))
	}
	var columns []string
	for _, p := range n.IndexParams {
		columns = append(columns, p.GetIndexElem().GetName())
	}
	r.bringsOver(Index, table, columns)
	if n.Unique {
		r.bringsOver(Unique, table, columns)
	}
}

// bringsOver and takesOver are for a thing of a table that may have any name: it
// is known by its columns, "" being an expression; none = they are not known.
func (r *reader) bringsOver(k Kind, table string, columns []string) {
	for _, c := range named(columns) {
		r.brings(k, table, c)
	}
}

func (r *reader) takesOver(k Kind, table string, columns []string) {
	for _, c := range named(columns) {
		r.takes(k, table, c)
	}
}

func named(columns []string) []string {
	if len(columns) == 0 {
		return []string{all}
	}
	out := make([]string, len(columns))
	for i, c := range columns {
		if out[i] = c; c == "" {
			out[i] = all
		}
	}
	return out
}
