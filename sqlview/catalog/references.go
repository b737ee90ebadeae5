package catalog

// Reference is a foreign key with the table that has it.
type Reference struct {
	Child string
	Constraint
}

// References lists the foreign keys that point to a relation, or to a partitioned
// table above it: those look for their rows in every partition.
func (s *Snapshot) References(name string) []Reference {
	var all []Reference
	for _, target := range append([]string{name}, s.Partitioned(name)...) {
		r := s.Seen(target)
		if r == nil {
			continue
		}
		for _, child := range r.ReferencedBy {
			c := s.Seen(child)
			if c == nil {
				continue
			}
			for _, k := range c.Constraints {
				if k.Type == ForeignKey && k.References == target {
					all = append(all, Reference{child, k})
				}
			}
		}
	}
	return all
}

// Partitioned lists the partitioned tables above a partition, nearest first.
func (s *Snapshot) Partitioned(name string) []string {
	var all []string
	seen := map[string]bool{name: true}
	for r := s.Seen(name); r != nil && len(r.Parents) > 0; {
		parent := s.Seen(r.Parents[0])
		if parent == nil || parent.Kind != r.partOf() || seen[parent.Name] {
			break
		}
		seen[parent.Name] = true
		all, r = append(all, parent.Name), parent
	}
	return all
}

// partOf is the kind of relation that this one can be a part of.
func (r *Relation) partOf() Kind {
	if r.Kind == Index {
		return Index
	}
	return PartitionedTable
}
