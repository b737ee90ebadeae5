package effect

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// plain is a statement that locks no relation of the user's.
type plain struct {
	node   any
	breaks Breaks
	way    Reversible
	back   string
	// apart is true where it cannot run inside a transaction.
	apart bool
}

// plains lists them. What is not here and in no family is not known.
var plains = []plain{
	{node: (*pg.Node_VariableSetStmt)(nil), back: "RESET"},
	{node: (*pg.Node_VariableShowStmt)(nil)},
	{node: (*pg.Node_ConstraintsSetStmt)(nil)},
	{node: (*pg.Node_CheckPointStmt)(nil)},
	{node: (*pg.Node_LoadStmt)(nil)},
	{node: (*pg.Node_NotifyStmt)(nil)},
	{node: (*pg.Node_ListenStmt)(nil)},
	{node: (*pg.Node_UnlistenStmt)(nil)},
	{node: (*pg.Node_FetchStmt)(nil)},
	{node: (*pg.Node_ClosePortalStmt)(nil)},
	{node: (*pg.Node_DeallocateStmt)(nil)},
	{node: (*pg.Node_CreateEnumStmt)(nil), back: "DROP TYPE"},
	{node: (*pg.Node_CreateDomainStmt)(nil), back: "DROP DOMAIN"},
	{node: (*pg.Node_CompositeTypeStmt)(nil), back: "DROP TYPE"},
	{node: (*pg.Node_CreateRangeStmt)(nil), back: "DROP TYPE"},
	{node: (*pg.Node_DefineStmt)(nil), back: "DROP it"},
	{node: (*pg.Node_AlterFunctionStmt)(nil), back: "ALTER FUNCTION back"},
	{node: (*pg.Node_CreateCastStmt)(nil), back: "DROP CAST"},
	{node: (*pg.Node_CreateConversionStmt)(nil), back: "DROP CONVERSION"},
	{node: (*pg.Node_CreateTransformStmt)(nil), back: "DROP TRANSFORM"},
	{node: (*pg.Node_CreateOpClassStmt)(nil), back: "DROP OPERATOR CLASS"},
	{node: (*pg.Node_CreateOpFamilyStmt)(nil), back: "DROP OPERATOR FAMILY"},
	{node: (*pg.Node_AlterOpFamilyStmt)(nil), back: "ALTER OPERATOR FAMILY back"},
	{node: (*pg.Node_AlterOperatorStmt)(nil), back: "ALTER OPERATOR back"},
	{node: (*pg.Node_AlterTypeStmt)(nil), back: "ALTER TYPE back"},
	{node: (*pg.Node_AlterCollationStmt)(nil)},
	{node: (*pg.Node_AlterObjectDependsStmt)(nil)},
	{node: (*pg.Node_AlterDefaultPrivilegesStmt)(nil), back: "ALTER DEFAULT PRIVILEGES back"},
	{node: (*pg.Node_GrantRoleStmt)(nil), back: "the opposite GRANT or REVOKE"},
	{node: (*pg.Node_CreateRoleStmt)(nil), back: "DROP ROLE"},
	{node: (*pg.Node_AlterRoleStmt)(nil), back: "ALTER ROLE back"},
	{node: (*pg.Node_AlterRoleSetStmt)(nil), back: "ALTER ROLE … RESET"},
	{node: (*pg.Node_DropRoleStmt)(nil), breaks: BreaksOld, back: "CREATE ROLE again, with its grants"},
	{node: (*pg.Node_CreateAmStmt)(nil), back: "DROP ACCESS METHOD"},
	{node: (*pg.Node_CreatePlangStmt)(nil), back: "DROP LANGUAGE"},
	{node: (*pg.Node_CreateFdwStmt)(nil), back: "DROP FOREIGN DATA WRAPPER"},
	{node: (*pg.Node_AlterFdwStmt)(nil), back: "ALTER FOREIGN DATA WRAPPER back"},
	{node: (*pg.Node_CreateForeignServerStmt)(nil), back: "DROP SERVER"},
	{node: (*pg.Node_AlterForeignServerStmt)(nil), back: "ALTER SERVER back"},
	{node: (*pg.Node_CreateUserMappingStmt)(nil), back: "DROP USER MAPPING"},
	{node: (*pg.Node_AlterUserMappingStmt)(nil), back: "ALTER USER MAPPING back"},
	{node: (*pg.Node_DropUserMappingStmt)(nil), breaks: BreaksOld, back: "CREATE USER MAPPING again"},
	{node: (*pg.Node_ImportForeignSchemaStmt)(nil), back: "DROP FOREIGN TABLE, one by one"},
	{node: (*pg.Node_CreateEventTrigStmt)(nil), breaks: BreaksOld, back: "DROP EVENT TRIGGER"},
	{node: (*pg.Node_AlterEventTrigStmt)(nil), back: "ALTER EVENT TRIGGER back"},
	{node: (*pg.Node_AlterTsdictionaryStmt)(nil), back: "ALTER TEXT SEARCH DICTIONARY back"},
	{node: (*pg.Node_AlterTsconfigurationStmt)(nil), back: "ALTER TEXT SEARCH CONFIGURATION back"},
	{node: (*pg.Node_AlterDatabaseSetStmt)(nil), back: "ALTER DATABASE … RESET"},
	{node: (*pg.Node_AlterDatabaseRefreshCollStmt)(nil)},
	{node: (*pg.Node_AlterTableSpaceOptionsStmt)(nil), back: "ALTER TABLESPACE back"},
	{node: (*pg.Node_AlterExtensionContentsStmt)(nil), back: "the opposite ADD or DROP"},
	{node: (*pg.Node_AlterSystemStmt)(nil), back: "ALTER SYSTEM RESET", apart: true},
	{node: (*pg.Node_CreatedbStmt)(nil), back: "DROP DATABASE", apart: true},
	{
		node: (*pg.Node_DropdbStmt)(nil), breaks: BreaksOld, way: ReversibleNone, back: "none: the database is gone",
		apart: true,
	},
	{node: (*pg.Node_CreateTableSpaceStmt)(nil), back: "DROP TABLESPACE", apart: true},
	{node: (*pg.Node_DropTableSpaceStmt)(nil), breaks: BreaksOld, back: "CREATE TABLESPACE again", apart: true},
}

