package engine

import (
	"slices"

	"belay/db"
)

// Where is a database as a DSN names it. The zero value is none.
type Where struct {
	Database string
	// Endpoints are those that may answer: which of them did is known once it has.
	Endpoints []db.Endpoint
}

// WhereOf is where a Config leads to.
func WhereOf(c db.Config) Where { return Where{Database: c.Database(), Endpoints: c.Endpoints()} }

// Has reports whether a plan was made there.
func (w Where) Has(p Plan) bool {
	return p.Database == w.Database && slices.Contains(w.Endpoints, db.Endpoint{Host: p.Host, Port: p.Port})
}
