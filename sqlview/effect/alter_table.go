package effect

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = register((*pg.Node_AlterTableStmt)(nil), alterTable)

// alteration is one subcommand of ALTER TABLE under judgement.
type alteration struct {
	*pg.AlterTableCmd
	table string
	// rel is nil where the catalog knows nothing of the table, and Partial where
	// it knows only what this run did.
	rel *catalog.Relation
	// only is true for ALTER TABLE ONLY.
	only bool
	// stmt holds the other subcommands.
	stmt *pg.AlterTableStmt
}

// subcommand says what a subcommand of ALTER TABLE does. The lock modes are
// those of AlterTableGetLockLevel in PostgreSQL's tablecmds.c.
type subcommand struct {
	mode lock.Mode
	// recurses is true where partitions and children take the same lock.
	recurses bool
	judge    func(*judge, alteration)
}

// subcommands is filled by the files of the subcommand families.
var subcommands = map[pg.AlterTableType]subcommand{}

func subcommandsOf(families map[pg.AlterTableType]subcommand) bool {
	for t, s := range families {
		subcommands[t] = s
	}
	return true
}

func alterTable(j *judge, n *pg.Node) {
	s := n.GetAlterTableStmt()
	switch s.Objtype {
	case pg.ObjectType_OBJECT_INDEX:
		alterIndex(j, s)
		return
	case pg.ObjectType_OBJECT_TYPE:
		alterComposite(j, s)
		return
	}
	name := j.cat.Name(s.Relation)
	a := alteration{table: name, rel: j.cat.Seen(name), only: !s.Relation.GetInh(), stmt: s}
	if s.MissingOk && a.rel == nil && j.cat.Known() {
		j.note("%s is not in the catalog: IF EXISTS does nothing", name)
		if j.cat.Source == catalog.SourceLive {
			return
		}
	}
	if j.cat.Relation(name) == nil && !j.new(name) {
		j.note("%s is not in the catalog: judged for the worst", name)
	}
	if len(s.Cmds) == 1 {
		a.AlterTableCmd = s.Cmds[0].GetAlterTableCmd()
		j.alter(a)
		return
	}
	j.together(a)
}

// together judges several subcommands. One mode holds for all of them, the strongest
// that any asks for, also for what each of them reaches below the table.
func (j *judge) together(a alteration) {
	var reached []string
	for _, c := range a.stmt.Cmds {
		before := j.e.Locks
		j.e.Locks, a.AlterTableCmd = nil, c.GetAlterTableCmd()
		j.alter(a)
		alone := j.e.Locks
		j.e.Locks = before
		for _, l := range alone {
			j.lock(l.Relation, l.Mode)
			if l.Mode >= lock.ShareUpdateExclusive && !j.onlyBuilds(a) {
				reached = append(reached, l.Relation)
			}
		}
	}
	below, strongest := j.cat.Descendants(a.table), j.modeOn(a.table)
	for _, name := range reached {
		if slices.Contains(below, name) {
			j.lock(name, strongest)
		}
	}
}

// onlyBuilds reports a key that reaches partitions by making indexes on them, each under
// a lock of its own.
func (j *judge) onlyBuilds(a alteration) bool {
	switch a.Def.GetConstraint().GetContype() {
	case pg.ConstrType_CONSTR_UNIQUE, pg.ConstrType_CONSTR_PRIMARY, pg.ConstrType_CONSTR_EXCLUSION:
		return j.major() < 18
	}
	return false
}

func (j *judge) alter(a alteration) {
	sub, ok := subcommands[a.Subtype]
	if !ok {
		sub = subcommand{mode: lock.AccessExclusive}
		j.unknown("a subcommand that belay does not know")
	}
	if sub.mode != lock.None {
		j.lock(a.table, sub.mode)
	}
	if sub.recurses && !a.only {
		j.lockAll(j.cat.Descendants(a.table), sub.mode)
	}
	if sub.judge != nil {
		sub.judge(j, a)
	}
}

// scanTree scans the table, with partitions and children unless ONLY was said.
func (a alteration) scanTree(j *judge) {
	if a.only {
		j.scan(a.table)
		return
	}
	j.scanTree(a.table)
}

// rewriteTree is scanTree for a rewrite.
func (a alteration) rewriteTree(j *judge) {
	for _, t := range a.tree(j.cat) {
		j.rewrite(t)
	}
}

func (a alteration) tree(cat *catalog.Snapshot) []string {
	if a.only {
		return []string{a.table}
	}
	return append([]string{a.table}, cat.Descendants(a.table)...)
}

// has reports whether the same ALTER TABLE has another subcommand like this.
func (a alteration) has(match func(*pg.AlterTableCmd) bool) bool {
	for _, c := range a.stmt.GetCmds() {
		if match(c.GetAlterTableCmd()) {
			return true
		}
	}
	return false
}
