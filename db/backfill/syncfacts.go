package backfill

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"belay/db"
	"belay/sqlview/pattern"
	"belay/sqlview/synctrigger"

	"github.com/jackc/pgx/v5"
)

// syncFacts are what a sync trigger depends on.
type syncFacts struct {
	// sources are the table's columns that the statement reads; generated those of
	// them that a BEFORE trigger sees before they are computed.
	sources, generated []string
	// plain is true where all columns that it reads or sets are of types whose text
	// depends on no setting.
	plain bool
	// defaults are the constant defaults of the columns that are set.
	defaults map[string]string
	// schemas are those of the search_path, but pg_catalog; open those of them in
	// which others may create; outside is true where a name of the statement may
	// stand for something in one of them.
	schemas, open []string
	outside       bool
	settings      []synctrigger.Setting
	taken         []string
}

// systemColumns cannot be read of NEW.
var systemColumns = []string{"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}

// A type is written so that it means the same under any search_path.
const sourcesSQL = `
SELECT a.attname::text, a.attgenerated <> '', t.typcategory IN ('S', 'N', 'B', 'E') OR t.oid = 'pg_catalog.uuid'::pg_catalog.regtype,
  coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), ''),
  CASE WHEN n.nspname = 'pg_catalog' THEN pg_catalog.format_type(a.atttypid, a.atttypmod)
    ELSE pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.typname) END
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = $1::bigint::oid AND a.attname = ANY ($2) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum`

// A superuser, the schema's owner and whoever works as this role may do more than
// to make a function that is found first.
const openSQL = `SELECT coalesce(pg_catalog.array_agg(DISTINCT n.nspname::text), '{}') FROM pg_catalog.pg_namespace n,
  pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) a
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
  WHERE n.nspname = ANY ($1) AND a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner
    AND NOT coalesce(r.rolsuper OR pg_catalog.pg_has_role(r.oid, 'USAGE'), false)`

const outsideSQL = `SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY ($1) AND (
  EXISTS (SELECT FROM pg_catalog.pg_proc WHERE pronamespace = n.oid AND proname = ANY ($2))
  OR EXISTS (SELECT FROM pg_catalog.pg_operator WHERE oprnamespace = n.oid AND oprname = ANY ($3))
  OR EXISTS (SELECT FROM pg_catalog.pg_type WHERE typnamespace = n.oid AND typname = ANY ($4))
  OR EXISTS (SELECT FROM pg_catalog.pg_collation WHERE collnamespace = n.oid AND collname = ANY ($5))
  OR EXISTS (SELECT FROM pg_catalog.pg_ts_config WHERE cfgnamespace = n.oid AND cfgname = ANY ($6))))`

// What the value of an expression may depend on, besides the search_path, as the
// team's tool would have it.
const settingsSQL = `SELECT name, setting FROM pg_catalog.pg_settings WHERE name = ANY ($1) ORDER BY pg_catalog.lower(name)`

var meaningSettings = []string{"DateStyle", "IntervalStyle", "TimeZone", "extra_float_digits", "bytea_output",
	"standard_conforming_strings", "array_nulls", "transform_null_equals", "xmloption", "default_text_search_config",
	"lc_monetary", "lc_numeric", "lc_time"}

// findSync reads what a sync trigger depends on, as the role that fills the rows.
func (p *Plan) findSync(ctx context.Context, c *db.Conn) error {
	for _, do := range []func(context.Context, *db.Conn) error{
		p.findSources, p.findNames, p.findSettings, p.findTaken,
	} {
		if err := do(ctx, c); err != nil {
			return fmt.Errorf("backfill: sync trigger of %s: %w", p.Relation, err)
		}
	}
	return nil
}

// constant is a default whose value does not depend on when it is asked for.
var constant = pattern.New(`^\(?(-?[0-9.]+|'([^'\\]|'')*'|true|false)\)?(::[^'()]+(\([0-9, ]+\))?)*(\[\])?$`)

func (p *Plan) findSources(ctx context.Context, c *db.Conn) error {
	st, s := p.Statement, &p.sync
	names := slices.Clone(st.columns)
	for _, t := range st.Targets {
		names = append(names, t.Column)
	}
	rows, err := c.Query(ctx, sourcesSQL, int64(p.OID), names)
	if err != nil {
		return err
	}
	s.plain, s.defaults = true, map[string]string{}
	var name, text, typ string
	var generated, plain bool
	_, err = pgx.ForEachRow(rows, []any{&name, &generated, &plain, &text, &typ}, func() error {
		s.plain = s.plain && plain
		if slices.Contains(st.columns, name) {
			s.sources = append(s.sources, name)
			if generated {
				s.generated = append(s.generated, name)
			}
		}
		if st.sets(name) && constant.MatchString(text) {
			s.defaults[name] = "(" + text + ")::" + typ
		}
		return nil
	})
	return err
}

func (p *Plan) findNames(ctx context.Context, c *db.Conn) error {
	s, l := &p.sync, &p.Statement.lookups
	all, err := c.Schemas(ctx)
	if err != nil {
		return err
	}
	s.schemas = slices.DeleteFunc(all, func(name string) bool {
		return name == "pg_catalog" || strings.HasPrefix(name, "pg_temp")
	})
	if err := c.QueryRow(ctx, openSQL, s.schemas).Scan(&s.open); err != nil {
		return err
	}
	if err := c.QueryRow(ctx, outsideSQL, append([]any{s.schemas}, l.names()...)...).Scan(&s.outside); err != nil {
		return err
	}
	s.outside = s.outside || l.tables || l.elsewhere
	return nil
}

func (p *Plan) findSettings(ctx context.Context, c *db.Conn) error {
	wanted := meaningSettings
	if p.sync.plain && p.Statement.lookups.bare() {
		wanted = []string{"standard_conforming_strings"}
	}
	rows, err := c.Query(ctx, settingsSQL, wanted)
	if err != nil {
		return err
	}
	var name, value string
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		value = cmp.Or(c.TeamValue(name), value)
		p.sync.settings = append(p.sync.settings, synctrigger.Setting{
			Name: name, Value: "'" + strings.ReplaceAll(value, "'", "''") + "'",
		})
		return nil
	})
	return err
}

