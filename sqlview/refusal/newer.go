package refusal

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// feature is syntax with the first version that has it. An older server answers
// with code; "" = 42601.
type feature struct {
	since int
	word  string
	code  string
	in    func(*pg.Node) bool
}

// refusedBy is the failure of a statement with the feature on an older server.
func (f feature) refusedBy(version int) Failure {
	switch {
	case version >= f.since:
		return none
	case f.code != "":
		return fail(f.code, "%s needs %d", f.word, f.since)
	}
	return fail("42601", "%s needs %d", f.word, f.since)
}

// features are what a statement shows by its own node. Sources: the release notes
// of 11 to 17 and their grammars; a test runs one of each on every version.
var features = slices.Concat(featuresOfTables, featuresOfCommands, featuresOfOptions, featuresOfObjects)

var featuresOfTables = []feature{
	{12, "a generated column", "", columns(func(d *pg.ColumnDef) bool {
		return slices.ContainsFunc(d.Constraints, func(n *pg.Node) bool {
			return n.GetConstraint().GetContype() == pg.ConstrType_CONSTR_GENERATED
		})
	})},
	{14, "COMPRESSION of a column", "", columns(func(d *pg.ColumnDef) bool { return d.Compression != "" })},
	{16, "STORAGE of a new column", "", columns(func(d *pg.ColumnDef) bool { return d.StorageName != "" })},
	{11, "INCLUDE", "", constraintsWith(func(k *pg.Constraint) bool { return len(k.Including) > 0 })},
	{15, "NULLS NOT DISTINCT", "", constraintsWith((*pg.Constraint).GetNullsNotDistinct)},
	{15, "SET NULL of some columns", "", constraintsWith(func(k *pg.Constraint) bool {
		return len(k.FkDelSetCols) > 0
	})},
	{11, "such a partition", "", func(n *pg.Node) bool {
		b := n.GetCreateStmt().GetPartbound()
		return b.GetIsDefault() || b.GetStrategy() == "h"
	}},
	{13, "DROP EXPRESSION", "", alters(pg.AlterTableType_AT_DropExpression, nil)},
	{14, "SET COMPRESSION", "", alters(pg.AlterTableType_AT_SetCompression, nil)},
	{14, "FINALIZE", "", alters(pg.AlterTableType_AT_DetachPartitionFinalize, nil)},
	{14, "DETACH PARTITION CONCURRENTLY", "", alters(pg.AlterTableType_AT_DetachPartition,
		func(c *pg.AlterTableCmd) bool { return c.Def.GetPartitionCmd().GetConcurrent() })},
	{15, "SET ACCESS METHOD", "", alters(pg.AlterTableType_AT_SetAccessMethod, nil)},
	{17, "SET ACCESS METHOD DEFAULT", "", alters(pg.AlterTableType_AT_SetAccessMethod, func(c *pg.AlterTableCmd) bool {
		return c.Name == ""
	})},
	{17, "SET EXPRESSION", "", alters(pg.AlterTableType_AT_SetExpression, nil)},
	{17, "SET STATISTICS DEFAULT", "", alters(pg.AlterTableType_AT_SetStatistics, func(c *pg.AlterTableCmd) bool {
		return c.Def == nil
	})},
	{16, "SET STORAGE DEFAULT", "", alters(pg.AlterTableType_AT_SetStorage, func(c *pg.AlterTableCmd) bool {
		return strings.EqualFold(c.Def.GetString_().GetSval(), "default")
	})},
}

