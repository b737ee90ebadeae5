package rehearsal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/db/apply"
	"belay/sqlview/effect"
	"belay/sqlview/lock"
)

// known are the relations before a unit, by oid: what a unit makes itself is
// nobody's to wait for.
type known map[uint32]relation

type relation struct {
	name string
	kind string
	node uint32
}

// Both are asked inside a unit, under whatever search_path that has.
const knownSQL = `select c.oid, pg_catalog.concat(n.nspname, '.', c.relname), c.relkind::pg_catalog.text, c.relfilenode
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
where n.nspname operator(pg_catalog.<>) all ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[])
  and n.nspname operator(pg_catalog.!~) '^pg_(toast_)?temp'`

func readKnown(ctx context.Context, c *pgx.Conn) (known, error) {
	rows, err := c.Query(ctx, knownSQL)
	if err != nil {
		return nil, err
	}
	k := known{}
	var oid uint32
	var r relation
	_, err = pgx.ForEachRow(rows, []any{&oid, &r.name, &r.kind, &r.node}, func() error {
		k[oid] = r
		return nil
	})
	return k, err
}

const heldSQL = `select l.relation, l.mode from pg_catalog.pg_locks l
where l.pid operator(pg_catalog.=) pg_catalog.pg_backend_pid() and l.locktype operator(pg_catalog.=) 'relation' and l.granted
  and l.database operator(pg_catalog.=) (select d.oid from pg_catalog.pg_database d where d.datname operator(pg_catalog.=) pg_catalog.current_database())`

// observer looks at the session of a unit after each of its statements, from
// inside its transaction: only there can its locks and its new files be seen.
type observer struct {
	conn   *pgx.Conn
	u      apply.Unit
	before known
	// predicted and seen are the strongest modes so far, by relation.
	predicted, seen map[string]lock.Mode
	reported        map[string]bool
	out             []Statement
	err             error
}

func newObserver(ctx context.Context, c *pgx.Conn, u apply.Unit) (*observer, error) {
	before, err := readKnown(ctx, c)
	return &observer{
		conn: c, u: u, before: before, predicted: map[string]lock.Mode{}, seen: map[string]lock.Mode{},
		reported: map[string]bool{},
	}, err
}

// tell is the executor's Teller.
func (o *observer) tell(ctx context.Context) apply.Teller {
	return func(e apply.Event) error {
		switch {
		case e.Kind == apply.AttemptStarted && o.u.Wrap != apply.OneByOne:
			o.out, o.reported = nil, map[string]bool{}
			clear(o.predicted)
			clear(o.seen)
		case e.Kind == apply.StatementEnded && e.Code == "" && e.Statement >= 0:
			o.look(ctx, e)
		}
		return nil
	}
}

func (o *observer) look(ctx context.Context, e apply.Event) {
	st := o.u.Statements[e.Statement]
	s := Statement{
		Line: st.Line, Kind: st.Kind, MS: e.Waited.Milliseconds(), Predicted: st.Effect.Locks,
		Rewrites: st.Effect.Rewrites,
		Unseen:   o.conn.PgConn().TxStatus() != 'T',
	}
	if !s.Unseen {
		o.locks(ctx, st, &s)
	}
	o.files(ctx, st, &s)
	o.out = append(o.out, s)
}

// locks compares the locks that are held now with those that were predicted so
// far, table by table.
func (o *observer) locks(ctx context.Context, st apply.Statement, s *Statement) {
	rows, err := o.conn.Query(ctx, heldSQL)
	if err != nil {
		o.err = err
		return
	}
	var oid uint32
	var mode string
	held := map[string]lock.Mode{}
	_, o.err = pgx.ForEachRow(rows, []any{&oid, &mode}, func() error {
		if r, ok := o.before[oid]; ok {
			held[r.name] = max(held[r.name], lock.FromPgLocks(mode))
		}
		return nil
	})
	for _, l := range st.Effect.Locks {
		o.predicted[l.Relation] = max(o.predicted[l.Relation], l.Mode)
	}
	for name, m := range held {
		if m > o.seen[name] {
			s.Observed = append(s.Observed, effect.On{Relation: name, Mode: m})
		}
		o.seen[name] = max(o.seen[name], m)
	}
	slices.SortFunc(s.Observed, func(a, b effect.On) int { return cmp.Compare(a.Relation, b.Relation) })
	s.Differs = append(s.Differs, o.differs()...)
}

// differs names the tables whose strongest lock is not the predicted one, each
// once. A mere ACCESS SHARE conflicts with nothing that an application does.
func (o *observer) differs() []string {
	tables := map[string]bool{}
	for _, r := range o.before {
		if strings.Contains("rpmvf", r.kind) {
			tables[r.name] = true
		}
	}
	names := map[string]bool{}
	for n := range o.seen {
		names[n] = tables[n] || o.predicted[n] != lock.None
	}
	for n := range o.predicted {
		names[n] = tables[n] || o.seen[n] != lock.None
	}
	var out []string
	for n, counts := range names {
		want, have := o.predicted[n], o.seen[n]
		if !counts || want == have || o.reported[n] || max(want, have) <= lock.AccessShare {
			continue
		}
		o.reported[n] = true
		out = append(out, fmt.Sprintf("%s: predicted %s, held %s", n, word(want), word(have)))
	}
	slices.Sort(out)
	return out
}

func word(m lock.Mode) string {
	if m == lock.None {
		return "no lock"
	}
	return m.String()
}

// files finds the tables that got a new file: they were rewritten.
func (o *observer) files(ctx context.Context, st apply.Statement, s *Statement) {
	now, err := readKnown(ctx, o.conn)
	if err != nil {
		o.err = err
		return
	}
	for oid, was := range o.before {
		is, there := now[oid]
		if there && is.node != was.node && strings.Contains("rm", was.kind) {
			s.Rewritten = append(s.Rewritten, was.name)
		}
		if there {
			was.node = is.node
			o.before[oid] = was
		}
	}
	slices.Sort(s.Rewritten)
	if st.Kind == "TRUNCATE" || st.Kind == "TRUNCATE TABLE" {
		return // a new, empty file is no rewrite
	}
	for _, n := range s.Rewritten {
		if !slices.Contains(st.Effect.Rewrites, n) {
			s.Differs = append(s.Differs, n+": was rewritten, not predicted")
		}
	}
	for _, n := range st.Effect.Rewrites {
		if !slices.Contains(s.Rewritten, n) && o.there(n) {
			s.Differs = append(s.Differs, n+": a rewrite was predicted, there was none")
		}
	}
}

func (o *observer) there(name string) bool {
	for _, r := range o.before {
		if r.name == name && strings.Contains("rm", r.kind) {
			return true
		}
	}
	return false
}
