package apply

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// InvalidIndex is an index that a CONCURRENTLY left behind. The planner does not
// use it, writes may still feed it, and a unique one that is Ready already
// rejects duplicates.
type InvalidIndex struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
	Table  string `json:"table"` // "schema.name"
	Unique bool   `json:"unique"`
	Ready  bool   `json:"ready"`
	OID    uint32 `json:"oid"`
}

// An invalid index on a partitioned table is no leftover: it is valid once every
// partition's is attached.
const invalidSQL = `select x.indexrelid, n.nspname, c.relname, tn.nspname || '.' || t.relname, x.indisunique, x.indisready
from pg_catalog.pg_index x
join pg_catalog.pg_class c on c.oid = x.indexrelid and c.relkind = 'i'
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class t on t.oid = x.indrelid
join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
where not x.indisvalid or not x.indisready order by x.indexrelid`

// InvalidIndexes lists every INVALID index of the database.
func InvalidIndexes(ctx context.Context, c *pgx.Conn) ([]InvalidIndex, error) {
	return listInvalid(ctx, c, invalidSQL)
}

func listInvalid(ctx context.Context, c *pgx.Conn, sql string, args ...string) ([]InvalidIndex, error) {
	rows, err := ask(ctx, c, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list INVALID indexes: %w", err)
	}
	var out []InvalidIndex
	for _, r := range rows {
		oid, _ := strconv.ParseUint(r[0], 10, 32)
		out = append(out, InvalidIndex{
			OID: uint32(oid), Schema: r[1], Name: r[2], Table: r[3], Unique: r[4] == "t", Ready: r[5] == "t",
		})
	}
	return out, nil
}

// existing is an index found by name.
type existing struct {
	InvalidIndex
	valid, ready bool
	kind         string // relkind of whatever has the name
	definition   string
}

const findSQL = `select c.oid, n.nspname, c.relname, case when t.oid is null then '' else pg_catalog.concat(tn.nspname, '.', t.relname) end, coalesce(x.indisunique, false),
	coalesce(x.indisready, false), coalesce(x.indisvalid, false), c.relkind, coalesce(pg_catalog.pg_get_indexdef(x.indexrelid), '')
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
left join pg_catalog.pg_index x on x.indexrelid operator(pg_catalog.=) c.oid
left join pg_catalog.pg_class t on t.oid operator(pg_catalog.=) x.indrelid
left join pg_catalog.pg_namespace tn on tn.oid operator(pg_catalog.=) t.relnamespace
where c.oid operator(pg_catalog.=) pg_catalog.to_regclass($1)`

// findIndex looks for what has the index's name; found is false where nothing has.
func findIndex(ctx context.Context, c *pgx.Conn, in scope, i Index) (existing, bool, error) {
	rows, err := in.ask(ctx, c, findSQL, i.identifier())
	if err != nil || len(rows) == 0 {
		return existing{}, false, err
	}
	return found(rows[0]), true, nil
}

func found(r []string) existing {
	oid, _ := strconv.ParseUint(r[0], 10, 32)
	return existing{InvalidIndex: InvalidIndex{
		OID: uint32(oid), Schema: r[1], Name: r[2], Table: r[3], Unique: r[4] == "t", Ready: r[5] == "t",
	},
		valid: r[6] == "t", ready: r[5] == "t", kind: r[7], definition: r[8]}
}

// find looks as the unit's statements do: inside their transaction where one is
// open, which may have moved the path itself.
func (r *run) find(ctx context.Context, i Index) (existing, bool, error) {
	if r.s.status() == 'I' {
		limited, cancel := r.s.limited(ctx)
		defer cancel()
		return findIndex(limited, r.s.conn, scopeOf(r.u, r.s.team), i)
	}
	rows, err := r.s.ask(ctx, findSQL, i.identifier())
	if err != nil || len(rows) == 0 {
		return existing{}, false, err
	}
	return found(rows[0]), true, nil
}

// identifier is the index's quoted name. A new index comes into its table's schema.
func (i Index) identifier() string {
	schema := i.Schema
	if schema == "" {
		schema, _, _ = strings.Cut(i.Table, ".")
	}
	if schema == "" {
		return pgx.Identifier{i.Name}.Sanitize()
	}
	return pgx.Identifier{schema, i.Name}.Sanitize()
}

// before looks at what a CONCURRENTLY is going to meet. there is true where its
// work is already done; an ending with an outcome says why it must not start.
func (r *run) before(ctx context.Context, s Statement) (there bool, e ending) {
	x, found, err := r.find(ctx, s.Index)
	if err != nil {
		return false, unsentEnding(err)
	}
	if found && s.Index.drop != 0 {
		if err := mayDrop(s, x); err != nil {
			return false, ending{outcome: NotApplied, reason: IndexDiffers, err: err}
		}
	}
	if s.detaches() {
		return r.beforeDetach(ctx, s)
	}
	if s.Kind == "REINDEX" {
		return false, r.beforeReindex(ctx, s)
	}
	if s.Kind == "DROP INDEX" {
		return false, ending{} // one that is not there is the server's to say: it may be a slip of the pen
	}
	state, why := judge(s, x, found)
	switch state {
	case stateDone:
		return true, ending{}
	case stateInvalid:
		return false,
			ending{
				outcome: NotApplied, reason: IndexInvalid, invalid: []InvalidIndex{x.InvalidIndex},
				err: errors.New(why),
			}
	case stateDiffers:
		return false,
			ending{outcome: NotApplied, reason: IndexDiffers, err: fmt.Errorf("%s:%d: %s", r.u.Path, s.Line, why)}
	}
	return false, ending{}
}

// state is how far an index statement is, as the catalog shows it.
type state int

const (
	stateOpen state = iota // nothing done yet
	stateDone
	stateInvalid
	stateDiffers
)

// judge compares a statement with what has its index's name.
func judge(s Statement, x existing, found bool) (state, string) {
	switch {
	case s.Kind == "DROP INDEX" && !found:
		return stateDone, "index " + s.Index.Name + " is not there"
	case s.Kind != "CREATE INDEX", !found:
		return stateOpen, ""
	case x.kind != "i" && x.kind != "I":
		return stateDiffers, fmt.Sprintf("%s is there already and is no index", s.Index.Name)
	case x.kind == "i" && (!x.valid || !x.ready):
		return stateInvalid,
			x.InvalidIndex.String() + " stands in the way: drop it with DROP INDEX CONCURRENTLY, then run again"
	case !s.wants(x):
		return stateDiffers,
			fmt.Sprintf("index %s is there already and INVALID until each partition has its part of it", s.Index.Name)
	case s.Index.Table != "" && x.Table != s.Index.Table:
		return stateDiffers, fmt.Sprintf("index %s is there already, on %s", s.Index.Name, x.Table)
	case !SameDefinition(s.SQL, x.definition):
		return stateDiffers, fmt.Sprintf("index %s is there already as: %s", s.Index.Name, x.definition)
	}
	return stateDone, "index " + s.Index.Name + " is there, valid and as wanted"
}
