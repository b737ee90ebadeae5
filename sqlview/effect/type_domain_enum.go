package effect

import (
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_AlterEnumStmt)(nil), alterEnum)
	_ = register((*pg.Node_AlterDomainStmt)(nil), alterDomain)
)

// alterEnum: ADD VALUE may stand in a transaction since 12; the value itself
// may be used only after its end.
func alterEnum(j *judge, n *pg.Node) {
	s := n.GetAlterEnumStmt()
	if s.OldVal != "" {
		j.breaks(BreaksOld)
		j.inverse(ReversibleInstant, "RENAME VALUE back")
		return
	}
	j.inverse(ReversibleNone, "none: a value of an enum cannot be dropped")
	if j.major() < 12 {
		j.e.Transactional = false
	}
	j.note("the value cannot be used before the transaction ends")
}

// alterDomain reads the subtypes of AlterDomainStmt: T default, N drop not null,
// O set not null, C add constraint, X drop constraint, V validate. A check of
// the values that are there takes SHARE on every table with the domain.
func alterDomain(j *judge, n *pg.Node) {
	s := n.GetAlterDomainStmt()
	name := j.cat.NameOf(s.TypeName)
	switch s.Subtype {
	case "O":
		j.breaks(BreaksOld)
		j.inverse(ReversibleInstant, "DROP NOT NULL")
		j.checkDomain(name)
	case "C":
		j.breaks(BreaksOld)
		j.inverse(ReversibleInstant, "DROP CONSTRAINT")
		if k := s.Def.GetConstraint(); !k.GetSkipValidation() {
			j.checkDomain(name)
		}
	case "V":
		j.inverse(ReversibleInstant, "nothing to take back: the constraint held for new values already")
		j.checkDomain(name)
	case "N", "X":
		j.inverse(ReversibleSlow, "add it again (reads every table with the domain)")
	default:
		j.inverse(ReversibleInstant, "SET DEFAULT back")
	}
}

func (t *types) checkDomain(name string) {
	if t.cat == nil || t.cat.Types.Get(name) == nil {
		t.e.Duration = Slow
		t.note("domain %s is not in the catalog: every table that uses it is locked SHARE and read", name)
	}
	for _, table := range t.cat.TablesWith(name) {
		if t.stored(table) {
			t.lock(table, lock.Share)
			t.scan(table)
		}
	}
}
