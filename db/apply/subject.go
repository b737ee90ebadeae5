package apply

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"belay/sqlview/parse"
)

// subject notes what a statement names, so that the catalog can be asked for it.
func (s *Statement) subject(node *pg.Node) {
	switch n := node.Node.(type) {
	case *pg.Node_AlterEnumStmt:
		s.Witness = ofEnum(n.AlterEnumStmt)
	case *pg.Node_CreatedbStmt:
		s.Witness = there("database", databaseThere, n.CreatedbStmt.Dbname)
	case *pg.Node_DropdbStmt:
		s.Witness = gone("database", databaseThere, n.DropdbStmt.Dbname)
	case *pg.Node_CreateTableSpaceStmt:
		s.Witness = there("tablespace", tablespaceThere, n.CreateTableSpaceStmt.Tablespacename)
		s.Witness.Look = "look for files in its directory on the server"
	case *pg.Node_DropTableSpaceStmt:
		s.Witness = gone("tablespace", tablespaceThere, n.DropTableSpaceStmt.Tablespacename)
	case *pg.Node_CreateSubscriptionStmt:
		s.Witness = there("subscription", subscriptionThere, n.CreateSubscriptionStmt.Subname)
		s.Witness.Look = "look in pg_replication_slots of the publisher for its slot: one that nobody reads keeps " +
			"WAL back there"
	case *pg.Node_DropSubscriptionStmt:
		s.Witness = gone("subscription", subscriptionThere, n.DropSubscriptionStmt.Subname)
		s.Witness.Look = "look in pg_replication_slots of the publisher for its slot: one that nobody reads keeps " +
			"WAL back there"
	}
}

// ofEnum is the witness of ADD VALUE and RENAME VALUE.
func ofEnum(e *pg.AlterEnumStmt) Witness {
	name := dotted(parse.QualifiedName(e.TypeName))
	condition, args := enumValue, []string{quotedName(name), e.NewVal}
	if e.OldVal != "" {
		condition += " and not " + strings.ReplaceAll(enumValue, "$2", "$3")
		args = append(args, e.OldVal)
	}
	return Witness{SQL: holds(condition), Args: args, Done: "type " + name + " has the value '" + e.NewVal + "'",
		Open: "type " + name + " does not have the value '" + e.NewVal + "'"}
}

// partitioned notes the two sides of ATTACH and DETACH. table is the relation
// that the statement locks first: it tells the schema where none is written.
func (s *Statement) partitioned(a *pg.AlterTableStmt, c *pg.AlterTableCmd, table string) {
	p := c.GetDef().GetPartitionCmd()
	own, _, _ := strings.Cut(table, ".")
	s.Partition = Partition{Parent: inSchema(own, a.Relation), Name: inSchema(own, p.GetName())}
	s.Witness = s.Partition.detaching()
	if c.GetSubtype() == pg.AlterTableType_AT_AttachPartition {
		s.Witness = s.Partition.attaching()
	}
	s.Concurrent = p.GetConcurrent()
}

func inSchema(schema string, r *pg.RangeVar) string {
	written, name := parse.RelationName(r)
	return dotted(or(written, schema), name)
}

func dotted(schema, name string) string {
	if schema == "" {
		return name
	}
	return schema + "." + name
}
