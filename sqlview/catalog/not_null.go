package catalog

import "slices"

// NotNullNamed is the constraint that a server from 18 on makes of a NOT NULL
// without a name, told by the name that it chooses: that of the table which said so
// first, the column's, and not_null. Nil = no such column of the relation.
func (s *Snapshot) NotNullNamed(r *Relation, name string) *Constraint {
	if r == nil {
		return nil
	}
	for i := range r.Columns {
		c := &r.Columns[i]
		if !c.NotNull {
			continue
		}
		for n, table := range append([]string{r.Name}, s.above(r.Name)...) {
			if ObjectName(Base(table), c.Name, "not_null") == name && s.Seen(table).Column(c.Name) != nil {
				return &Constraint{Name: name, Type: NotNull, Columns: []string{c.Name}, Valid: true, Enforced: true,
					Local: n == 0, Inherited: n > 0}
			}
		}
	}
	return nil
}

// above lists all that a relation inherits from, nearest first.
func (s *Snapshot) above(name string) []string {
	var all []string
	for queue := []string{name}; len(queue) > 0; queue = queue[1:] {
		r := s.Seen(queue[0])
		if r == nil {
			continue
		}
		for _, p := range r.Parents {
			if p != name && !slices.Contains(all, p) {
				all, queue = append(all, p), append(queue, p)
			}
		}
	}
	return all
}