func registerPlains() bool {
	for _, p := range plains {
		register(p.node, func(j *judge, _ *pg.Node) {
			if p.breaks != "" {
				j.breaks(p.breaks)
			}
			if p.way != "" {
				j.e.Reversible = p.way
			}
			j.e.Inverse, j.e.Transactional = p.back, !p.apart
		})
	}
	return true
}

var (
	_ = registerPlains()
	_ = register((*pg.Node_TransactionStmt)(nil), transactionControl)
	_ = register((*pg.Node_DiscardStmt)(nil), discard)
	_ = register((*pg.Node_AlterDatabaseStmt)(nil), alterDatabase)
	_ = register((*pg.Node_CreateExtensionStmt)(nil), createExtension)
	_ = register((*pg.Node_AlterExtensionStmt)(nil), createExtension)
	_ = register((*pg.Node_CreateSubscriptionStmt)(nil), createSubscription)
	_ = register((*pg.Node_AlterSubscriptionStmt)(nil), alterSubscription)
	_ = register((*pg.Node_DropSubscriptionStmt)(nil), dropSubscription)
	_ = register((*pg.Node_AlterTableMoveAllStmt)(nil), moveAll)
)

// transactionControl: a prepared transaction is ended outside of any other.
func transactionControl(j *judge, n *pg.Node) {
	switch n.GetTransactionStmt().Kind {
	case pg.TransactionStmtKind_TRANS_STMT_COMMIT_PREPARED, pg.TransactionStmtKind_TRANS_STMT_ROLLBACK_PREPARED:
		j.e.Transactional = false
	}
}

func discard(j *judge, n *pg.Node) {
	j.e.Transactional = n.GetDiscardStmt().Target != pg.DiscardMode_DISCARD_ALL
}

func alterDatabase(j *judge, n *pg.Node) {
	j.inverse(ReversibleInstant, "ALTER DATABASE back")
	j.e.Transactional = !slices.ContainsFunc(n.GetAlterDatabaseStmt().Options, func(o *pg.Node) bool {
		return o.GetDefElem().GetDefname() == "tablespace"
	})
}

func createExtension(j *judge, _ *pg.Node) {
	j.inverse(ReversibleInstant, "DROP EXTENSION, or UPDATE to the version before where there is a script")
	j.unknown("runs the extension's script, which belay does not see")
}

func createSubscription(j *judge, n *pg.Node) {
	s := n.GetCreateSubscriptionStmt()
	j.inverse(ReversibleInstant, "DROP SUBSCRIPTION")
	j.e.Transactional = slices.ContainsFunc(s.Options, func(o *pg.Node) bool {
		d := o.GetDefElem()
		return (d.GetDefname() == "create_slot" || d.GetDefname() == "connect") && falseWord(d.GetArg())
	})
	j.unknown("connects to the publisher and copies its tables")
}

func alterSubscription(j *judge, n *pg.Node) {
	k := n.GetAlterSubscriptionStmt().GetKind()
	j.inverse(ReversibleInstant, "ALTER SUBSCRIPTION back")
	switch k {
	case pg.AlterSubscriptionType_ALTER_SUBSCRIPTION_OPTIONS, pg.AlterSubscriptionType_ALTER_SUBSCRIPTION_ENABLED,
		pg.AlterSubscriptionType_ALTER_SUBSCRIPTION_CONNECTION, pg.AlterSubscriptionType_ALTER_SUBSCRIPTION_SKIP:
	default:
		j.e.Transactional = false
		j.unknown("connects to the publisher")
	}
}

func dropSubscription(j *judge, _ *pg.Node) {
	j.breaks(BreaksOld)
	j.e.Transactional = false
	j.inverse(ReversibleSlow, "CREATE SUBSCRIPTION again (copies the tables again)")
	j.unknown("connects to the publisher to drop its slot")
}

// moveAll copies the files of all that it moves; a partitioned table or index has none.
func moveAll(j *judge, n *pg.Node) {
	j.inverse(ReversibleSlow, "move them back (copies again)")
	s := n.GetAlterTableMoveAllStmt()
	for _, name := range j.cat.InTablespace(s) {
		j.lock(name, lock.AccessExclusive)
		switch r := j.cat.Seen(name); {
		case j.new(name) || r.Kind == catalog.PartitionedTable:
		case r.Kind == catalog.Index:
			if table, _ := j.cat.Indexed(name); table == nil || table.Kind != catalog.PartitionedTable {
				j.rebuild(name)
			}
		default:
			j.e.Rewrites = add(j.e.Rewrites, name)
			j.scan(name)
		}
	}
	j.note("locks all of the tablespace ACCESS EXCLUSIVE and copies it")
	if j.cat == nil || j.cat.Source != catalog.SourceLive {
		j.unknown("what else is in the tablespace is not known here")
	}
}