var featuresOfCommands = []feature{
	{11, "CALL", "", func(n *pg.Node) bool { return n.GetCallStmt() != nil }},
	{15, "MERGE", "", func(n *pg.Node) bool { return n.GetMergeStmt() != nil }},
	{17, "RETURNING of MERGE", "", func(n *pg.Node) bool { return len(n.GetMergeStmt().GetReturningList()) > 0 }},
	{17, "NOT MATCHED BY SOURCE", "", func(n *pg.Node) bool {
		return slices.ContainsFunc(n.GetMergeStmt().GetMergeWhenClauses(), func(w *pg.Node) bool {
			return w.GetMergeWhenClause().GetMatchKind() == pg.MergeMatchKind_MERGE_WHEN_NOT_MATCHED_BY_SOURCE
		})
	}},
	{12, "REINDEX CONCURRENTLY", "", func(n *pg.Node) bool {
		return option(n.GetReindexStmt().GetParams(), "concurrently")
	}},
	{14, "TABLESPACE of REINDEX", "", func(n *pg.Node) bool {
		return hasOption(n.GetReindexStmt().GetParams(), "tablespace")
	}},
	{16, "REINDEX without a name", "", func(n *pg.Node) bool {
		r := n.GetReindexStmt()
		return r != nil && r.Name == "" && (r.Kind == pg.ReindexObjectType_REINDEX_OBJECT_DATABASE ||
			r.Kind == pg.ReindexObjectType_REINDEX_OBJECT_SYSTEM)
	}},
	{13, "FORCE of DROP DATABASE", "", func(n *pg.Node) bool { return len(n.GetDropdbStmt().GetOptions()) > 0 }},
	{15, "REFRESH COLLATION VERSION of a database", "", func(n *pg.Node) bool {
		return n.GetAlterDatabaseRefreshCollStmt() != nil
	}},
	{15, "a privilege on a PARAMETER", "", func(n *pg.Node) bool {
		return n.GetGrantStmt().GetObjtype() == pg.ObjectType_OBJECT_PARAMETER_ACL
	}},
	{14, "GRANTED BY of GRANT", "", func(n *pg.Node) bool { return n.GetGrantStmt().GetGrantor() != nil }},
	{17, "the privilege MAINTAIN", "", func(n *pg.Node) bool {
		return slices.ContainsFunc(n.GetGrantStmt().GetPrivileges(), func(p *pg.Node) bool {
			return p.GetAccessPriv().GetPrivName() == "maintain"
		})
	}},
	{16, "INHERIT and SET of GRANT", "", func(n *pg.Node) bool {
		return hasOption(n.GetGrantRoleStmt().GetOpt(), "inherit") || hasOption(n.GetGrantRoleStmt().GetOpt(), "set")
	}},
	{17, "an event trigger on login", "", func(n *pg.Node) bool {
		return n.GetCreateEventTrigStmt().GetEventname() == "login"
	}},
}

var featuresOfOptions = []feature{
	{13, "PARALLEL of VACUUM", "", vacuumOption("parallel")},
	{14, "PROCESS_TOAST", "", vacuumOption("process_toast")},
	{16, "PROCESS_MAIN", "", vacuumOption("process_main")},
	{16, "SKIP_DATABASE_STATS", "", vacuumOption("skip_database_stats")},
	{16, "ONLY_DATABASE_STATS", "", vacuumOption("only_database_stats")},
	{16, "BUFFER_USAGE_LIMIT", "", vacuumOption("buffer_usage_limit")},
	{13, "WAL of EXPLAIN", "", explainOption("wal")},
	{16, "GENERIC_PLAN", "", explainOption("generic_plan")},
	{17, "MEMORY of EXPLAIN", "", explainOption("memory")},
	{17, "SERIALIZE of EXPLAIN", "", explainOption("serialize")},
	{16, "DEFAULT of COPY", "", copyOption("default")},
	{17, "ON_ERROR of COPY", "", copyOption("on_error")},
	{17, "LOG_VERBOSITY of COPY", "", copyOption("log_verbosity")},
	{18, "REJECT_LIMIT of COPY", "", copyOption("reject_limit")},
	{13, "LOCALE of CREATE DATABASE", "", databaseOption("locale")},
	{15, "LOCALE_PROVIDER of CREATE DATABASE", "", databaseOption("locale_provider")},
	{15, "STRATEGY of CREATE DATABASE", "", databaseOption("strategy")},
	{15, "OID of CREATE DATABASE", "", databaseOption("oid")},
	{16, "ICU_RULES of CREATE DATABASE", "", databaseOption("icu_rules")},
	{15, "security_invoker of a view", "22023", func(n *pg.Node) bool {
		return hasOption(n.GetViewStmt().GetOptions(), "security_invoker")
	}},
}

