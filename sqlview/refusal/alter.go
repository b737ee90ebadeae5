package refusal

import (
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = register((*pg.Node_AlterTableStmt)(nil), alterTable)

// kinds is a set of relation kinds.
type kinds []catalog.Kind

var (
	tables        = kinds{catalog.Table, catalog.PartitionedTable}
	foreign       = append(slices.Clip(tables), catalog.ForeignTable)
	views         = append(slices.Clip(foreign), catalog.View)
	materialized  = append(slices.Clip(tables), catalog.MaterializedView)
	withForeign   = append(slices.Clip(materialized), catalog.ForeignTable)
	withIndexes   = append(slices.Clip(materialized), catalog.Index)
	counted       = append(slices.Clip(withIndexes), catalog.ForeignTable)
	persistent    = append(slices.Clip(tables), catalog.Sequence)
	optional      = append(slices.Clip(withIndexes), catalog.View)
	onlyForeign   = kinds{catalog.ForeignTable}
	attachable    = append(slices.Clip(tables), catalog.Index)
	anything      kinds
	statementKind = map[pg.ObjectType]kinds{
		pg.ObjectType_OBJECT_INDEX: {catalog.Index}, pg.ObjectType_OBJECT_VIEW: {catalog.View},
		pg.ObjectType_OBJECT_MATVIEW:       {catalog.MaterializedView},
		pg.ObjectType_OBJECT_SEQUENCE:      {catalog.Sequence},
		pg.ObjectType_OBJECT_FOREIGN_TABLE: {catalog.ForeignTable},
	}
)

// subcommand is what a subcommand of ALTER TABLE may be said of, in which pass the
// server does it, and what it looks at. Source: ATSimplePermissions and ATPrepCmd
// in tablecmds.c.
type subcommand struct {
	on   kinds
	pass int
	prep func(*check, target) Failure
	exec func(*check, target) Failure
}

// The passes, in their order.
const (
	passDrop = iota
	passType
	passAddColumn
	passSetExpression
	passConstraint
	passAttributes
	passIndexConstraint
	passIndex
	passOther
	passMisc
)

// target is a subcommand with the table that it changes.
type target struct {
	*pg.AlterTableCmd
	rel  *catalog.Relation
	only bool
	stmt *pg.AlterTableStmt
}

// children reports whether a statement without ONLY would reach others.
func (t target) children() bool { return len(t.rel.Children) > 0 }

func alterTable(c *check, n *pg.Node) Failure {
	s := n.GetAlterTableStmt()
	if s.Objtype == pg.ObjectType_OBJECT_TYPE {
		return c.alterComposite(s)
	}
	rel, f := c.find(s.Relation)
	switch {
	case f.found() && s.MissingOk:
		return none
	case f.found():
		return f
	case rel == nil:
		if name := c.cat.Name(s.Relation); c.composite(name) && !c.cat.Unsure && c.cat.Relations.Get(name) == nil {
			return fail("42809", "%s is a composite type: ALTER TYPE changes it", name)
		}
		return none
	}
	if f := c.owned(rel); f.found() {
		return f
	}
	if want := statementKind[s.Objtype]; want != nil && !slices.Contains(want, rel.Kind) {
		return wrongKind(rel, string(want[0]))
	}
	cmds := make([]target, 0, len(s.Cmds))
	for _, cmd := range s.Cmds {
		cmds = append(cmds, target{cmd.GetAlterTableCmd(), rel, !s.Relation.GetInh(), s})
	}
	if f := each(cmds, c.prepare); f.found() {
		return f
	}
	return c.carryOut(cmds)
}

// prepare is the look at a subcommand before anything is done.
func (c *check) prepare(t target) Failure {
	sub := subcommands[t.Subtype]
	if sub.on != nil && !slices.Contains(sub.on, t.rel.Kind) {
		return wrongKind(t.rel, string(sub.on[0]))
	}
	if sub.prep != nil {
		if f := sub.prep(c, t); f.found() {
			return f
		}
	}
	switch t.Subtype {
	case pg.AlterTableType_AT_SetNotNull, pg.AlterTableType_AT_DropNotNull:
		return unless(c.version >= 18, c.ownedBelow(t, nil))
	case pg.AlterTableType_AT_AlterColumnType, pg.AlterTableType_AT_ColumnDefault,
		pg.AlterTableType_AT_SetStatistics, pg.AlterTableType_AT_SetStorage, pg.AlterTableType_AT_DropExpression:
		return c.ownedBelow(t, nil)
	}
	return none
}

// pass is when the server does it: what only takes away comes first, a foreign key
// after the keys.
func (t target) pass() int {
	switch k := t.Def.GetConstraint(); {
	case t.Subtype == pg.AlterTableType_AT_ColumnDefault && t.Def == nil:
		return passDrop
	case t.Subtype != pg.AlterTableType_AT_AddConstraint:
	case k.GetContype() == pg.ConstrType_CONSTR_CHECK, k.GetContype() == pg.ConstrType_CONSTR_NOTNULL:
		return passConstraint
	case k.GetContype() == pg.ConstrType_CONSTR_FOREIGN:
		return passOther
	case k.GetIndexname() != "":
		return passIndexConstraint
	}
	return subcommands[t.Subtype].pass
}

// carryOut goes through the subcommands in the server's order; each meets what
// those before it left.
func (c *check) carryOut(cmds []target) Failure {
	slices.SortStableFunc(cmds, func(a, b target) int { return a.pass() - b.pass() })
	meets := *c
	for i, t := range cmds {
		if t.rel = meets.cat.Relations.Get(cmds[0].rel.Name); t.rel == nil {
			return none
		}
		if f := meets.carryOutOne(t); f.found() {
			return f
		}
		if i == len(cmds)-1 {
			break
		}
		one := meets.st
		one.Node = &pg.Node{Node: &pg.Node_AlterTableStmt{AlterTableStmt: &pg.AlterTableStmt{
			Relation: t.stmt.Relation, Objtype: t.stmt.Objtype,
			Cmds: []*pg.Node{{Node: &pg.Node_AlterTableCmd{AlterTableCmd: t.AlterTableCmd}}},
		}}}
		meets.cat = meets.cat.Clone()
		meets.cat.Apply(one, c.version)
	}
	return none
}

func (c *check) carryOutOne(t target) Failure {
	if exec := subcommands[t.Subtype].exec; exec != nil {
		return exec(c, t)
	}
	return none
}

var subcommands map[pg.AlterTableType]subcommand

func init() {
	subcommands = map[pg.AlterTableType]subcommand{
		pg.AlterTableType_AT_AddColumn:       {foreign, passAddColumn, prepAddColumn, addColumn},
		pg.AlterTableType_AT_DropColumn:      {foreign, passDrop, prepDropColumn, dropColumn},
		pg.AlterTableType_AT_AlterColumnType: {foreign, passType, prepType, alterType},
		pg.AlterTableType_AT_ColumnDefault:   {views, passOther, nil, columnDefault},
		pg.AlterTableType_AT_SetNotNull:      {foreign, passAttributes, prepNotNull, setNotNull},
		pg.AlterTableType_AT_DropNotNull:     {foreign, passDrop, prepDropNotNull, dropNotNull},
		pg.AlterTableType_AT_SetExpression:   {foreign, passSetExpression, nil, setExpression},
		pg.AlterTableType_AT_DropExpression:  {foreign, passDrop, prepDropExpression, dropExpression},
		pg.AlterTableType_AT_AddIdentity:     {views, passOther, nil, addIdentity},
		pg.AlterTableType_AT_SetIdentity:     {views, passMisc, nil, setIdentity},
		pg.AlterTableType_AT_DropIdentity:    {views, passDrop, nil, dropIdentity},
		pg.AlterTableType_AT_SetStatistics:   {counted, passMisc, nil, namesColumn},
		pg.AlterTableType_AT_SetOptions:      {withForeign, passMisc, nil, namesColumn},
		pg.AlterTableType_AT_ResetOptions:    {withForeign, passMisc, nil, namesColumn},
		pg.AlterTableType_AT_SetStorage:      {withForeign, passMisc, nil, setStorage},
		pg.AlterTableType_AT_SetCompression:  {materialized, passMisc, nil, namesColumn},

		pg.AlterTableType_AT_AddConstraint:      {foreign, passIndex, prepConstraint, addConstraint},
		pg.AlterTableType_AT_DropConstraint:     {foreign, passDrop, nil, dropConstraint},
		pg.AlterTableType_AT_AlterConstraint:    {tables, passMisc, nil, alterConstraint},
		pg.AlterTableType_AT_ValidateConstraint: {foreign, passMisc, nil, validateConstraint},

		pg.AlterTableType_AT_AttachPartition: {attachable, passMisc, nil, attachPartition},
		pg.AlterTableType_AT_DetachPartition: {tables, passMisc, nil, detachPartition},
		pg.AlterTableType_AT_AddInherit:      {foreign, passMisc, prepInherit, addInherit},
		pg.AlterTableType_AT_DropInherit:     {foreign, passMisc, nil, dropInherit},
		pg.AlterTableType_AT_AddOf:           {tables, passMisc, nil, addOf},
		pg.AlterTableType_AT_DropOf:          {tables, passMisc, nil, dropOf},

		pg.AlterTableType_AT_ClusterOn:                 {materialized, passMisc, nil, clusterOn},
		pg.AlterTableType_AT_DropCluster:               {materialized, passMisc, nil, notPartitioned},
		pg.AlterTableType_AT_SetLogged:                 {persistent, passMisc, prepLogged, nil},
		pg.AlterTableType_AT_SetUnLogged:               {persistent, passMisc, prepLogged, nil},
		pg.AlterTableType_AT_SetTableSpace:             {withIndexes, passMisc, nil, nil},
		pg.AlterTableType_AT_SetRelOptions:             {optional, passMisc, nil, setOptions},
		pg.AlterTableType_AT_ResetRelOptions:           {optional, passMisc, nil, nil},
		pg.AlterTableType_AT_ReplicaIdentity:           {materialized, passMisc, nil, replicaIdentity},
		pg.AlterTableType_AT_EnableTrig:                {foreign, passMisc, nil, namesTrigger},
		pg.AlterTableType_AT_EnableAlwaysTrig:          {foreign, passMisc, nil, namesTrigger},
		pg.AlterTableType_AT_EnableReplicaTrig:         {foreign, passMisc, nil, namesTrigger},
		pg.AlterTableType_AT_DisableTrig:               {foreign, passMisc, nil, namesTrigger},
		pg.AlterTableType_AT_EnableTrigAll:             {foreign, passMisc, nil, nil},
		pg.AlterTableType_AT_EnableTrigUser:            {foreign, passMisc, nil, nil},
		pg.AlterTableType_AT_DisableTrigAll:            {foreign, passMisc, nil, nil},
		pg.AlterTableType_AT_DisableTrigUser:           {foreign, passMisc, nil, nil},
		pg.AlterTableType_AT_EnableRowSecurity:         {tables, passMisc, nil, nil},
		pg.AlterTableType_AT_DisableRowSecurity:        {tables, passMisc, nil, nil},
		pg.AlterTableType_AT_ForceRowSecurity:          {tables, passMisc, nil, nil},
		pg.AlterTableType_AT_NoForceRowSecurity:        {tables, passMisc, nil, nil},
		pg.AlterTableType_AT_AlterColumnGenericOptions: {onlyForeign, passMisc, nil, namesColumn},
		pg.AlterTableType_AT_GenericOptions:            {onlyForeign, passMisc, nil, nil},
		pg.AlterTableType_AT_ChangeOwner:               {anything, passMisc, nil, changeOwner},
	}
}
