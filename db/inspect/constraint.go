package inspect

import (
	"strings"

	"belay/sqlview/catalog"

	"github.com/jackc/pgx/v5"
)

var constraintTypes = map[string]catalog.ConstraintType{
	"c": catalog.Check, "f": catalog.ForeignKey, "p": catalog.PrimaryKey,
	"u": catalog.Unique, "x": catalog.Exclude, "n": catalog.NotNull,
}

func (b *builder) constraint(r pgx.Rows) error {
	var (
		k                     catalog.Constraint
		kind                  string
		table, domain, target int64
		columns, refColumns   []int32
		expression, def       *string
		onDelete, onUpdate    string
	)
	err := r.Scan(&k.Name, &kind, &table, &domain, &target, &columns, &refColumns, &expression,
		&k.Valid, &k.Enforced, &k.Deferrable, &k.Deferred, &k.MatchFull,
		&k.Inherited, &k.Local, &k.NoInherit, &onDelete, &onUpdate, &def)
	if err != nil {
		return err
	}
	k.Type, k.Expression, k.Definition = constraintTypes[kind], text(expression), text(def)
	k.NoInherit = k.NoInherit && k.Type == catalog.Check // the server says it of all keys
	if t := b.types[domain]; t != nil {
		t.Constraints = append(t.Constraints, k)
		return nil
	}
	rel := b.relations[table]
	if rel == nil {
		return nil
	}
	k.Columns = b.columns(table, columns)
	if to := b.relations[target]; to != nil {
		k.References, k.RefColumns = to.Name, b.columns(target, refColumns)
		k.OnDelete, k.OnUpdate = catalog.ForeignKeyAction(onDelete), catalog.ForeignKeyAction(onUpdate)
		b.keys = append(b.keys, foreignKey{rel, to})
	}
	rel.Constraints = append(rel.Constraints, k)
	return nil
}

// The bits of pg_trigger.tgtype (catalog/pg_trigger.h).
const (
	triggerRow      = 1 << 0
	triggerBefore   = 1 << 1
	triggerInsert   = 1 << 2
	triggerDelete   = 1 << 3
	triggerUpdate   = 1 << 4
	triggerTruncate = 1 << 5
	triggerInstead  = 1 << 6
)

func (b *builder) trigger(r pgx.Rows) error {
	var (
		table int64
		t     catalog.Trigger
		bits  int
	)
	if err := r.Scan(&table, &t.Name, &t.Function, &t.Enabled, &bits, &t.Cloned); err != nil {
		return err
	}
	t.ForEachRow, t.Before = bits&triggerRow != 0, bits&(triggerBefore|triggerInstead) != 0
	var events []string
	for _, e := range []struct {
		bit  int
		name string
	}{{triggerInsert, "INSERT"}, {triggerUpdate, "UPDATE"}, {triggerDelete, "DELETE"}, {triggerTruncate, "TRUNCATE"}} {
		if bits&e.bit != 0 {
			events = append(events, e.name)
		}
	}
	t.Events = strings.Join(events, " OR ")
	if rel := b.relations[table]; rel != nil {
		rel.Triggers = append(rel.Triggers, t)
	}
	return nil
}
