package proof

import (
	"cmp"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func joined(columns []string) string { return "(" + strings.Join(columns, ", ") + ")" }

func readAlterTable(b *book, st parse.Statement) {
	s := st.Node.GetAlterTableStmt()
	name := b.name(s.Relation)
	if s.MissingOk && !b.known(name) {
		b.skip() // nothing was done, and nothing is there to be asked for
		return
	}
	read := alterations
	switch s.Objtype {
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_FOREIGN_TABLE:
	case pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW, pg.ObjectType_OBJECT_SEQUENCE:
		read = ofOthers
	default:
		b.skip()
		return
	}
	for _, c := range s.Cmds {
		cmd := c.GetAlterTableCmd()
		if f := read[cmd.GetSubtype()]; f != nil {
			f(b, name, cmd)
		} else {
			b.skip()
		}
	}
}

// ofOthers are those of what is no table.
var ofOthers = map[pg.AlterTableType]func(*book, string, *pg.AlterTableCmd){pg.AlterTableType_AT_ChangeOwner: owner}

// alterations say what a subcommand of ALTER TABLE claims; one that is not here is not
// asked for.
var alterations = map[pg.AlterTableType]func(*book, string, *pg.AlterTableCmd){
	pg.AlterTableType_AT_AddColumn: func(b *book, on string, c *pg.AlterTableCmd) {
		from := len(b.claims)
		b.column(on, c.Def.GetColumnDef())
		if c.MissingOk {
			for _, c := range b.claims[from:] {
				c.doubt = true
			}
		}
	},
	pg.AlterTableType_AT_DropColumn: func(b *book, on string, c *pg.AlterTableCmd) {
		name := catalog.Truncate(c.Name)
		b.droppedColumn(on, name)
		b.of(on, "column "+name, nil, func(r *catalog.Relation) string {
			return said(r.Column(name) == nil, "column "+r.Name+"."+name+" is still there")
		})
	},
	pg.AlterTableType_AT_AlterColumnType: func(b *book, on string, c *pg.AlterTableCmd) {
		b.columnType(on, catalog.Truncate(c.Name), catalog.TypeText(c.Def.GetColumnDef().GetTypeName()))
	},
	pg.AlterTableType_AT_ColumnDefault: func(b *book, on string, c *pg.AlterTableCmd) {
		b.columnDefault(on, catalog.Truncate(c.Name), c.Def)
	},
	pg.AlterTableType_AT_SetNotNull: func(b *book, on string, c *pg.AlterTableCmd) {
		b.notNull(on, catalog.Truncate(c.Name), true)
	},
	pg.AlterTableType_AT_DropNotNull: func(b *book, on string, c *pg.AlterTableCmd) {
		b.notNull(on, catalog.Truncate(c.Name), false)
	},
	pg.AlterTableType_AT_AddIdentity:  identity(true),
	pg.AlterTableType_AT_DropIdentity: identity(false),
	pg.AlterTableType_AT_AddConstraint: func(b *book, on string, c *pg.AlterTableCmd) {
		b.constraint(on, c.Def.GetConstraint())
	},
	pg.AlterTableType_AT_ValidateConstraint: func(b *book, on string, c *pg.AlterTableCmd) {
		name := catalog.Truncate(c.Name)
		b.of(on, "constraint "+name+" validated", nil, func(r *catalog.Relation) string {
			k := r.Constraint(name)
			if k == nil {
				return "constraint " + name + " of " + r.Name + " is not there"
			}
			return said(k.Valid, "constraint "+name+" of "+r.Name+" is NOT VALID")
		})
	},
	pg.AlterTableType_AT_DropConstraint: func(b *book, on string, c *pg.AlterTableCmd) {
		name := catalog.Truncate(c.Name)
		b.forget(on, func(c *claim) bool { return strings.HasPrefix(c.part, "constraint "+name) })
		b.of(on, "constraint "+name, nil, func(r *catalog.Relation) string {
			return said(r.Constraint(name) == nil, "constraint "+name+" of "+r.Name+" is still there")
		})
	},
	pg.AlterTableType_AT_EnableTrig:         trigger(true),
	pg.AlterTableType_AT_EnableAlwaysTrig:   trigger(true),
	pg.AlterTableType_AT_DisableTrig:        trigger(false),
	pg.AlterTableType_AT_ChangeOwner:        owner,
	pg.AlterTableType_AT_EnableRowSecurity:  rowSecurity(true),
	pg.AlterTableType_AT_DisableRowSecurity: rowSecurity(false),
	pg.AlterTableType_AT_AttachPartition:    partition(true),
	pg.AlterTableType_AT_DetachPartition:    partition(false),
}

func said(holds bool, otherwise string) string {
	if holds {
		return ""
	}
	return otherwise
}

func owner(b *book, on string, cmd *pg.AlterTableCmd) {
	to := b.named(cmd.Newowner)
	b.of(on, "owner", nil, func(r *catalog.Relation) string {
		return said(to == "" || r.Owner == "" || r.Owner == to, r.Name+" belongs to "+r.Owner+", not to "+to)
	})
}

func trigger(enabled bool) func(*book, string, *pg.AlterTableCmd) {
	return func(b *book, on string, cmd *pg.AlterTableCmd) {
		name := catalog.Truncate(cmd.Name)
		b.of(on, "trigger "+name+" enabled", nil, func(r *catalog.Relation) string {
			for _, t := range r.Triggers {
				if t.Name == name && t.Enabled != enabled {
					word := map[bool]string{true: "enabled", false: "disabled"}[t.Enabled]
					return "trigger " + name + " of " + r.Name + " is " + word
				}
				if t.Name == name {
					return ""
				}
			}
			return "trigger " + name + " of " + r.Name + " is not there"
		})
	}
}

func rowSecurity(on bool) func(*book, string, *pg.AlterTableCmd) {
	return func(b *book, name string, _ *pg.AlterTableCmd) {
		b.of(name, "row security", nil, func(r *catalog.Relation) string {
			word := map[bool]string{true: "on", false: "off"}[r.RowSecurity]
			return said(r.RowSecurity == on, "row security of "+r.Name+" is "+word)
		})
	}
}

func identity(on bool) func(*book, string, *pg.AlterTableCmd) {
	return func(b *book, name string, cmd *pg.AlterTableCmd) {
		column := catalog.Truncate(cmd.Name)
		b.of(name, "column "+column+" identity", []string{column}, func(r *catalog.Relation) string {
			c := r.Column(column)
			switch {
			case c == nil:
				return "column " + r.Name + "." + column + " is not there"
			case c.Identity != on && on:
				return "column " + r.Name + "." + column + " is no identity column"
			case c.Identity != on:
				return "column " + r.Name + "." + column + " is still an identity column"
			}
			return ""
		})
	}
}

func partition(attached bool) func(*book, string, *pg.AlterTableCmd) {
	return func(b *book, parent string, c *pg.AlterTableCmd) {
		name := b.name(c.Def.GetPartitionCmd().GetName())
		b.of(name, "partition of "+parent, nil, func(r *catalog.Relation) string {
			switch is := slices.Contains(r.Parents, parent); {
			case is == attached:
				return ""
			case is:
				return r.Name + " is still a partition of " + parent
			}
			return r.Name + " is no partition of " + parent
		})
	}
}

// column claims a column as its definition has it.
func (b *book) column(on string, d *pg.ColumnDef) {
	name := catalog.Truncate(d.GetColname())
	b.droppedColumn(on, name)
	b.of(on, "column "+name, []string{name}, func(r *catalog.Relation) string {
		return said(r.Column(name) != nil, "column "+r.Name+"."+name+" is not there")
	})
	if d.TypeName != nil {
		b.columnType(on, name, catalog.TypeText(d.TypeName))
	}
	for _, n := range d.Constraints {
		switch k := n.GetConstraint(); k.GetContype() {
		case pg.ConstrType_CONSTR_NOTNULL:
			b.notNull(on, name, true)
		case pg.ConstrType_CONSTR_DEFAULT:
			b.columnDefault(on, name, k.RawExpr)
		case pg.ConstrType_CONSTR_PRIMARY, pg.ConstrType_CONSTR_UNIQUE, pg.ConstrType_CONSTR_FOREIGN,
			pg.ConstrType_CONSTR_CHECK:
			b.constraintOf(on, k, []string{name})
		}
	}
}

// attribute claims something of a column; where the column is not there, that is said once
// by the claim of the column itself.
func (b *book) attribute(on, column, part string, check func(*catalog.Relation, *catalog.Column) string) {
	b.of(on, "column "+column+" "+part, []string{column}, func(r *catalog.Relation) string {
		c := r.Column(column)
		if c == nil {
			return moot
		}
		return check(r, c)
	})
	if !slices.ContainsFunc(b.on[on], func(c *claim) bool { return c.part == "column "+column }) {
		b.of(on, "column "+column, []string{column}, func(r *catalog.Relation) string {
			return said(r.Column(column) != nil, "column "+r.Name+"."+column+" is not there")
		})
	}
}

func (b *book) columnType(on, column, typ string) {
	b.attribute(on, column, "type", func(r *catalog.Relation, c *catalog.Column) string {
		return said(sameType(c.Type, typ), "column "+r.Name+"."+column+" is of type "+c.Type+", not "+typ)
	})
}

// columnDefault claims a default; nil = that there is none.
func (b *book) columnDefault(on, column string, to *pg.Node) {
	has := to != nil
	b.attribute(on, column, "default", func(r *catalog.Relation, c *catalog.Column) string {
		switch {
		case has && c.Default == "" && !c.Identity && !to.GetAConst().GetIsnull():
			return "column " + r.Name + "." + column + " has no default"
		case !has && c.Default != "" && c.Generated == "":
			return "column " + r.Name + "." + column + " still has a default"
		case has && to.GetAConst().GetIsnull():
			return "" // no default, or a domain's taken away
		case has && !sameDefault(c, to):
			return "column " + r.Name + "." + column + " has the default " + c.Default
		}
		return ""
	})
}

func (b *book) notNull(on, column string, set bool) {
	b.attribute(on, column, "not null", func(r *catalog.Relation, c *catalog.Column) string {
		switch {
		case set && !c.NotNull:
			return "column " + r.Name + "." + column + " is not NOT NULL"
		case !set && c.NotNull:
			return "column " + r.Name + "." + column + " is still NOT NULL"
		}
		return ""
	})
}

func (b *book) constraint(on string, k *pg.Constraint) {
	columns := catalog.Strings(k.GetKeys())
	if len(k.GetFkAttrs()) > 0 {
		columns = catalog.Strings(k.FkAttrs)
	}
	if k.GetContype() == pg.ConstrType_CONSTR_NOTNULL && len(columns) == 1 {
		if k.SkipValidation {
			b.skip() // since 18; the column is NOT NULL only once it is validated
			return
		}
		b.notNull(on, columns[0], true)
		return
	}
	b.constraintOf(on, k, columns)
}

var constraintTypes = map[pg.ConstrType]catalog.ConstraintType{
	pg.ConstrType_CONSTR_CHECK: catalog.Check, pg.ConstrType_CONSTR_FOREIGN: catalog.ForeignKey,
	pg.ConstrType_CONSTR_PRIMARY: catalog.PrimaryKey, pg.ConstrType_CONSTR_UNIQUE: catalog.Unique,
	pg.ConstrType_CONSTR_EXCLUSION: catalog.Exclude,
}

// constraintOf claims a constraint by its name, or by type and columns where the server
// chose one. USING INDEX names no columns.
func (b *book) constraintOf(on string, k *pg.Constraint, columns []string) {
	typ, known := constraintTypes[k.GetContype()]
	if !known {
		b.skip()
		return
	}
	name, valid := catalog.Truncate(k.Conname), !k.SkipValidation
	if k.Indexname != "" {
		// The index takes the name of the constraint, and is part of it.
		index := catalog.Truncate(k.Indexname)
		b.forget(on, func(c *claim) bool { return c.part == indexPart+catalog.Schema(on)+"."+index })
		name = cmp.Or(name, index)
	}
	part := "constraint " + name
	if name == "" {
		part = "constraint " + string(typ) + " " + joined(columns)
	}
	if typ == catalog.Check {
		columns = catalog.Columns(k.RawExpr)
	}
	b.of(on, part, columns, func(r *catalog.Relation) string {
		for i := range r.Constraints {
			c := &r.Constraints[i]
			if c.Type != typ || name != "" && c.Name != name ||
				name == "" && typ != catalog.Check && !slices.Equal(c.Columns, columns) {
				continue
			}
			if valid && !c.Valid && c.Enforced {
				return "constraint " + c.Name + " of " + r.Name + " is NOT VALID"
			}
			return ""
		}
		if name == "" {
			return "no " + string(typ) + " of " + r.Name + " is over " + joined(columns)
		}
		return string(typ) + " " + name + " of " + r.Name + " is not there"
	})
}
