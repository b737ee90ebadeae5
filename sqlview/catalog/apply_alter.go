package catalog

import (
	"slices"
	"strings"

	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func alterTable(e *evolution, n *pg.Node) {
	s := n.GetAlterTableStmt()
	name := e.Name(s.Relation)
	switch s.Objtype {
	case pg.ObjectType_OBJECT_TYPE:
		e.alterComposite(name, s)
		return
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_INDEX, pg.ObjectType_OBJECT_MATVIEW,
		pg.ObjectType_OBJECT_FOREIGN_TABLE, pg.ObjectType_OBJECT_VIEW:
	default:
		return
	}
	if s.MissingOk && e.Known() && e.Relations.Get(name) == nil {
		return
	}
	e.only = !s.Relation.GetInh()
	for _, c := range s.Cmds {
		cmd := c.GetAlterTableCmd()
		if f := alterations[cmd.GetSubtype()]; f != nil {
			f(e, e.edit(name), cmd)
		}
	}
}

// alterations says what a subcommand of ALTER TABLE changes in the catalog.
var alterations = map[pg.AlterTableType]func(*evolution, *Relation, *pg.AlterTableCmd){
	pg.AlterTableType_AT_AddColumn: alterAddColumn,
	pg.AlterTableType_AT_DropColumn: func(e *evolution, r *Relation, c *pg.AlterTableCmd) {
		e.dropColumn(r, c.Name)
	},
	pg.AlterTableType_AT_ColumnDefault:   alterDefault,
	pg.AlterTableType_AT_SetNotNull:      alterNotNull(true),
	pg.AlterTableType_AT_DropNotNull:     alterNotNull(false),
	pg.AlterTableType_AT_AlterColumnType: alterType,
	pg.AlterTableType_AT_SetExpression:   alterDefault,
	pg.AlterTableType_AT_DropExpression: func(_ *evolution, r *Relation, c *pg.AlterTableCmd) {
		editColumn(r, c.Name, dropExpression)
	},
	pg.AlterTableType_AT_AddIdentity:  alterAddIdentity,
	pg.AlterTableType_AT_DropIdentity: alterDropIdentity,
	pg.AlterTableType_AT_AddConstraint: func(e *evolution, r *Relation, c *pg.AlterTableCmd) {
		e.addConstraint(r, c.Def.GetConstraint())
	},
	pg.AlterTableType_AT_DropConstraint: func(e *evolution, r *Relation, c *pg.AlterTableCmd) {
		e.dropConstraint(r, c.Name)
	},
	pg.AlterTableType_AT_ValidateConstraint: alterValidate,
	pg.AlterTableType_AT_AlterConstraint:    alterConstraint,
	pg.AlterTableType_AT_AttachPartition:    alterAttach,
	pg.AlterTableType_AT_DetachPartition:    alterDetach,
	pg.AlterTableType_AT_AddInherit: func(e *evolution, r *Relation, c *pg.AlterTableCmd) {
		e.inherit(r, e.Name(c.Def.GetRangeVar()))
	},
	pg.AlterTableType_AT_AddOf: func(e *evolution, r *Relation, c *pg.AlterTableCmd) {
		r.OfType = e.NameOf(c.Def.GetTypeName().GetNames())
	},
	pg.AlterTableType_AT_DropOf: func(_ *evolution, r *Relation, _ *pg.AlterTableCmd) { r.OfType = "" },
	pg.AlterTableType_AT_DropInherit: func(e *evolution, r *Relation, c *pg.AlterTableCmd) {
		e.disinherit(e.Name(c.Def.GetRangeVar()), r.Name)
	},
	pg.AlterTableType_AT_SetTableSpace: func(_ *evolution, r *Relation, c *pg.AlterTableCmd) {
		r.Storage.Tablespace = c.Name
	},
	pg.AlterTableType_AT_SetAccessMethod: func(_ *evolution, r *Relation, c *pg.AlterTableCmd) {
		r.Storage.AccessMethod = c.Name
	},
	pg.AlterTableType_AT_SetLogged:   alterPersistence(false),
	pg.AlterTableType_AT_SetUnLogged: alterPersistence(true),
	pg.AlterTableType_AT_EnableRowSecurity: func(_ *evolution, r *Relation, _ *pg.AlterTableCmd) {
		r.RowSecurity, r.Visibility = true, nil
	},
	pg.AlterTableType_AT_DisableRowSecurity: func(_ *evolution, r *Relation, _ *pg.AlterTableCmd) {
		r.RowSecurity, r.Visibility = false, nil
	},
	pg.AlterTableType_AT_ForceRowSecurity: func(_ *evolution, r *Relation, _ *pg.AlterTableCmd) {
		r.Visibility = nil
	},
	pg.AlterTableType_AT_NoForceRowSecurity: func(_ *evolution, r *Relation, _ *pg.AlterTableCmd) {
		r.Visibility = nil
	},
	pg.AlterTableType_AT_ReplicaIdentity: alterReplicaIdentity,
	pg.AlterTableType_AT_ClusterOn: func(_ *evolution, r *Relation, c *pg.AlterTableCmd) {
		r.ClusteredOn = Schema(r.Name) + "." + c.Name
	},
	pg.AlterTableType_AT_DropCluster: func(_ *evolution, r *Relation, _ *pg.AlterTableCmd) { r.ClusteredOn = "" },
	pg.AlterTableType_AT_ChangeOwner: func(_ *evolution, r *Relation, c *pg.AlterTableCmd) {
		r.Owner = c.Newowner.GetRolename()
	},
	pg.AlterTableType_AT_DisableTrig:     alterTrigger(false),
	pg.AlterTableType_AT_EnableTrig:      alterTrigger(true),
	pg.AlterTableType_AT_DisableTrigAll:  alterTrigger(false),
	pg.AlterTableType_AT_EnableTrigAll:   alterTrigger(true),
	pg.AlterTableType_AT_DisableTrigUser: alterTrigger(false),
	pg.AlterTableType_AT_EnableTrigUser:  alterTrigger(true),
}

// alterPersistence: since 15 the sequences of a table follow it.
func alterPersistence(unlogged bool) func(*evolution, *Relation, *pg.AlterTableCmd) {
	return func(e *evolution, r *Relation, _ *pg.AlterTableCmd) {
		r.Unlogged = unlogged
		if e.version != 0 && e.version < 15 {
			return
		}
		for _, s := range e.SequencesOf(r.Name, "") {
			e.edit(s).Unlogged = unlogged
		}
	}
}

func editColumn(r *Relation, name string, change func(*Column)) {
	r.Columns = slices.Clone(r.Columns)
	if c := r.Column(name); c != nil {
		change(c)
	}
}

func dropExpression(c *Column) { c.Generated, c.Default = "", "" }

func alterAddColumn(e *evolution, r *Relation, c *pg.AlterTableCmd) {
	d := c.Def.GetColumnDef()
	if c.MissingOk && r.Column(Truncate(d.GetColname())) != nil {
		for i := range d.GetConstraints() {
			if ConstrainsAgain(e.version) {
				e.addColumnConstraint(r, Truncate(d.GetColname()), d.GetConstraints(), i)
			}
		}
		return
	}
	e.addColumn(r, d)
	added := r.Column(Truncate(d.GetColname()))
	if added == nil {
		return
	}
	passed := *added
	passed.Local, passed.Inherited = false, 1
	e.passColumn(r, passed)
}

// passColumn gives the children of a table its new column.
func (e *evolution) passColumn(r *Relation, c Column) {
	for _, child := range r.Children {
		kid := e.editKnown(child)
		switch {
		case kid == nil:
		case kid.Column(c.Name) != nil:
			editColumn(kid, c.Name, func(o *Column) { o.Inherited++ })
		default:
			kid.Columns = with(kid.Columns, c)
			e.passColumn(kid, c)
		}
	}
}

// tree is the table of an ALTER TABLE with what it reaches.
func (e *evolution) tree(r *Relation) []string {
	if e.only {
		return []string{r.Name}
	}
	return append([]string{r.Name}, e.Descendants(r.Name)...)
}

func alterDefault(e *evolution, r *Relation, c *pg.AlterTableCmd) {
	for _, name := range e.tree(r) {
		editColumn(e.edit(name), c.Name, func(col *Column) { col.Default = Expression(c.Def) })
	}
}

func alterNotNull(on bool) func(*evolution, *Relation, *pg.AlterTableCmd) {
	return func(e *evolution, r *Relation, c *pg.AlterTableCmd) {
		for _, name := range e.tree(r) {
			kid := e.edit(name)
			setNotNull(kid, c.Name, on)
			kid.Constraints = without(kid.Constraints, func(k Constraint) bool {
				return !on && k.Type == NotNull && slices.Contains(k.Columns, c.Name)
			})
		}
	}
}

func alterType(e *evolution, r *Relation, c *pg.AlterTableCmd) {
	d := c.Def.GetColumnDef()
	for _, name := range e.tree(r) {
		editColumn(e.edit(name), c.Name, func(col *Column) {
			col.Type = e.ColumnType(d.GetTypeName())
			if d.GetCollClause() != nil {
				col.Collation = strings.Join(Strings(d.CollClause.Collname), ".")
			}
		})
	}
}

func alterAddIdentity(e *evolution, r *Relation, c *pg.AlterTableCmd) {
	e.ownedSequence(r, c.Name)
	editColumn(r, c.Name, func(col *Column) { col.Identity = true })
}

func alterDropIdentity(e *evolution, r *Relation, c *pg.AlterTableCmd) {
	editColumn(r, c.Name, func(col *Column) { col.Identity = false })
	for _, s := range e.SequencesOf(r.Name, c.Name) {
		e.Relations.Delete(s)
	}
}

// SequencesOf lists the sequences that a table owns; with a column, only those
// that are named after it or that its default calls.
func (s *Snapshot) SequencesOf(table, column string) []string {
	var all []string
	r := s.Seen(table)
	if r == nil {
		return nil
	}
	for _, c := range r.Columns {
		if column != "" && c.Name != column {
			continue
		}
		guess := Schema(table) + "." + ObjectName(Base(table), c.Name, "seq")
		for _, name := range []string{sequenceIn(c.Default, Schema(table)), guess} {
			q := s.Relations.Get(name)
			if q != nil && q.Kind == Sequence && q.FromTable == table && !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// sequenceIn reads the sequence's name out of a default that calls nextval.
func sequenceIn(expression, schema string) string {
	_, rest, ok := strings.Cut(expression, "nextval('")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "'")
	name = strings.ReplaceAll(name, `"`, "")
	if !strings.Contains(name, ".") {
		name = schema + "." + name
	}
	return name
}

func alterValidate(e *evolution, r *Relation, c *pg.AlterTableCmd) {
	for _, name := range e.tree(r) {
		kid := e.edit(name)
		kid.Constraints = mapped(kid.Constraints, func(k Constraint) Constraint {
			if k.Name == c.Name {
				k.Valid = true
			}
			return k
		})
		if k := kid.Constraint(c.Name); k != nil && k.Type == NotNull {
			setNotNull(kid, k.Columns[0], true)
		}
	}
}

func alterConstraint(e *evolution, r *Relation, c *pg.AlterTableCmd) {
	k := c.Def.GetConstraint()
	r.Constraints = mapped(r.Constraints, func(o Constraint) Constraint {
		if o.Name == k.GetConname() {
			o.Deferrable, o.Deferred = k.Deferrable, k.Initdeferred
			for _, f := range e.st.Features {
				o.Enforced = o.Enforced && f.Name != parse.NotEnforced || f.Name == parse.Enforced
				o.Valid = o.Enforced
			}
		}
		return o
	})
}

func alterReplicaIdentity(_ *evolution, r *Relation, c *pg.AlterTableCmd) {
	r.ReplicaIdentity = c.Def.GetReplicaIdentityStmt().GetIdentityType()
}

func alterTrigger(on bool) func(*evolution, *Relation, *pg.AlterTableCmd) {
	return func(e *evolution, r *Relation, c *pg.AlterTableCmd) {
		for _, name := range append([]string{r.Name}, e.partsOf(r)...) {
			kid := e.edit(name)
			kid.Triggers = mapped(kid.Triggers, func(t Trigger) Trigger {
				if c.Name == "" || t.Name == c.Name {
					t.Enabled = on
				}
				return t
			})
		}
	}
}
