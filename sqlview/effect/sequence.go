package effect

import (
	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_CreateSeqStmt)(nil), createSequence)
	_ = register((*pg.Node_AlterSeqStmt)(nil), alterSequence)
)

func createSequence(j *judge, n *pg.Node) {
	s := n.GetCreateSeqStmt()
	j.inverse(ReversibleInstant, "DROP SEQUENCE %s", catalog.Quote(j.cat.Name(s.Sequence)))
	j.ownedBy(s.Options)
}

func alterSequence(j *judge, n *pg.Node) {
	s := n.GetAlterSeqStmt()
	j.inverse(ReversibleInstant, "ALTER SEQUENCE back")
	j.lock(j.cat.Name(s.Sequence), lock.ShareRowExclusive)
	j.ownedBy(s.Options)
	for _, o := range s.Options {
		if o.GetDefElem().GetDefname() == "as" && j.major() >= 10 {
			j.note("a new type also moves the limits that were never set")
		}
	}
}

// ownedBy locks the table that a sequence is tied to.
func (j *judge) ownedBy(options []*pg.Node) {
	for _, o := range options {
		d := o.GetDefElem()
		if parts := d.GetArg().GetList().GetItems(); d.GetDefname() == "owned_by" && len(parts) > 1 {
			j.lock(j.cat.NameOf(parts[:len(parts)-1]), lock.AccessShare)
		}
	}
}
