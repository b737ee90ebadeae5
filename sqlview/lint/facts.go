package lint

import (
	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// facts are what several rules ask of a file, worked out once.
type facts struct {
	// began is the first statement of each transaction; its statements follow
	// one another without a gap.
	began map[int]int
	// held has, for each statement, the locks that its transaction holds when
	// it begins. The slices share one array for each transaction.
	held [][]Held
	// waits has, for each statement, the checks that wait for the end of its
	// transaction when it begins. The slices share arrays.
	waits [][]Pending
	// changes has the data changes of each statement.
	changes [][]DataChange
	// named has the relations and the CHECKs that stand in each statement.
	named [][]*pg.RangeVar
	conds [][]*pg.Constraint
	// bodies has the texts of the DO blocks that were asked for.
	bodies map[int]*Body
	// altered has the subcommands of each statement that was asked for.
	altered map[int][]Alteration
	// shaped has, for each relation, the statements that create, alter or index it.
	shaped map[string][]int
	// sets has, for each timeout, the statements that set or reset it, in order.
	sets map[string][]setAt
}

// setAt is one SET or RESET of a timeout.
type setAt struct {
	index int
	Setting
}

func newFacts(f *File) *facts {
	k := &facts{
		began: map[int]int{}, altered: map[int][]Alteration{}, bodies: map[int]*Body{}, sets: map[string][]setAt{},
		shaped: map[string][]int{},
	}
	for i, t := range f.Transactions {
		if _, seen := k.began[t]; t != Alone && !seen {
			k.began[t] = i
		}
	}
	p := &Pass{File: f, facts: k}
	k.held, k.waits = heldBefore(p), waitsBefore(p)
	for s := range p.Statements() {
		k.changes = append(k.changes, s.findDataChanges())
		k.read(s)
		if r := shapes(s.Node); r != nil {
			k.shaped[s.Name(r)] = append(k.shaped[s.Name(r)], s.Index)
		}
		for _, name := range timeouts {
			if set, ok := s.sets(name); ok {
				k.sets[name] = append(k.sets[name], setAt{s.Index, set})
			}
		}
	}
	return k
}

// read walks the tree of a statement once for all rules.
func (k *facts) read(s Stmt) {
	var named []*pg.RangeVar
	var conds []*pg.Constraint
	catalog.Walk(s.Node, func(m any) bool {
		switch m := m.(type) {
		case *pg.RangeVar:
			named = append(named, m)
		case *pg.Constraint:
			if m.Contype == pg.ConstrType_CONSTR_CHECK {
				conds = append(conds, m)
			}
		}
		return true
	})
	k.named, k.conds = append(k.named, named), append(k.conds, conds)
}

// shapes is the relation that a statement creates, alters or indexes.
func shapes(n *pg.Node) *pg.RangeVar {
	switch n := n.GetNode().(type) {
	case *pg.Node_CreateStmt:
		return n.CreateStmt.Relation
	case *pg.Node_AlterTableStmt:
		return n.AlterTableStmt.Relation
	case *pg.Node_IndexStmt:
		return n.IndexStmt.Relation
	}
	return nil
}

// timeouts are the settings that rules ask for.
var timeouts = []string{"lock_timeout", "statement_timeout"}

// heldBefore follows the locks of each transaction from statement to statement.
// A lock is listed once for each table and mode that is stronger than before.
func heldBefore(p *Pass) [][]Held {
	var before [][]Held
	var held []Held
	strongest := map[string]lock.Mode{}
	transaction := Alone
	for s := range p.Statements() {
		if s.Transaction() != transaction || !s.InTransaction() {
			held, strongest, transaction = nil, map[string]lock.Mode{}, s.Transaction()
		}
		before = append(before, held[:len(held):len(held)])
		for _, l := range s.Effect().Locks {
			if l.Mode > strongest[l.Relation] && s.Existed(l.Relation) && s.Table(l.Relation) {
				strongest[l.Relation] = l.Mode
				held = append(held, Held{l.Relation, l.Mode, s.Line})
			}
		}
	}
	return before
}

func (k *facts) alterations(s Stmt, alter *pg.AlterTableStmt) []Alteration {
	all, ok := k.altered[s.Index]
	if !ok {
		all = s.alterations(alter)
		k.altered[s.Index] = all
	}
	return all
}