var featuresOfObjects = []feature{
	{11, "INCLUDE", "", func(n *pg.Node) bool { return len(n.GetIndexStmt().GetIndexIncludingParams()) > 0 }},
	{15, "NULLS NOT DISTINCT", "", func(n *pg.Node) bool { return n.GetIndexStmt().GetNullsNotDistinct() }},
	{14, "OR REPLACE of a trigger", "", func(n *pg.Node) bool { return n.GetCreateTrigStmt().GetReplace() }},
	{11, "CREATE PROCEDURE", "", func(n *pg.Node) bool { return n.GetCreateFunctionStmt().GetIsProcedure() }},
	{14, "a body without quotes", "", func(n *pg.Node) bool { return n.GetCreateFunctionStmt().GetSqlBody() != nil }},
	{14, "OUT of a procedure", "0A000", func(n *pg.Node) bool {
		f := n.GetCreateFunctionStmt()
		return f.GetIsProcedure() && slices.ContainsFunc(f.Parameters, func(p *pg.Node) bool {
			return p.GetFunctionParameter().GetMode() == pg.FunctionParameterMode_FUNC_PARAM_OUT
		})
	}},
	{13, "RENAME COLUMN of a view", "", func(n *pg.Node) bool {
		r := n.GetRenameStmt()
		return r.GetRenameType() == pg.ObjectType_OBJECT_COLUMN && r.GetRelationType() == pg.ObjectType_OBJECT_VIEW
	}},
	{13, "SET STATISTICS of extended statistics", "", func(n *pg.Node) bool { return n.GetAlterStatsStmt() != nil }},
	{13, "SET of a type", "", func(n *pg.Node) bool { return n.GetAlterTypeStmt() != nil }},
	{13, "NO DEPENDS ON EXTENSION", "", func(n *pg.Node) bool { return n.GetAlterObjectDependsStmt().GetRemove() }},
	{16, "CREATE STATISTICS without a name", "", func(n *pg.Node) bool {
		s := n.GetCreateStatsStmt()
		return s != nil && len(s.Defnames) == 0
	}},
	{14, "statistics on an expression", "0A000", func(n *pg.Node) bool {
		return slices.ContainsFunc(n.GetCreateStatsStmt().GetExprs(), func(e *pg.Node) bool {
			return e.GetStatsElem().GetExpr() != nil
		})
	}},
	{15, "an UNLOGGED sequence", "0A000", func(n *pg.Node) bool {
		return n.GetCreateSeqStmt().GetSequence().GetRelpersistence() == "u"
	}},
	{14, "ADD and DROP PUBLICATION of a subscription", "", func(n *pg.Node) bool {
		k := n.GetAlterSubscriptionStmt().GetKind()
		return k == pg.AlterSubscriptionType_ALTER_SUBSCRIPTION_ADD_PUBLICATION ||
			k == pg.AlterSubscriptionType_ALTER_SUBSCRIPTION_DROP_PUBLICATION
	}},
	{15, "SKIP of a subscription", "", func(n *pg.Node) bool {
		return n.GetAlterSubscriptionStmt().GetKind() == pg.AlterSubscriptionType_ALTER_SUBSCRIPTION_SKIP
	}},
	{15, "TABLES IN SCHEMA of a publication", "", published(func(o *pg.PublicationObjSpec) bool {
		return o.Pubobjtype == pg.PublicationObjSpecType_PUBLICATIONOBJ_TABLES_IN_SCHEMA ||
			o.Pubobjtype == pg.PublicationObjSpecType_PUBLICATIONOBJ_TABLES_IN_CUR_SCHEMA
	})},
	{15, "columns of a publication", "", published(func(o *pg.PublicationObjSpec) bool {
		return len(o.Pubtable.GetColumns()) > 0
	})},
	{15, "WHERE of a publication", "", published(func(o *pg.PublicationObjSpec) bool {
		return o.Pubtable.GetWhereClause() != nil
	})},
}

func columns(is func(*pg.ColumnDef) bool) func(*pg.Node) bool {
	return func(n *pg.Node) bool {
		return slices.ContainsFunc(elements(n), func(e *pg.Node) bool {
			d := e.GetColumnDef()
			return d != nil && is(d)
		})
	}
}

// constraintsWith looks at the constraints of tables and of columns.
func constraintsWith(is func(*pg.Constraint) bool) func(*pg.Node) bool {
	one := func(n *pg.Node) bool { k := n.GetConstraint(); return k != nil && is(k) }
	return func(n *pg.Node) bool {
		return slices.ContainsFunc(elements(n), func(e *pg.Node) bool {
			return one(e) || slices.ContainsFunc(e.GetColumnDef().GetConstraints(), one)
		})
	}
}

