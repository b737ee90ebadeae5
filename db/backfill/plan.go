package backfill

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"belay/db"
	"belay/sqlview/parse"
	"belay/sqlview/pattern"

	"github.com/jackc/pgx/v5"
)

// Plan is what [Prepare] found: what would run, by which keys, and what there
// is to say before it starts.
type Plan struct {
	Spec Spec `json:"spec"`
	// Relation is qualified and quoted; Alias is its own name, by which the
	// expressions may call it.
	Relation  string     `json:"relation"`
	OID       uint32     `json:"oid"`
	Alias     string     `json:"alias"`
	Statement *Statement `json:"statement"`
	// Leaves are the tables to walk, in order.
	Leaves []Leaf `json:"leaves"`
	// Rows, Bytes and IndexBytes are the sums over Leaves; Rows is an estimate,
	// Estimated says by what.
	Rows       int64    `json:"rows"`
	Estimated  string   `json:"estimated"`
	Bytes      int64    `json:"bytes"`
	IndexBytes int64    `json:"index_bytes"`
	Coverage   Coverage `json:"coverage"`
	Hazards    []Hazard `json:"hazards"`
	// Verifiable is "" where the end can be verified, else why it cannot.
	Verifiable string `json:"not_verifiable,omitempty"`
	// Facts are what else was read for the review.
	Facts Facts `json:"facts"`

	partitioned bool
	major       int // the server's version
	targets     []target
	sync        syncFacts
	// differs is the condition that a row is not as the statement would make it;
	// "" = it cannot be told. differ are those of each column.
	differs string
	differ  []string
	// left is the condition of a row that is still to be changed, "" = it cannot
	// be told; sweeps is true where changing such a row once more is safe. keeps is
	// true where a value that differs is the application's own.
	left   string
	sweeps bool
	keeps  bool
}

// Stops reports whether a hazard forbids the run.
func (p *Plan) Stops() []Hazard {
	var out []Hazard
	for _, h := range p.Hazards {
		if h.Level == Stop {
			out = append(out, h)
		}
	}
	return out
}

// SQL is the statement of one batch, for a person to read.
func (p *Plan) SQL() string {
	where := "(range of " + p.Leaves[0].Key.Columns[0] + ")"
	if p.Statement.Guard != "" {
		where += " AND (" + p.Statement.Guard + ")"
	}
	return "UPDATE " + p.Relation + " SET " + p.Statement.Set + " WHERE " + where
}

// target is a column that is set.
type target struct {
	name, generated, identity string
	hasDefault, partitionKey  bool
	indexes                   []string
	typeName                  string // qualified, with its length
}

// spelled are types of the catalog that the grammar itself knows.
var spelled = pattern.New(
	`^(bigint|bit|boolean|character|double|integer|interval|numeric|real|smallint|time|timestamp)\b`,
)

// qualified makes of format_type's spelling one that means the same under any
// search_path. What is not of the catalog has its schema already.
func qualified(typeName string) string {
	if strings.Contains(typeName, ".") || spelled.MatchString(typeName) {
		return typeName
	}
	return "pg_catalog." + typeName
}

const relationSQL = `
SELECT c.oid::bigint, c.relkind::pg_catalog.text, c.relname::pg_catalog.text, pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)`

const targetsSQL = `
SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attgenerated::text, a.attidentity::text, a.atthasdef,
  EXISTS (SELECT FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid IN ($1::bigint::oid, c.oid) AND a.attnum = ANY (p.partattrs)),
  coalesce((SELECT pg_catalog.array_agg(i.indexrelid::regclass::text ORDER BY 1) FROM pg_catalog.pg_index i
     WHERE i.indrelid = c.oid AND (a.attnum = ANY (i.indkey)
       OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid
         AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid AND d.refobjsubid = a.attnum))), '{}')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.oid = $1::bigint::oid AND a.attname = ANY ($2)`

// Prepare reads all there is to know before a backfill: it checks the
// statement, chooses a key for every leaf and lists what a person should know.
// It changes nothing; any connection will do.
//
// Errors: *SpecError for what cannot be carried out as written, *RoleError where
// the session may not work as the role, else the server's. What forbids the run for another reason is a Hazard of level
// Stop.
func Prepare(ctx context.Context, c *db.Conn, spec Spec) (*Plan, error) {
	spec, err := spec.filled()
	if err != nil {
		return nil, err
	}
	p := &Plan{Spec: spec}
	if p.Statement, err = readStatement(ctx, spec.Set, spec.Where); err != nil {
		return nil, err
	}
	if err := as(ctx, c, spec.Role, func() error { return p.look(ctx, c) }); err != nil {
		return nil, err
	}
	return p, nil
}

