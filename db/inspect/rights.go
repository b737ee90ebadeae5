package inspect

// Role is who will run the units.
type Role struct {
	Name   string `json:"name"`
	Exists bool   `json:"exists"`
	// CanSet is true where the login role may SET ROLE to it.
	CanSet bool `json:"can_set"`
	// CreateSchema is the right CREATE on the database.
	CreateSchema bool `json:"create_schema"`
}

// RelationRights is what the role may do with a relation of the Scope.
type RelationRights struct {
	Relation string `json:"relation"`
	Exists   bool   `json:"exists"`
	Owner    string `json:"owner"`
	// Owned is true where the role has the owner's rights without SET ROLE: what
	// ALTER, DROP and CREATE INDEX ask for.
	Owned bool `json:"owned"`
	// FrozenAge of FreezeMaxAge: beyond it an autovacuum against wraparound
	// starts, which does not yield.
	FrozenAge    int64 `json:"frozen_age"`
	FreezeMaxAge int64 `json:"freeze_max_age"`
}

// SchemaRights is a schema of the Scope, or the one that unqualified new
// objects go to.
type SchemaRights struct {
	Name   string `json:"name"`
	Owner  string `json:"owner"`
	First  bool   `json:"first"` // unqualified new objects go here
	Usage  bool   `json:"usage"`
	Create bool   `json:"create"`
	// Owners of the relations that live there, the most frequent first.
	Owners []OwnerCount `json:"owners"`
}

// OwnerCount is how many relations of a schema a role owns.
type OwnerCount struct {
	Owner  string `json:"owner"`
	Number int    `json:"number"`
}

// StrangeOwner names the role that owns most of the schema where that is not
// the role that would own a new object there: its neighbours' grants and
// default privileges would miss it. "" = no difference, or nobody to compare with.
func (f Facts) StrangeOwner(schema string) string {
	for _, s := range f.Schemas {
		if s.Name == schema && len(s.Owners) > 0 && s.Owners[0].Owner != f.Role.Name {
			return s.Owners[0].Owner
		}
	}
	return ""
}

// Missing is a right that the role lacks.
type Missing struct {
	Object string `json:"object"` // "public.users", "schema app", "role deploy"
	Need   string `json:"need"`   // "ownership", "CREATE", "USAGE", "SET ROLE"
	// Grant is SQL for the DBA that gives it.
	Grant string `json:"grant"`
}

// Missing lists what the role lacks to change the relations of the Scope and to
// make new ones beside them.
func (f Facts) Missing() []Missing {
	var out []Missing
	if !f.Role.Exists {
		return []Missing{{"role " + f.Role.Name, "existence", "CREATE ROLE " + quote(f.Role.Name)}}
	}
	if !f.Role.CanSet {
		out = append(out, Missing{"role " + f.Role.Name, "SET ROLE", "GRANT " + quote(f.Role.Name) + " TO the login role"})
	}
	for _, r := range f.Relations {
		if r.Exists && !r.Owned {
			out = append(out, Missing{r.Relation, "ownership", "GRANT " + quote(r.Owner) + " TO " + quote(f.Role.Name)})
		}
	}
	for _, s := range f.Schemas {
		if !s.Usage {
			out = append(out, Missing{"schema " + s.Name, "USAGE", "GRANT USAGE ON SCHEMA " + quote(s.Name) + " TO " + quote(f.Role.Name)})
		}
		if !s.Create {
			out = append(out, Missing{"schema " + s.Name, "CREATE", "GRANT CREATE ON SCHEMA " + quote(s.Name) + " TO " + quote(f.Role.Name)})
		}
	}
	return out
}
