package inspect

import (
	"slices"

	"belay/sqlview/catalog"

	"github.com/jackc/pgx/v5"
)

// need is something that names a function, a type or a relation.
type need struct {
	catalog.Dependent
	of, name string
	oid      int64
	numbers  []int32
}

func (b *builder) need(r pgx.Rows) error {
	var n need
	err := r.Scan(&n.Kind, &n.Name, &n.On, &n.of, &n.name, &n.oid, &n.numbers)
	b.needs = append(b.needs, n)
	return err
}

// finishNeeds gives each function, type and relation what names it.
func (b *builder) finishNeeds() {
	for _, n := range b.needs {
		switch n.of {
		case "function":
			if f := b.snapshot.Functions.Get(n.name); f != nil {
				f.Dependents = append(f.Dependents, n.Dependent)
			}
		case "type":
			if t := b.snapshot.Types.Get(n.name); t != nil {
				t.Dependents = append(t.Dependents, n.Dependent)
			}
		default:
			b.needsRelation(n)
		}
	}
}

func (b *builder) needsRelation(n need) {
	r := b.snapshot.Relations.Get(n.name)
	if r == nil {
		return
	}
	n.Columns = []string{catalog.NoColumn}
	if numbers := slices.DeleteFunc(n.numbers, func(i int32) bool { return i == 0 }); len(numbers) > 0 && n.oid != 0 {
		n.Columns = b.columns(n.oid, numbers)
	}
	r.Dependents = append(r.Dependents, n.Dependent)
}
