package parse

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// fix changes one node of the rewritten text's tree into what PostgreSQL 18
// would have built. It says whether this was its node; then it is done.
type fix func(proto.Message) bool

// restore maps all locations of the tree back to the statement, applies the
// fixes, and says of each feature which node it belongs to.
func (s *shim) restore(node *pg.Node) {
	messages := messagesOf(node.ProtoReflect(), nil)
	for _, m := range messages {
		s.relocate(m.ProtoReflect())
	}
	for _, f := range s.fixes {
		for _, m := range messages {
			if f(m) {
				break
			}
		}
	}
	s.assignFeatures(constraintsOf(messages))
}

// messagesOf lists m and all messages in it, in the tree's order.
func messagesOf(m protoreflect.Message, all []proto.Message) []proto.Message {
	all = append(all, m.Interface())
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Kind() != protoreflect.MessageKind || !m.Has(f) {
			continue
		}
		if !f.IsList() {
			all = messagesOf(m.Get(f).Message(), all)
			continue
		}
		list := m.Get(f).List()
		for j := range list.Len() {
			all = messagesOf(list.Get(j).Message(), all)
		}
	}
	return all
}

func (s *shim) relocate(m protoreflect.Message) {
	for _, field := range locationFields(m.Descriptor()) {
		if at := m.Get(field).Int(); at > 0 {
			m.Set(field, protoreflect.ValueOfInt32(int32(s.original(int(at)))))
		}
	}
}

// locationFields are the fields that hold a byte offset: location, and those
// that end in it, such as arg_location.
func locationFields(d protoreflect.MessageDescriptor) []protoreflect.FieldDescriptor {
	var list []protoreflect.FieldDescriptor
	fields := d.Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Kind() == protoreflect.Int32Kind && strings.HasSuffix(string(f.Name()), "location") {
			list = append(list, f)
		}
	}
	return list
}

// constraintsOf lists the constraints, without the attributes that the raw
// tree of a column also holds as constraints.
func constraintsOf(messages []proto.Message) []*pg.Constraint {
	var list []*pg.Constraint
	for _, m := range messages {
		c, ok := m.(*pg.Constraint)
		if ok && c.Contype < pg.ConstrType_CONSTR_ATTR_DEFERRABLE {
			list = append(list, c)
		}
	}
	return list
}

// assignFeatures gives each feature of a constraint the location of its node:
// the last that begins at or before it.
func (s *shim) assignFeatures(constraints []*pg.Constraint) {
	for i := range s.features {
		f := &s.features[i]
		if f.Name == VacuumOnly || f.Name == ReturningWith {
			continue
		}
		var owner *pg.Constraint
		for _, c := range constraints {
			if int(c.Location) <= f.Offset && (owner == nil || c.Location > owner.Location) {
				owner = c
			}
		}
		if owner == nil {
			continue
		}
		f.Node = int(owner.Location)
		if f.Name == NoInherit && owner.Contype == pg.ConstrType_CONSTR_NOTNULL {
			owner.IsNoInherit = true
		}
	}
}

// turnNotNull makes a NOT NULL constraint of the CHECK that stands for it.
func turnNotNull(location int) fix {
	return func(m proto.Message) bool {
		c, ok := m.(*pg.Constraint)
		if !ok || int(c.Location) != location {
			return false
		}
		column := c.RawExpr.GetNullTest().GetArg().GetColumnRef().GetFields()
		c.Contype, c.Keys, c.RawExpr = pg.ConstrType_CONSTR_NOTNULL, column, nil
		return true
	}
}

// placeAlterConstraint gives the constraint of ALTER CONSTRAINT a location,
// which the grammar leaves out. They come in the order of the text.
func placeAlterConstraint(location int) fix {
	return func(m proto.Message) bool {
		cmd, ok := m.(*pg.AlterTableCmd)
		if !ok || cmd.Subtype != pg.AlterTableType_AT_AlterConstraint || cmd.Def.GetConstraint().GetLocation() > 0 {
			return false
		}
		cmd.Def.GetConstraint().Location = int32(location)
		return true
	}
}

func setOnly(location int) fix {
	return func(m proto.Message) bool {
		rv, ok := m.(*pg.RangeVar)
		if !ok || int(rv.Location) != location {
			return false
		}
		rv.Inh = false
		return true
	}
}

func setLargeObject(m proto.Message) bool {
	grant, ok := m.(*pg.GrantStmt)
	if ok {
		grant.Objtype = pg.ObjectType_OBJECT_LARGEOBJECT
	}
	return ok
}
