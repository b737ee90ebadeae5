package catalog

import (
	"slices"
)

// Object is something that a statement can drop.
type Object struct {
	Kind Kind
	// Name is "schema.name"; what belongs to a relation has its own name alone.
	Name string
	// On is the relation of a column, constraint, trigger, policy, rule or default.
	On string
}

// What a closure has besides relations. The names are the server's own.
const (
	ColumnKind     Kind = "column"
	ConstraintKind Kind = "constraint"
	DefaultKind    Kind = "default" // of a column, which gives the name
	TypeKind       Kind = "type"    // enum, domain or composite
	SchemaKind     Kind = "schema"
	ServerKind     Kind = "server"
	WrapperKind    Kind = "foreign-data wrapper"
	LanguageKind   Kind = "language"
	MethodKind     Kind = "access method"
)

// String is the object as the server would name it.
func (o Object) String() string {
	if o.On == "" {
		return string(o.Kind) + " " + o.Name
	}
	return string(o.Kind) + " " + o.Name + " of " + o.On
}

// Gone is an object that goes with others.
type Gone struct {
	Object
	// Cascaded is true where it goes only by CASCADE: without it the server
	// refuses (2BP01).
	Cascaded bool
	// By is what it goes with; the zero Object for what was named.
	By Object
}

// Closure lists what goes when objects are dropped, they themselves first, as
// pg_depend of a server would have it and as far as the snapshot knows. Each
// object is there once, whatever circles the catalog has.
func (s *Snapshot) Closure(objects ...Object) []Gone {
	if s == nil {
		s = &Snapshot{}
	}
	c := &closure{Snapshot: s, at: map[Object]int{}}
	for _, o := range objects {
		c.add(Gone{Object: o})
	}
	for i := 0; i < len(c.gone); i++ {
		c.follow(c.gone[i].Object)
	}
	c.absorb()
	return c.gone
}

type closure struct {
	*Snapshot
	gone []Gone
	at   map[Object]int
}

// absorb: what belongs to a relation that goes needs no CASCADE of its own.
func (c *closure) absorb() {
	relations := map[string]bool{}
	for o := range c.at {
		if o.On == "" {
			relations[o.Name] = true
		}
	}
	for i := range c.gone {
		if relations[c.gone[i].On] {
			c.gone[i].Cascaded = false
		}
	}
}

func (c *closure) add(g Gone) {
	if i, ok := c.at[g.Object]; ok {
		c.gone[i].Cascaded = c.gone[i].Cascaded && g.Cascaded
		return
	}
	c.at[g.Object] = len(c.gone)
	c.gone = append(c.gone, g)
}

// follow adds what goes with one object.
func (c *closure) follow(o Object) {
	along := func(x Object) { c.add(Gone{x, false, o}) }
	cascaded := func(x Object) { c.add(Gone{x, true, o}) }
	switch o.Kind {
	case ColumnKind:
		c.column(o, along, cascaded)
	case ConstraintKind:
		c.constraint(o, along, cascaded)
	case DefaultKind:
		if col := c.Seen(o.On).Column(o.Name); col != nil && col.Generated != "" {
			along(Object{ColumnKind, o.Name, o.On})
		}
	case FunctionKind:
		c.calls(o.Name, cascaded)
	case TypeKind:
		c.typed(o.Name, cascaded)
	case SchemaKind:
		c.namespace(o.Name, cascaded)
	case ServerKind, WrapperKind, LanguageKind, MethodKind:
		c.behind(o, cascaded)
	case TriggerKind:
		for _, child := range c.Seen(o.On).parts() {
			if slices.ContainsFunc(c.triggersOf(child), func(t Trigger) bool {
				return t.Name == o.Name && t.ForEachRow && t.Cloned
			}) {
				along(Object{TriggerKind, o.Name, child})
			}
		}
	case PolicyKind, RuleKind, PublicationKind:
	default:
		if r := c.Seen(o.Name); r != nil {
			c.relation(r, along, cascaded)
		}
	}
}

func (c *closure) triggersOf(name string) []Trigger {
	if r := c.Seen(name); r != nil {
		return r.Triggers
	}
	return nil
}

// parts are the partitions of a partitioned table; nil for all else.
func (r *Relation) parts() []string {
	if r == nil || r.Kind != PartitionedTable {
		return nil
	}
	return r.Children
}

func (c *closure) relation(r *Relation, along, cascaded func(Object)) {
	if r.Kind == Index {
		c.index(r, along, cascaded)
		return
	}
	for _, i := range r.Indexes {
		along(Object{Index, i.Name, ""})
	}
	for _, k := range r.Constraints {
		along(Object{ConstraintKind, k.Name, r.Name})
	}
	for _, col := range r.Columns {
		if col.Default != "" {
			along(Object{DefaultKind, col.Name, r.Name})
		}
	}
	for _, q := range c.SequencesOf(r.Name, "") {
		along(Object{Sequence, q, ""})
	}
	for _, child := range r.Children {
		if r.Kind == PartitionedTable {
			along(c.object(child))
		} else {
			cascaded(c.object(child))
		}
	}
	for _, k := range c.References(r.Name) {
		cascaded(Object{ConstraintKind, k.Name, k.Child})
	}
	c.dependents(r.Name, r.Dependents, "", cascaded)
	if r.Kind == Sequence {
		c.sequence(r, cascaded)
	}
	for _, u := range c.rowTypes(r.Name) {
		cascaded(u)
	}
}

// object gives a relation its kind.
func (c *closure) object(name string) Object {
	if r := c.Seen(name); r != nil {
		return Object{r.Kind, name, ""}
	}
	return Object{Table, name, ""}
}

