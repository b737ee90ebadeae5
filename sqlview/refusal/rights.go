package refusal

import (
	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// limited are the rights of a role that may not do everything; nil = not known.
func (c *check) limited() *catalog.Rights {
	if r := c.cat.Rights; r != nil && !r.Super && c.cat.Source == catalog.SourceLive && !c.cat.Unsure {
		return r
	}
	return nil
}

// owned is the failure of who is not the owner of what the statement changes.
func (c *check) owned(r *catalog.Relation) Failure {
	who := c.limited()
	if who == nil || r == nil || r.CreatedHere {
		return none
	}
	owner := r
	if r.Kind == catalog.Index {
		owner = c.cat.Relations.Get(r.FromTable)
	}
	if owner == nil || owner.Owner == "" || owner.CreatedHere || who.Owns[owner.Owner] {
		return none
	}
	return notOwned(r.Name, owner.Owner, who)
}

func notOwned(name, owner string, who *catalog.Rights) Failure {
	return fail("42501", "%s belongs to %s, and %s is not a member of it", name, owner, who.Role)
}

// ownedBelow is owned for what a subcommand of ALTER TABLE reaches below its table;
// nil = all of it.
func (c *check) ownedBelow(t target, reached func(*catalog.Relation) bool) Failure {
	if t.only || c.limited() == nil {
		return none
	}
	return each(c.cat.Descendants(t.rel.Name), func(name string) Failure {
		kid := c.cat.Relations.Get(name)
		if kid == nil || reached != nil && !reached(kid) {
			return none
		}
		return c.owned(kid)
	})
}

// ownedType is owned for a type.
func (c *check) ownedType(t *catalog.Type) Failure {
	who := c.limited()
	if who == nil || t == nil || t.CreatedHere || t.Owner == "" || who.Owns[t.Owner] {
		return none
	}
	return notOwned("type "+t.Name, t.Owner, who)
}

// ownedRoutine is owned for a function that is there.
func (c *check) ownedRoutine(o *pg.ObjectWithArgs) Failure {
	who, f := c.limited(), c.own(catalog.Strings(o.GetObjname()))
	if who == nil || f == nil || f.CreatedHere || f.Owner == "" || who.Owns[f.Owner] {
		return none
	}
	return notOwned("function "+f.Name, f.Owner, who)
}

// unlessSchemaOwner lets pass what the owner of an object's schema may do too.
func (c *check) unlessSchemaOwner(name string, f Failure) Failure {
	who := c.limited()
	return unless(who != nil && who.OwnsSchemas[catalog.Schema(name)], f)
}

// maintained is owned for REFRESH, CLUSTER and REINDEX; since 17 the right MAINTAIN
// does as well, which the snapshot does not have.
func (c *check) maintained(r *catalog.Relation) Failure {
	return unless(c.version >= 17, c.owned(r))
}

// mayDrop is owned for DROP, which the owner of the schema may do too.
func (c *check) mayDrop(r *catalog.Relation) Failure {
	if who := c.limited(); who != nil && who.OwnsSchemas[catalog.Schema(r.Name)] {
		return none
	}
	return c.owned(r)
}

// mayCreate is the failure of who may make nothing in a schema.
func (c *check) mayCreate(schema string) Failure {
	who := c.limited()
	if who == nil || system(schema) || !c.cat.Schemas[schema] || who.Creates[schema] {
		return none
	}
	return fail("42501", "%s lacks CREATE on schema %s", who.Role, schema)
}

// mayUse is the failure of who may not look into a schema that the statement names.
func (c *check) mayUse(schema string) Failure {
	who := c.limited()
	if who == nil || schema == "" || system(schema) || !c.cat.Schemas[schema] || who.Uses[schema] {
		return none
	}
	return fail("42501", "%s lacks USAGE on schema %s", who.Role, schema)
}
