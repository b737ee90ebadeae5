package catalog

import (
	"maps"
	"reflect"
	"slices"

	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Apply changes the snapshot as the statement would change the database, for a
// statement of the run under review: what it creates is marked CreatedHere. A
// statement that was not analysed, or that changes nothing a review asks for,
// leaves the snapshot as it is. Version is the server's major version; 0 =
// unknown. Apply never fails: what cannot be known stays unknown.
func (s *Snapshot) Apply(st parse.Statement, version int) { s.apply(st, version, true) }

// Replay is Apply for a statement that ran before the run under review, such as
// an applied migration or a line of a schema dump.
func (s *Snapshot) Replay(st parse.Statement, version int) { s.apply(st, version, false) }

// FromStatements builds a snapshot by replaying statements into an empty
// catalog: a schema dump or the history of a migrations folder. Settings of
// their session (search_path, TimeZone) are forgotten at the end.
func FromStatements(source Source, statements []parse.Statement, version int) *Snapshot {
	s := &Snapshot{Source: source, ServerVersion: version, ServerMinor: -1}
	for _, st := range statements {
		s.Replay(st, version)
	}
	s.SearchPath, s.TimeZone, s.Tablespace = nil, "", ""
	return s
}

// evolution is one statement being applied.
type evolution struct {
	*Snapshot
	st      parse.Statement
	version int
	created bool // mark what the statement makes as CreatedHere
	// only is true for ALTER TABLE ONLY.
	only bool
	// own are the relations that the statement has copied or made already: no
	// other snapshot sees them yet.
	own map[string]*Relation
}

func (s *Snapshot) apply(st parse.Statement, version int, created bool) {
	if st.Node == nil || st.Node.Node == nil {
		return
	}
	if f := evolutions[reflect.TypeOf(st.Node.Node)]; f != nil {
		f(&evolution{Snapshot: s, st: st, version: version, created: created, own: map[string]*Relation{}}, st.Node)
	}
}

// evolutions says which statements change the catalog, by the node of the tree.
var evolutions map[reflect.Type]func(*evolution, *pg.Node)

func init() {
	evolutions = map[reflect.Type]func(*evolution, *pg.Node){}
	for _, e := range []struct {
		node any
		f    func(*evolution, *pg.Node)
	}{
		{(*pg.Node_CreateStmt)(nil), createTable},
		{(*pg.Node_CreateForeignTableStmt)(nil), createForeignTable},
		{(*pg.Node_CreateTableAsStmt)(nil), createTableAs},
		{(*pg.Node_SelectStmt)(nil), selectStatement},
		{(*pg.Node_ExplainStmt)(nil), explain},
		{(*pg.Node_ViewStmt)(nil), createView},
		{(*pg.Node_IndexStmt)(nil), createIndex},
		{(*pg.Node_AlterTableStmt)(nil), alterTable},
		{(*pg.Node_DropStmt)(nil), drop},
		{(*pg.Node_RenameStmt)(nil), rename},
		{(*pg.Node_AlterObjectSchemaStmt)(nil), setSchema},
		{(*pg.Node_CreateSchemaStmt)(nil), createSchema},
		{(*pg.Node_CreateEnumStmt)(nil), createEnum},
		{(*pg.Node_AlterEnumStmt)(nil), alterEnum},
		{(*pg.Node_CreateDomainStmt)(nil), createDomain},
		{(*pg.Node_AlterDomainStmt)(nil), alterDomain},
		{(*pg.Node_CompositeTypeStmt)(nil), createComposite},
		{(*pg.Node_CreateSeqStmt)(nil), createSequence},
		{(*pg.Node_AlterSeqStmt)(nil), alterSequence},
		{(*pg.Node_CreateFunctionStmt)(nil), createFunction},
		{(*pg.Node_CreateCastStmt)(nil), createCast},
		{(*pg.Node_CreateForeignServerStmt)(nil), createServer},
		{(*pg.Node_AlterTableMoveAllStmt)(nil), moveAll},
		{(*pg.Node_CreateTrigStmt)(nil), createTrigger},
		{(*pg.Node_CreatePolicyStmt)(nil), createPolicy},
		{(*pg.Node_RuleStmt)(nil), createRule},
		{(*pg.Node_CreateStatsStmt)(nil), createStatistics},
		{(*pg.Node_CreatePublicationStmt)(nil), createPublication},
		{(*pg.Node_AlterPublicationStmt)(nil), alterPublication},
		{(*pg.Node_VariableSetStmt)(nil), setVariable},
		{(*pg.Node_DiscardStmt)(nil), discard},
		{(*pg.Node_ClusterStmt)(nil), cluster},
		{(*pg.Node_DoStmt)(nil), doubt},
		{(*pg.Node_CallStmt)(nil), doubt},
		{(*pg.Node_CreateExtensionStmt)(nil), unseen},
		{(*pg.Node_AlterExtensionStmt)(nil), unseen},
		{(*pg.Node_ImportForeignSchemaStmt)(nil), unseen},
		{(*pg.Node_DropOwnedStmt)(nil), disowned},
		{(*pg.Node_ExecuteStmt)(nil), unseen},
		{(*pg.Node_TransactionStmt)(nil), undone},
		{(*pg.Node_GrantRoleStmt)(nil), forgetRights},
		{(*pg.Node_GrantStmt)(nil), forgetRights},
		{(*pg.Node_AlterRoleStmt)(nil), forgetRights},
		{(*pg.Node_AlterOwnerStmt)(nil), forgetRights},
		{(*pg.Node_ReassignOwnedStmt)(nil), forgetRights},
	} {
		evolutions[reflect.TypeOf(e.node)] = e.f
	}
}

// edit gives a copy of a relation to change; one that is not known yet becomes
// known in part.
func (e *evolution) edit(name string) *Relation {
	old := e.Relations.Get(name)
	if old != nil && e.own[name] == old {
		return old
	}
	r := &Relation{Name: name, Kind: Table, Partial: true}
	if old != nil {
		*r = *old
	}
	return e.set(name, r)
}

func (e *evolution) set(name string, r *Relation) *Relation {
	e.Relations.Set(name, r)
	e.own[name] = r
	return r
}

// editKnown is edit for relations that should not come into being by it.
func (e *evolution) editKnown(name string) *Relation {
	if e.Relations.Get(name) == nil {
		return nil
	}
	return e.edit(name)
}

func (e *evolution) add(r *Relation) *Relation {
	r.CreatedHere, r.Listed = e.created, true
	return e.set(r.Name, r)
}

func (e *evolution) addSchema(name string) {
	all := maps.Clone(e.Schemas)
	if all == nil {
		all = map[string]bool{}
	}
	all[name] = true
	e.Schemas = all
}

func (e *evolution) dropSchema(name string) {
	all := maps.Clone(e.Schemas)
	delete(all, name)
	e.Schemas = all
}

// with and without give new slices, because clones share the old ones.
func with[T any](all []T, v ...T) []T { return append(slices.Clip(all), v...) }

func without[T any](all []T, drop func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(all), drop)
}

func is(name string) func(string) bool { return func(s string) bool { return s == name } }

// mapped gives a new slice with every element changed.
func mapped[T any](all []T, change func(T) T) []T {
	out := slices.Clone(all)
	for i := range out {
		out[i] = change(out[i])
	}
	return out
}

func replaced(old, fresh string) func(string) string {
	return func(s string) string {
		if s == old {
			return fresh
		}
		return s
	}
}