// dependents follows views, policies, rules, triggers and functions that name a
// relation, or one column of it.
func (c *closure) dependents(of string, all []Dependent, column string, cascaded func(Object)) {
	for _, d := range all {
		if column != "" && len(d.Columns) > 0 && !slices.Contains(d.Columns, column) {
			continue
		}
		switch d.Kind {
		case PolicyKind, TriggerKind, RuleKind:
			on := d.On
			if on == "" {
				on = of
			}
			if on != of || column != "" {
				cascaded(Object{d.Kind, d.Name, on})
			}
		case PublicationKind:
			if column != "" {
				cascaded(Object{d.Kind, d.Name, ""})
			}
		case Table, PartitionedTable: // a rule of the table
			cascaded(Object{RuleKind, "?", d.Name})
		default:
			cascaded(Object{d.Kind, d.Name, ""})
		}
	}
}

func (c *closure) column(o Object, along, cascaded func(Object)) {
	r := c.Seen(o.On)
	if r == nil {
		return
	}
	if col := r.Column(o.Name); col != nil && col.Default != "" && col.Generated == "" {
		along(Object{DefaultKind, col.Name, o.On})
	}
	for _, i := range r.Indexes {
		if i.Uses(o.Name) {
			along(Object{Index, i.Name, ""})
		}
	}
	for _, k := range r.Constraints {
		if k.Names(o.Name) {
			along(Object{ConstraintKind, k.Name, o.On})
		}
	}
	for _, q := range c.SequencesOf(o.On, o.Name) {
		along(Object{Sequence, q, ""})
	}
	for _, col := range r.Columns {
		if col.Generated == "" || col.Name == o.Name || !Mentions(col.Default, o.Name) {
			continue
		}
		if GeneratedGoAlong(c.ServerVersion) {
			along(Object{ColumnKind, col.Name, o.On})
		} else {
			cascaded(Object{ColumnKind, col.Name, o.On})
		}
	}
	for _, k := range c.References(o.On) {
		if slices.Contains(k.RefColumns, o.Name) {
			cascaded(Object{ConstraintKind, k.Name, k.Child})
		}
	}
	c.dependents(o.On, r.Dependents, o.Name, cascaded)
}

// GeneratedGoAlong reports whether a column that is dropped takes the generated
// columns that use it along without a word; since 15 the server asks for CASCADE.
func GeneratedGoAlong(version int) bool { return version != 0 && version < 15 }

// constraint: a key takes its index along, and the foreign keys that point to it;
// a constraint of a partitioned table goes with what its partitions have of it.
func (c *closure) constraint(o Object, along, cascaded func(Object)) {
	r := c.Seen(o.On)
	k := r.Constraint(o.Name)
	if k == nil {
		return
	}
	switch k.Type {
	case PrimaryKey, Unique, Exclude:
		along(Object{Index, Schema(o.On) + "." + o.Name, ""})
		for _, f := range c.References(o.On) {
			if slices.Equal(sorted(f.RefColumns), sorted(k.Columns)) {
				cascaded(Object{ConstraintKind, f.Name, f.Child})
			}
		}
	case ForeignKey:
		for _, child := range r.parts() {
			part := c.Seen(child)
			if part == nil {
				continue
			}
			for _, copied := range part.Constraints {
				if copied.Inherited && copied.SameKey(*k) {
					along(Object{ConstraintKind, copied.Name, child})
				}
			}
		}
	}
}

// SameKey reports whether two foreign keys say the same.
func (k Constraint) SameKey(o Constraint) bool {
	return k.Type == ForeignKey && o.Type == ForeignKey && k.References == o.References && k.OnDelete == o.OnDelete &&
		k.OnUpdate == o.OnUpdate &&
		slices.Equal(k.Columns, o.Columns) && slices.Equal(k.RefColumns, o.RefColumns) &&
		k.Deferrable == o.Deferrable && k.Deferred == o.Deferred && k.MatchFull == o.MatchFull
}

func sorted(all []string) []string { return slices.Sorted(slices.Values(all)) }

func (c *closure) index(i *Relation, along, cascaded func(Object)) {
	for _, part := range i.Children {
		along(Object{Index, part, ""})
	}
	table, d := c.Indexed(i.Name)
	if d == nil {
		return
	}
	if d.Constraint != "" {
		along(Object{ConstraintKind, d.Constraint, table.Name})
		return
	}
	if d.Unique && d.Predicate == "" && !c.otherKey(table, d) {
		for _, f := range c.References(table.Name) {
			if slices.Equal(sorted(f.RefColumns), sorted(d.Columns)) {
				cascaded(Object{ConstraintKind, f.Name, f.Child})
			}
		}
	}
}

// otherKey reports whether another unique index can serve the same foreign keys:
// the server chose the oldest.
func (c *closure) otherKey(table *Relation, d *IndexDef) bool {
	return slices.ContainsFunc(table.Indexes, func(o IndexDef) bool {
		return o.Name != d.Name && o.Unique && o.Predicate == "" &&
			slices.Equal(sorted(o.Columns), sorted(d.Columns)) &&
			(o.Primary || o.Constraint != "")
	})
}

func (c *closure) namespace(schema string, cascaded func(Object)) {
	for name, r := range c.Relations.All() {
		if Schema(name) == schema && r.Kind != Index {
			cascaded(Object{r.Kind, name, ""})
		}
	}
	for name := range c.Types.All() {
		if Schema(name) == schema {
			cascaded(Object{TypeKind, name, ""})
		}
	}
	for name := range c.Functions.All() {
		if Schema(name) == schema {
			cascaded(Object{FunctionKind, name, ""})
		}
	}
}
