package catalog

import (
	"maps"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Rights are what a role may do, as far as a review asks for it.
type Rights struct {
	Role string
	// Super is true for a superuser, who may do everything.
	Super bool
	// Database is the right CREATE on the database: new schemas.
	Database bool
	// Owns are the roles whose rights it has without SET ROLE, itself among them.
	Owns map[string]bool
	// Uses, Creates and OwnsSchemas are schemas: with USAGE, with CREATE, and those
	// that are its own.
	Uses, Creates, OwnsSchemas map[string]bool
}

// forgetRights is a statement that changes who acts, or what roles may.
func forgetRights(e *evolution, _ *pg.Node) { e.Rights = nil }

// ownSchema notes that a new schema is the role's own.
func (e *evolution) ownSchema(name string) {
	if e.Rights == nil {
		return
	}
	more := *e.Rights
	for _, all := range []*map[string]bool{&more.Uses, &more.Creates, &more.OwnsSchemas} {
		if *all = maps.Clone(*all); *all == nil {
			*all = map[string]bool{}
		}
		(*all)[name] = true
	}
	e.Rights = &more
}
