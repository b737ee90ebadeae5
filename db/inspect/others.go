package inspect

import "github.com/jackc/pgx/v5"

// other reads what is only known by its name.
func (b *builder) other(r pgx.Rows) error {
	var kind, name string
	var oid int64
	if err := r.Scan(&kind, &oid, &name); err != nil {
		return err
	}
	s, rel := b.snapshot, b.relations[oid]
	switch kind {
	case "function":
		s.Callable[name] = int(oid)
	case "type":
		s.OtherTypes[name] = true
	case "extension":
		s.Extensions[name] = true
	case "policy":
		if rel != nil {
			rel.PolicyNames = append(rel.PolicyNames, name)
		}
	case "rule":
		if rel != nil {
			rel.Rules = append(rel.Rules, name)
		}
	}
	return nil
}
