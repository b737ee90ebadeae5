package effect

import (
	"cmp"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = subcommandsOf(map[pg.AlterTableType]subcommand{
	pg.AlterTableType_AT_SetStatistics:             {lock.ShareUpdateExclusive, true, nil},
	pg.AlterTableType_AT_SetOptions:                {lock.ShareUpdateExclusive, false, nil},
	pg.AlterTableType_AT_ResetOptions:              {lock.ShareUpdateExclusive, false, nil},
	pg.AlterTableType_AT_SetStorage:                {lock.AccessExclusive, true, nil},
	pg.AlterTableType_AT_SetCompression:            {lock.AccessExclusive, false, nil},
	pg.AlterTableType_AT_ClusterOn:                 {lock.ShareUpdateExclusive, false, clusterOn},
	pg.AlterTableType_AT_DropCluster:               {lock.ShareUpdateExclusive, false, nil},
	pg.AlterTableType_AT_SetLogged:                 {lock.AccessExclusive, false, setLogged},
	pg.AlterTableType_AT_SetUnLogged:               {lock.AccessExclusive, false, setUnlogged},
	pg.AlterTableType_AT_SetAccessMethod:           {lock.AccessExclusive, false, setAccessMethod},
	pg.AlterTableType_AT_SetTableSpace:             {lock.AccessExclusive, false, setTablespace},
	pg.AlterTableType_AT_SetRelOptions:             {lock.None, false, relOptions},
	pg.AlterTableType_AT_ResetRelOptions:           {lock.None, false, relOptions},
	pg.AlterTableType_AT_ReplaceRelOptions:         {lock.AccessExclusive, false, nil},
	pg.AlterTableType_AT_DropOids:                  {lock.AccessExclusive, true, dropOids},
	pg.AlterTableType_AT_ReplicaIdentity:           {lock.AccessExclusive, false, replicaIdentity},
	pg.AlterTableType_AT_GenericOptions:            {lock.AccessExclusive, false, nil},
	pg.AlterTableType_AT_AlterColumnGenericOptions: {lock.AccessExclusive, false, nil},
})

func clusterOn(j *judge, a alteration) {
	j.lock(catalog.Schema(a.table)+"."+a.Name, lock.ShareUpdateExclusive)
	j.inverse(ReversibleInstant, "SET WITHOUT CLUSTER")
}

func setLogged(j *judge, a alteration) {
	j.inverse(ReversibleSlow, "SET UNLOGGED (rewrites)")
	if a.rel != nil && !a.rel.Partial && !a.rel.Unlogged {
		j.note("%s is logged already: nothing is rewritten", a.table)
		return
	}
	if a.rel != nil {
		for _, k := range a.rel.Constraints {
			if p := j.cat.Seen(k.References); k.Type == catalog.ForeignKey && p != nil && p.Unlogged &&
				p.Name != a.table {
				j.fails("42P16", "it references %s, which is unlogged", p.Name)
			}
		}
	}
	j.persist(a)
}

func setUnlogged(j *judge, a alteration) {
	j.breaks(BreaksOld)
	j.inverse(ReversibleSlow, "SET LOGGED (rewrites; the table is empty after a crash before that)")
	if a.rel != nil && a.rel.Unlogged {
		j.note("%s is unlogged already: nothing is rewritten", a.table)
		return
	}
	for _, k := range j.foreignKeysTo(a.table) {
		if c := j.cat.Seen(k.Child); k.Child != a.table && c != nil && !c.Unlogged {
			j.fails("42P16", "%s, which is logged, references it", k.Child)
		}
	}
	j.persist(a)
}

// persist rewrites the table; since 15 its sequences follow.
func (j *judge) persist(a alteration) {
	j.rewrite(a.table)
	if j.major() >= 15 {
		j.lockAll(j.cat.SequencesOf(a.table, ""), lock.AccessExclusive)
	}
}

func setAccessMethod(j *judge, a alteration) {
	j.inverse(ReversibleSlow, "SET ACCESS METHOD back (rewrites)")
	if a.rel != nil && a.rel.Kind == catalog.PartitionedTable {
		j.note("for a partitioned table it counts for partitions to come: nothing is rewritten")
		return
	}
	if a.rel != nil && !a.rel.Partial && a.Name == cmp.Or(a.rel.Storage.AccessMethod, "heap") {
		j.note("%s has that access method already: nothing is rewritten", a.table)
		return
	}
	j.rewrite(a.table)
}

// setTablespace copies the files of the table, and leaves its indexes alone.
func setTablespace(j *judge, a alteration) {
	j.inverse(ReversibleSlow, "SET TABLESPACE back (copies again)")
	if a.rel != nil && a.rel.Kind == catalog.PartitionedTable {
		j.note("for a partitioned table it counts for partitions to come: nothing is copied")
		return
	}
	if a.rel != nil && !a.rel.Partial && a.rel.Tablespaced() == a.Name {
		j.note("%s is in %s already: nothing is copied", a.table, a.Name)
		return
	}
	if !j.new(a.table) {
		j.e.Rewrites = add(j.e.Rewrites, a.table)
		j.scan(a.table)
	}
}

// dropOids: until 11 a table could have a hidden oid column.
func dropOids(j *judge, a alteration) {
	if j.major() < 12 {
		j.note("rewrites where the table has oids")
	}
}

func replicaIdentity(j *judge, a alteration) {
	j.inverse(ReversibleInstant, "REPLICA IDENTITY back")
	if name := a.Def.GetReplicaIdentityStmt().GetName(); name != "" {
		j.lock(catalog.Schema(a.table)+"."+name, lock.Share)
	}
}

// strongOptions are the storage parameters whose change asks for ACCESS
// EXCLUSIVE; all others, autovacuum's and fillfactor among them, take SHARE
// UPDATE EXCLUSIVE (reloptions.c).
var strongOptions = words(`user_catalog_table fastupdate buffering gin_pending_list_limit pages_per_range autosummarize
	security_barrier security_invoker check_option`)

// optionMode is the strongest lock that any of the options asks for.
func optionMode(options []*pg.Node) lock.Mode {
	for _, o := range options {
		if strongOptions[strings.ToLower(o.GetDefElem().GetDefname())] {
			return lock.AccessExclusive
		}
	}
	return lock.ShareUpdateExclusive
}

func relOptions(j *judge, a alteration) {
	j.inverse(ReversibleInstant, "SET or RESET the parameters back")
	j.lock(a.table, optionMode(a.Def.GetList().GetItems()))
}
