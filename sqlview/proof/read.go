package proof

import (
	"reflect"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// readers say what a statement claims, by the node of the tree; one that is not here
// changes what no catalog of ours shows.
var readers map[reflect.Type]func(*book, parse.Statement)

func init() {
	readers = map[reflect.Type]func(*book, parse.Statement){}
	for _, r := range []struct {
		node any
		f    func(*book, parse.Statement)
	}{
		{(*pg.Node_CreateStmt)(nil), readTable},
		{(*pg.Node_CreateTableAsStmt)(nil), readTableAs},
		{(*pg.Node_IndexStmt)(nil), readIndex},
		{(*pg.Node_AlterTableStmt)(nil), readAlterTable},
		{(*pg.Node_DropStmt)(nil), readDrop},
		{(*pg.Node_RenameStmt)(nil), readRename},
		{(*pg.Node_AlterObjectSchemaStmt)(nil), readSetSchema},
		{(*pg.Node_ViewStmt)(nil), readView},
		{(*pg.Node_CreateSchemaStmt)(nil), readSchema},
		{(*pg.Node_AlterOwnerStmt)(nil), readOwner},
		{(*pg.Node_CreateEnumStmt)(nil), readEnum},
		{(*pg.Node_AlterEnumStmt)(nil), readEnumValue},
		{(*pg.Node_CreateDomainStmt)(nil), readDomain},
		{(*pg.Node_CompositeTypeStmt)(nil), readComposite},
		{(*pg.Node_CreateSeqStmt)(nil), readSequence},
		{(*pg.Node_CreateFunctionStmt)(nil), readFunction},
		{(*pg.Node_CreateTrigStmt)(nil), readTrigger},
		{(*pg.Node_CreatePublicationStmt)(nil), readPublication},
		{(*pg.Node_VariableSetStmt)(nil), readSet},
		{(*pg.Node_TransactionStmt)(nil), readNothing},
		{(*pg.Node_LockStmt)(nil), readNothing},
		{(*pg.Node_VacuumStmt)(nil), readNothing},
		{(*pg.Node_ConstraintsSetStmt)(nil), readNothing},
		{(*pg.Node_DoStmt)(nil), readCode},
		{(*pg.Node_CallStmt)(nil), readCode},
		{(*pg.Node_SelectStmt)(nil), readCode},
	} {
		readers[reflect.TypeOf(r.node)] = r.f
	}
}

func (b *book) read(st parse.Statement) {
	if st.Node == nil || st.Node.Node == nil {
		b.soften()
		b.skip()
		return
	}
	f := readers[reflect.TypeOf(st.Node.Node)]
	if f == nil {
		b.skip()
		return
	}
	f(b, st)
	if b.deaf && mayBeThere(st.Node) {
		b.skip()
	}
	// What follows is read under the path that is set here.
	if _, ok := st.Node.Node.(*pg.Node_VariableSetStmt); ok {
		b.scope.Apply(st, b.scope.ServerVersion)
	}
}

// readSet hears whether the server will say what IF NOT EXISTS meets.
func readSet(b *book, st parse.Statement) {
	s := st.Node.GetVariableSetStmt()
	if s.Name == "client_min_messages" && len(s.Args) > 0 {
		to := strings.ToLower(s.Args[0].GetAConst().GetSval().GetSval())
		b.deaf = slices.Contains([]string{"warning", "error", "fatal", "panic"}, to)
	}
}

// mayBeThere reports a statement that makes nothing where the name is taken.
func mayBeThere(n *pg.Node) bool {
	return n.GetCreateStmt().GetIfNotExists() || n.GetCreateTableAsStmt().GetIfNotExists() ||
		n.GetIndexStmt().GetIfNotExists() || n.GetCreateSeqStmt().GetIfNotExists() ||
		slices.ContainsFunc(n.GetAlterTableStmt().GetCmds(), func(c *pg.Node) bool {
			cmd := c.GetAlterTableCmd()
			return cmd.GetSubtype() == pg.AlterTableType_AT_AddColumn && cmd.GetMissingOk()
		})
}

// readNothing is for what changes no schema and no row.
func readNothing(*book, parse.Statement) {}

// readCode is for DO, CALL and SELECT, which may run anything.
func readCode(b *book, st parse.Statement) {
	if into := st.Node.GetSelectStmt().GetIntoClause(); into != nil {
		b.made(into.Rel, false, "table")
		return
	}
	if st.Node.GetSelectStmt() != nil && !runsCode(st.Node) {
		return
	}
	b.soften()
	b.skip()
}

// runsCode reports a SELECT that calls something or changes rows in a WITH.
func runsCode(n *pg.Node) bool {
	found := false
	catalog.Walk(n, func(message any) bool {
		switch message.(type) {
		case *pg.FuncCall, *pg.InsertStmt, *pg.UpdateStmt, *pg.DeleteStmt, *pg.MergeStmt:
			found = true
		}
		return !found
	})
	return found
}

// made claims a relation that the statement makes, and gives its name; "" for a
// temporary one, which ends with the session.
func (b *book) made(r *pg.RangeVar, mayBeThere bool, kind string) string {
	if r == nil || r.Relpersistence == "t" {
		return ""
	}
	name := b.scope.Path()[0] + "." + catalog.Truncate(r.Relname)
	if r.Schemaname != "" {
		name = catalog.Truncate(r.Schemaname) + "." + catalog.Truncate(r.Relname)
	}
	b.dropped(name)
	b.there(kind, name, isRelation)
	if !mayBeThere || b.role == "" {
		return name
	}
	role := b.role
	b.of(name, "owner", nil, func(r *catalog.Relation) string {
		if r.Owner == "" || r.Owner == role {
			return ""
		}
		return r.Name + " belongs to " + r.Owner + ": it was there before, and nothing was made"
	}).doubt = true
	return name
}

func readTable(b *book, st parse.Statement) {
	s := st.Node.GetCreateStmt()
	name := b.made(s.Relation, s.IfNotExists, "table")
	if name == "" {
		return
	}
	from := len(b.claims)
	for _, el := range s.TableElts {
		switch {
		case el.GetColumnDef() != nil:
			b.column(name, el.GetColumnDef())
		case el.GetConstraint() != nil:
			b.constraint(name, el.GetConstraint())
		}
	}
	if s.IfNotExists {
		for _, c := range b.claims[from:] {
			c.doubt = true
		}
	}
}

func readTableAs(b *book, st parse.Statement) {
	s := st.Node.GetCreateTableAsStmt()
	b.made(s.Into.GetRel(), s.IfNotExists, "table")
}

// readView: of one that may have been there before, its name proves nothing.
func readView(b *book, st parse.Statement) {
	s := st.Node.GetViewStmt()
	if b.made(s.View, false, "view") != "" && s.Replace {
		b.skip()
	}
}

func readSequence(b *book, st parse.Statement) {
	s := st.Node.GetCreateSeqStmt()
	b.made(s.Sequence, s.IfNotExists, "sequence")
}

func readIndex(b *book, st parse.Statement) {
	s := st.Node.GetIndexStmt()
	table := b.name(s.Relation)
	var columns []string
	for _, p := range s.IndexParams {
		columns = append(columns, catalog.Truncate(p.GetIndexElem().GetName()))
	}
	name := ""
	if s.Idxname != "" {
		name = catalog.Schema(table) + "." + catalog.Truncate(s.Idxname)
	}
	b.dropped(name) // what was said of one that had the name before
	part := indexPart + name
	if name == "" {
		part = "index on " + joined(columns)
	}
	c := b.of(table, part, columns, func(r *catalog.Relation) string {
		return indexWrong(r, name, columns, s)
	})
	c.doubt = s.IfNotExists
}

// indexWrong looks for an index by name, or by its columns where the server chose one.
// Whether it is valid is told elsewhere.
func indexWrong(r *catalog.Relation, name string, columns []string, s *pg.IndexStmt) string {
	for _, i := range r.Indexes {
		same := slices.Equal(i.Columns, columns) && i.Unique == s.Unique
		switch {
		case name == "" && same:
			return ""
		case name != "" && i.Name == name && same:
			if differs := indexDiffers(i, s); differs != "" {
				return "index " + name + " of " + r.Name + " " + differs
			}
			return ""
		case name != "" && i.Name == name:
			return "index " + name + " of " + r.Name + " is there with another definition"
		}
	}
	if name == "" {
		return "no index of " + r.Name + " has the key " + joined(columns)
	}
	return "index " + name + " of " + r.Name + " is not there"
}

func readTrigger(b *book, st parse.Statement) {
	s := st.Node.GetCreateTrigStmt()
	name := catalog.Truncate(s.Trigname)
	b.of(b.name(s.Relation), "trigger "+name, nil, func(r *catalog.Relation) string {
		if slices.ContainsFunc(r.Triggers, func(t catalog.Trigger) bool { return t.Name == name }) {
			return ""
		}
		return "trigger " + name + " of " + r.Name + " is not there"
	})
}

func readSchema(b *book, st parse.Statement) {
	s := st.Node.GetCreateSchemaStmt()
	owner := b.named(s.Authrole)
	name := catalog.Truncate(s.Schemaname)
	if name == "" { // AUTHORIZATION alone: it is called as its owner
		name = owner
	}
	if name == "" {
		b.skip()
		return
	}
	b.there("schema", name, isSchema)
	switch {
	case s.IfNotExists:
		b.schemaOwner(name, owner, ": it was there before, and nothing was made").doubt = true
	case s.Authrole != nil:
		b.schemaOwner(name, owner, "")
	}
	if len(s.SchemaElts) > 0 {
		b.skip()
	}
}

// schemaOwner claims who owns a schema; "" = not known. The rest says why it may be another.
func (b *book) schemaOwner(name, owner, rest string) *claim {
	return b.add(name, "owner", func(after *catalog.Snapshot, on string) string {
		is := after.SchemaOwners[on]
		return said(is == "" || owner == "" || is == owner,
			"schema "+on+" belongs to "+is+", not to "+owner+rest)
	})
}

// readOwner is ALTER … OWNER TO of what is no relation.
func readOwner(b *book, st parse.Statement) {
	s := st.Node.GetAlterOwnerStmt()
	if s.ObjectType != pg.ObjectType_OBJECT_SCHEMA {
		b.skip()
		return
	}
	b.schemaOwner(catalog.Truncate(s.Object.GetString_().GetSval()), b.named(s.Newowner), "")
}

// named is the role that a statement names; nil = the one that acts. "" = not known.
func (b *book) named(r *pg.RoleSpec) string {
	switch {
	case r == nil, r.Roletype == pg.RoleSpecType_ROLESPEC_CURRENT_USER,
		r.Roletype == pg.RoleSpecType_ROLESPEC_CURRENT_ROLE:
		return b.role
	case r.Roletype == pg.RoleSpecType_ROLESPEC_CSTRING:
		return catalog.Truncate(r.Rolename)
	}
	return ""
}

// newName is where a type or function without a schema goes.
func (b *book) newName(parts []*pg.Node) string {
	words := catalog.Strings(parts)
	switch len(words) {
	case 0:
		return ""
	case 1:
		return b.scope.Path()[0] + "." + catalog.Truncate(words[0])
	}
	return catalog.Truncate(words[len(words)-2]) + "." + catalog.Truncate(words[len(words)-1])
}

func readEnum(b *book, st parse.Statement) {
	s := st.Node.GetCreateEnumStmt()
	name := b.newName(s.TypeName)
	b.there("type", name, isType)
	for _, v := range catalog.Strings(s.Vals) {
		b.enumValue(name, v)
	}
}

func readEnumValue(b *book, st parse.Statement) {
	s := st.Node.GetAlterEnumStmt()
	name := b.scope.NameOf(s.TypeName)
	if s.OldVal != "" {
		b.forget(name, func(c *claim) bool { return c.part == "value "+s.OldVal })
	}
	b.enumValue(name, s.NewVal)
}

func (b *book) enumValue(name, value string) {
	b.add(name, "value "+value, func(after *catalog.Snapshot, on string) string {
		if t := after.Types.Get(on); t != nil && slices.Contains(t.Enum, value) {
			return ""
		}
		return "value " + value + " of type " + on + " is not there"
	})
}

func readDomain(b *book, st parse.Statement) {
	b.there("domain", b.newName(st.Node.GetCreateDomainStmt().Domainname), isType)
}

func readComposite(b *book, st parse.Statement) {
	if r := st.Node.GetCompositeTypeStmt().Typevar; r != nil {
		name := b.scope.Path()[0]
		if r.Schemaname != "" {
			name = catalog.Truncate(r.Schemaname)
		}
		b.there("type", name+"."+catalog.Truncate(r.Relname), isType)
	}
}

// readFunction asks for the text of the body too, where the server keeps it as it is
// written. Of another one that may have been there before, its name proves nothing.
func readFunction(b *book, st parse.Statement) {
	s := st.Node.GetCreateFunctionStmt()
	name := b.newName(s.Funcname)
	b.there("function", name, isFunction)
	body := bodyOf(s)
	if body == "" {
		if s.Replace {
			b.skip()
		}
		return
	}
	// Each overload has a body of its own, and the catalog shows them under one name.
	types := ""
	for _, p := range s.Parameters {
		types += " " + catalog.TypeText(p.GetFunctionParameter().GetArgType())
	}
	b.add(name, "body"+types, func(after *catalog.Snapshot, on string) string {
		f := after.Functions.Get(on)
		if f == nil {
			return moot
		}
		return said(f.Body == "" || strings.Contains(f.Body, body), "function "+on+" has another body")
	})
}

func readPublication(b *book, st parse.Statement) {
	b.there("publication", st.Node.GetCreatePublicationStmt().Pubname, hasPublication)
}