// look reads the table and judges what would run.
func (p *Plan) look(ctx context.Context, c *db.Conn) error {
	escapes := parse.Backslashed([]byte(p.Spec.Set+" "+p.Spec.Where)) >= 0
	if escapes && c.TeamValue("standard_conforming_strings") == "off" {
		return &SpecError{
			"set", "a backslash in '…' where standard_conforming_strings is off: it would begin an escape",
			"write E'…'",
		}
	}
	for _, do := range []func(context.Context, *db.Conn) error{p.resolve, p.findTargets, p.findLeaves, p.judge} {
		if err := do(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (p *Plan) resolve(ctx context.Context, c *db.Conn) error {
	var kind string
	var oid int64
	err := one(ctx, c, []any{&oid, &kind, &p.Alias, &p.Relation}, relationSQL, p.Spec.Relation)
	if errors.Is(err, pgx.ErrNoRows) || db.Classify(err) == db.Syntax {
		return &SpecError{"table", "there is no relation " + p.Spec.Relation, "name it as schema.table"}
	}
	if err != nil {
		return fmt.Errorf("backfill: table %s: %w", p.Spec.Relation, err)
	}
	p.OID, p.partitioned, p.major = uint32(oid), kind == "p", c.ServerMajor()
	if kind != "r" && kind != "p" {
		return &SpecError{"table", p.Relation + " is no table", "name the table that holds the rows"}
	}
	p.Statement.readsRowOf(p.Alias)
	return nil
}

func (p *Plan) findTargets(ctx context.Context, c *db.Conn) error {
	names := make([]string, len(p.Statement.Targets))
	for i, t := range p.Statement.Targets {
		names[i] = t.Column
	}
	rows, err := c.Query(ctx, targetsSQL, int64(p.OID), names)
	if err == nil {
		p.targets, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (t target, err error) {
			err = r.Scan(&t.name, &t.typeName, &t.generated, &t.identity, &t.hasDefault, &t.partitionKey, &t.indexes)
			t.typeName = qualified(t.typeName)
			return t, err
		})
	}
	if err != nil {
		return fmt.Errorf("backfill: columns of %s: %w", p.Relation, err)
	}
	for _, name := range names {
		if p.target(name) == nil {
			return &SpecError{
				"set", p.Relation + " has no column " + name, "check the name; one in capitals needs double quotes",
			}
		}
	}
	return nil
}

func (p *Plan) target(name string) *target {
	for i := range p.targets {
		if p.targets[i].name == name {
			return &p.targets[i]
		}
	}
	return nil
}

func (p *Plan) findLeaves(ctx context.Context, c *db.Conn) error {
	all, err := leaves(ctx, c, p.OID)
	if err != nil {
		return err
	}
	for _, l := range all {
		if l.kind != "r" {
			p.say(Stop, "foreign-leaf", l.Name+" is no table of this server",
				"its rows cannot be changed in the cursor's transaction",
				"fill it where it lives, or detach it")
			continue
		}
		var why []string
		if l.Key, why, err = keyOf(ctx, c, l.OID, p.Spec.Key, p.Statement); err != nil {
			return err
		}
		if l.Key.ByPlace() && len(p.Spec.Key) > 0 {
			return &SpecError{
				"key", fmt.Sprintf("%s has no fit unique index on (%s)", l.Name, placeList(p.Spec.Key)),
				noKeyAdvice(why),
			}
		}
		if l.Key.ByPlace() {
			p.byPlace(l.Leaf, why, c.ServerMajor())
		}
		if l.Rows < 0 {
			switch l.Rows, err = plannerRows(ctx, c, l.Name); {
			case db.Classify(err) == db.Privilege:
				l.Rows = 0 // that it may not be read, or not all of it, is judged below
			case err != nil:
				return err
			}
			p.Estimated = "planner"
		}
		p.Leaves = append(p.Leaves, l.Leaf)
		p.Rows, p.Bytes, p.IndexBytes = p.Rows+l.Rows, p.Bytes+l.Bytes, p.IndexBytes+l.IndexBytes
	}
	if p.Estimated == "" {
		p.Estimated = "reltuples"
	}
	return nil
}