// The unique indexes that an INSERT may name in ON CONFLICT, a row for each.
const uniqueSQL = `
SELECT coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), ''), k.columns, k.plain, k.operators
FROM pg_catalog.pg_index i
CROSS JOIN LATERAL (
  SELECT pg_catalog.array_agg(pg_catalog.pg_get_indexdef(i.indexrelid, n + 1, false) ORDER BY n) AS columns,
    pg_catalog.array_agg(i.indkey[n] <> 0 ORDER BY n) AS plain,
    pg_catalog.array_agg(coalesce((SELECT 'OPERATOR(' || pg_catalog.quote_ident(s.nspname) || '.' || o.oprname || ')'
      FROM pg_catalog.pg_amop a JOIN pg_catalog.pg_operator o ON o.oid = a.amopopr JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace
      WHERE a.amopfamily = oc.opcfamily AND a.amoplefttype = oc.opcintype AND a.amoprighttype = oc.opcintype AND a.amopstrategy = 3), '') ORDER BY n) AS operators
  FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) n JOIN pg_catalog.pg_opclass oc ON oc.oid = i.indclass[n]) k
WHERE i.indrelid = $1::bigint::oid AND i.indisunique AND i.indimmediate AND i.indislive
ORDER BY i.indexrelid`

func (p *Plan) findTaken(ctx context.Context, c *db.Conn) error {
	rows, err := c.Query(ctx, uniqueSQL, int64(p.OID))
	if err != nil {
		return err
	}
	var predicate string
	var columns, operators []string
	var plain []bool
	ofNew := func(expression string) string { return "(SELECT (" + expression + ") FROM (SELECT NEW.*) AS n)" }
	_, err = pgx.ForEachRow(rows, []any{&predicate, &columns, &plain, &operators}, func() error {
		if slices.Contains(operators, "") {
			return nil // an order of its own: nobody can say what equals what
		}
		var all []string
		for i, column := range columns {
			if plain[i] {
				all = append(all, column+" "+operators[i]+" NEW."+column)
			} else {
				all = append(all, "("+column+") "+operators[i]+" "+ofNew(column))
			}
		}
		if predicate != "" {
			all = append(all, "("+predicate+")", ofNew(predicate))
		}
		p.sync.taken = append(p.sync.taken, "EXISTS (SELECT FROM "+p.Relation+" WHERE "+strings.Join(all, " AND ")+")")
		return nil
	})
	return err
}