// elements are the columns and constraints that a statement brings to a table.
func elements(n *pg.Node) []*pg.Node {
	if create := n.GetCreateStmt(); create != nil {
		return create.TableElts
	}
	var all []*pg.Node
	for _, c := range n.GetAlterTableStmt().GetCmds() {
		switch cmd := c.GetAlterTableCmd(); cmd.GetSubtype() {
		case pg.AlterTableType_AT_AddColumn, pg.AlterTableType_AT_AddConstraint:
			all = append(all, cmd.Def)
		}
	}
	return all
}

func alters(subtype pg.AlterTableType, is func(*pg.AlterTableCmd) bool) func(*pg.Node) bool {
	return func(n *pg.Node) bool {
		return slices.ContainsFunc(n.GetAlterTableStmt().GetCmds(), func(c *pg.Node) bool {
			cmd := c.GetAlterTableCmd()
			return cmd.GetSubtype() == subtype && (is == nil || is(cmd))
		})
	}
}

func published(is func(*pg.PublicationObjSpec) bool) func(*pg.Node) bool {
	return func(n *pg.Node) bool {
		all := n.GetCreatePublicationStmt().GetPubobjects()
		if alter := n.GetAlterPublicationStmt(); alter != nil {
			all = alter.Pubobjects
		}
		return slices.ContainsFunc(all, func(o *pg.Node) bool {
			spec := o.GetPublicationObjSpec()
			return spec != nil && is(spec)
		})
	}
}

func hasOption(options []*pg.Node, name string) bool {
	return slices.ContainsFunc(options, func(o *pg.Node) bool {
		return strings.EqualFold(o.GetDefElem().GetDefname(), name)
	})
}

func vacuumOption(name string) func(*pg.Node) bool {
	return func(n *pg.Node) bool { return hasOption(n.GetVacuumStmt().GetOptions(), name) }
}

func explainOption(name string) func(*pg.Node) bool {
	return func(n *pg.Node) bool { return hasOption(n.GetExplainStmt().GetOptions(), name) }
}

func copyOption(name string) func(*pg.Node) bool {
	return func(n *pg.Node) bool { return hasOption(n.GetCopyStmt().GetOptions(), name) }
}

func databaseOption(name string) func(*pg.Node) bool {
	return func(n *pg.Node) bool { return hasOption(n.GetCreatedbStmt().GetOptions(), name) }
}

// newerQuery is the newest syntax that a query has anywhere in it.
func newerQuery(n *pg.Node, version int) Failure {
	var f Failure
	catalog.Walk(n, func(m any) bool {
		if q := featureOf(m); q.since > version && !f.found() {
			f = q.refusedBy(version)
		}
		return !f.found()
	})
	return f
}

// featureOf is the syntax that a node of a query is; since 0 = every version has it.
func featureOf(m any) feature {
	switch n := m.(type) {
	case *pg.SelectStmt:
		switch {
		case n.GroupDistinct:
			return feature{since: 14, word: "DISTINCT of GROUP BY"}
		case n.LimitOption == pg.LimitOption_LIMIT_OPTION_WITH_TIES:
			return feature{since: 13, word: "WITH TIES"}
		}
	case *pg.CommonTableExpr:
		if n.SearchClause != nil || n.CycleClause != nil {
			return feature{since: 14, word: "SEARCH and CYCLE"}
		}
	case *pg.JoinExpr:
		if n.JoinUsingAlias != nil {
			return feature{since: 14, word: "AS of JOIN … USING"}
		}
	case *pg.RangeSubselect:
		if n.Alias == nil {
			return feature{since: 16, word: "a subquery in FROM without a name"}
		}
	case *pg.JsonIsPredicate:
		return feature{since: 16, word: "IS JSON"}
	case *pg.JsonTable:
		return feature{since: 17, word: "JSON_TABLE"}
	case *pg.FuncCall:
		return ofCall(n)
	}
	return feature{}
}

// ofCall is syntax that the grammar turns into a call.
func ofCall(f *pg.FuncCall) feature {
	words := catalog.Strings(f.Funcname)
	if f.Funcformat != pg.CoercionForm_COERCE_SQL_SYNTAX || len(words) == 0 {
		return feature{}
	}
	switch name := words[len(words)-1]; {
	case name == "is_normalized":
		return feature{since: 13, word: "IS NORMALIZED"}
	case name == "timezone" && len(f.Args) == 1:
		return feature{since: 17, word: "AT LOCAL"}
	}
	return feature{}
}
