package watch

import (
	"context"

	"belay/db"
)

// dearest are the statements of a sample by what it costs the server to plan them.
var dearest = []string{"locks", "tables", "progress", "sessions", "transactions", "replicas", "slots"}

// preparing is how far a connection has the statements of a sample prepared: planning
// them costs the server more than all that they do. It goes on by one a sample, only
// where the server is near, since each is a round trip more, and only where no pooler
// stands between: that one may give each sample another backend, which knows nothing of
// them.
type preparing struct {
	near, never bool
	done        map[string]bool
}

// next prepares one statement more.
func (p *preparing) next(ctx context.Context, c *db.Conn) {
	if !p.near || p.never || len(p.done) == len(dearest) {
		return
	}
	name := dearest[len(p.done)]
	if _, err := c.Prepare(ctx, prepared(name), sql(name, c.ServerMajor())); err != nil {
		p.never = true
		return
	}
	if p.done == nil {
		p.done = map[string]bool{}
	}
	p.done[name] = true
}

// query is what is sent for a statement: its name where it is prepared.
func (p *preparing) query(name string, c *db.Conn) string {
	if p.done[name] {
		return prepared(name)
	}
	return sql(name, c.ServerMajor())
}

// learn takes in how a sample went. After one that failed nothing prepared is trusted:
// somebody may have thrown it away.
func (p *preparing) learn(err error, near bool) {
	if err != nil && len(p.done) > 0 {
		*p = preparing{never: true}
		return
	}
	p.near = err == nil && near
}

func prepared(name string) string { return "belay_" + name }
