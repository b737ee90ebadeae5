package refusal

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_CreateEnumStmt)(nil), func(c *check, n *pg.Node) Failure {
		return c.newType(n.GetCreateEnumStmt().TypeName)
	})
	_ = register((*pg.Node_CreateDomainStmt)(nil), func(c *check, n *pg.Node) Failure {
		s := n.GetCreateDomainStmt()
		return first(
			func() Failure { return c.newType(s.Domainname) },
			func() Failure { return c.domainBase(s.TypeName) },
		)
	})
	_ = register((*pg.Node_CompositeTypeStmt)(nil), createComposite)
	_ = register((*pg.Node_AlterEnumStmt)(nil), alterEnum)
	_ = register((*pg.Node_AlterDomainStmt)(nil), alterDomain)
	_ = register((*pg.Node_CreateFunctionStmt)(nil), createFunction)
	_ = register((*pg.Node_AlterFunctionStmt)(nil), func(c *check, n *pg.Node) Failure {
		return c.ownRoutine(n.GetAlterFunctionStmt().GetFunc())
	})
)

func (c *check) newType(parts []*pg.Node) Failure {
	name, f := c.newNameOf(parts)
	if f.found() {
		return f
	}
	return c.typeTaken(name)
}

func createComposite(c *check, n *pg.Node) Failure {
	s := n.GetCompositeTypeStmt()
	name, f := c.newName(s.Typevar)
	if f.found() {
		return f
	}
	if f := c.typeTaken(name); f.found() {
		return f
	}
	if f := c.taken(name); f.found() {
		return f
	}
	seen := map[string]bool{}
	return each(s.Coldeflist, func(n *pg.Node) Failure {
		d := n.GetColumnDef()
		if seen[d.GetColname()] {
			return fail("42701", "attribute %s is there twice", d.Colname)
		}
		seen[d.GetColname()] = true
		return c.columnTypeOf(d)
	})
}

func alterEnum(c *check, n *pg.Node) Failure {
	s := n.GetAlterEnumStmt()
	if f := c.typeName(&pg.TypeName{Names: s.TypeName}); f.found() {
		return f
	}
	t := c.cat.Types.Get(c.cat.NameOf(s.TypeName))
	switch {
	case t == nil || c.cat.Unsure:
		return none
	case len(t.Enum) == 0:
		if t.Domain || t.Composite {
			return fail("42809", "type %s is no enum", t.Name)
		}
		return none
	}
	if f := c.ownedType(t); f.found() {
		return f
	}
	has := func(label string) bool { return slices.Contains(t.Enum, label) }
	switch {
	case s.OldVal != "" && !has(s.OldVal):
		return fail("22023", "enum %s has no value %q", t.Name, s.OldVal)
	case s.OldVal != "" && has(s.NewVal), s.OldVal == "" && has(s.NewVal) && !s.SkipIfNewValExists:
		return fail("42710", "enum %s has the value %q already", t.Name, s.NewVal)
	case s.OldVal == "" && !has(s.NewVal) && s.NewValNeighbor != "" && !has(s.NewValNeighbor):
		return fail("22023", "enum %s has no value %q", t.Name, s.NewValNeighbor)
	}
	return none
}

func alterDomain(c *check, n *pg.Node) Failure {
	s := n.GetAlterDomainStmt()
	if f := c.typeName(&pg.TypeName{Names: s.TypeName}); f.found() {
		return f
	}
	t := c.cat.Types.Get(c.cat.NameOf(s.TypeName))
	switch {
	case t == nil || c.cat.Unsure:
		return none
	case !t.Domain:
		return fail("42809", "type %s is no domain", t.Name)
	}
	if f := c.ownedType(t); f.found() {
		return f
	}
	name := s.Name
	if s.Subtype == "C" {
		name = catalog.Truncate(s.Def.GetConstraint().GetConname())
	}
	has := slices.ContainsFunc(t.Constraints, func(k catalog.Constraint) bool { return k.Name == name })
	switch {
	case s.Subtype == "C" && has && name != "":
		return fail("42710", "constraint %s of %s exists already", name, t.Name)
	case (s.Subtype == "X" && !s.MissingOk || s.Subtype == "V") && !has && c.whole():
		return fail("42704", "constraint %s of %s does not exist", name, t.Name)
	case s.Subtype == "C" && !s.Def.GetConstraint().GetSkipValidation(), s.Subtype == "O", s.Subtype == "V":
		return c.heldWithin(t)
	}
	return none
}

// heldWithin: the values of a domain are only checked where they are the columns
// themselves, not where they are in arrays or rows.
func (c *check) heldWithin(t *catalog.Type) Failure {
	return each(c.cat.Domains(t.Name), func(domain string) Failure {
		return each(c.cat.Users(domain), func(user string) Failure {
			i := strings.LastIndex(user, ".")
			col := c.cat.Relations.Get(user[:i]).Column(user[i+1:])
			if col != nil && strings.HasSuffix(col.Type, "[]") {
				return fail("0A000", "column %s is an array of it: what is in it cannot be checked", user)
			}
			return none
		})
	})
}

func createFunction(c *check, n *pg.Node) Failure {
	s := n.GetCreateFunctionStmt()
	name, f := c.newNameOf(s.Funcname)
	if f.found() {
		return f
	}
	if f := each(s.Parameters,
		func(p *pg.Node) Failure { return c.typeName(p.GetFunctionParameter().GetArgType()) }); f.found() {
		return f
	}
	return c.functionTaken(s, name)
}

// domainBase is the type that a domain is made over.
func (c *check) domainBase(t *pg.TypeName) Failure {
	if _, serial := catalog.SerialBase(t); serial {
		return fail("42704", "serial is no type, only a way to make a column")
	}
	if f := c.columnType("", t); f.Code == "42P16" {
		return fail("42804", "a domain cannot be made over a pseudo-type")
	} else if f.found() {
		return f
	}
	return none
}
