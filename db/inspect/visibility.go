package inspect

import (
	"github.com/jackc/pgx/v5"

	"belay/sqlview/catalog"
)

var policyCommands = map[string]string{"*": "ALL", "r": "SELECT", "w": "UPDATE", "d": "DELETE"}

// visibility reads one policy of one table that a relation shows rows of.
func (b *builder) visibility(r pgx.Rows) error {
	var oid int64
	var role string
	var f catalog.RowFilter
	var p catalog.Policy
	if err := r.Scan(&oid, &role, &f.Table, &f.Role, &f.Owner, &p.Name, &p.Command, &p.Permissive,
		&p.Using); err != nil {
		return err
	}
	rel := b.relations[oid]
	if rel == nil {
		return nil
	}
	if rel.Visibility == nil {
		rel.Visibility = &catalog.Visibility{Role: role}
	}
	if f.Table == "" {
		return nil
	}
	all := rel.Visibility.Filters
	if n := len(all); n == 0 || all[n-1].Table != f.Table || all[n-1].Role != f.Role {
		all = append(all, f)
	}
	if p.Name != "" {
		p.Command = policyCommands[p.Command]
		last := &all[len(all)-1]
		last.Policies = append(last.Policies, p)
	}
	rel.Visibility.Filters = all
	return nil
}
