package evidence

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"belay/sqlview/parse"
	"belay/sqlview/usage"
)

// dependsSQL lists what the catalog knows to depend on a column ($2), or on a relation
// (0): what stops a DROP, and what goes with it without a word. The type of a table's
// rows is the table. Until 14 a generated column depends on another as a column, since 15 as its
// default does.
const dependsSQL = `SELECT DISTINCT CASE
    WHEN r.oid IS NOT NULL AND r.rulename = '_RETURN' THEN pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, r.ev_class, 0)
    WHEN ad.oid IS NOT NULL AND ad.adnum <> $2 THEN 'generated ' || pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, ad.adrelid, ad.adnum)
    WHEN d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = $1 THEN 'generated ' || pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
    ELSE pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) END,
  CASE WHEN d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = $1 THEN true
    WHEN con.contype = 'f' THEN con.conrelid <> $1
    WHEN ad.oid IS NOT NULL THEN ad.adnum <> $2
    WHEN con.oid IS NOT NULL OR x.indexrelid IS NOT NULL OR st.oid IS NOT NULL OR sq.relkind = 'S' THEN false
    WHEN t.oid IS NOT NULL THEN $2 <> 0
    WHEN pol.oid IS NOT NULL THEN $2 <> 0 OR pol.polrelid <> $1
    WHEN r.oid IS NOT NULL THEN r.ev_class <> $1 OR $2 <> 0
    ELSE d.deptype = 'n' OR pr.oid IS NOT NULL END
FROM pg_catalog.pg_depend d
LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
LEFT JOIN pg_catalog.pg_attrdef ad ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND ad.oid = d.objid
LEFT JOIN pg_catalog.pg_constraint con ON d.classid = 'pg_catalog.pg_constraint'::regclass AND con.oid = d.objid
LEFT JOIN pg_catalog.pg_index x ON d.classid = 'pg_catalog.pg_class'::regclass AND x.indexrelid = d.objid
LEFT JOIN pg_catalog.pg_class sq ON d.classid = 'pg_catalog.pg_class'::regclass AND sq.oid = d.objid
LEFT JOIN pg_catalog.pg_statistic_ext st ON d.classid = 'pg_catalog.pg_statistic_ext'::regclass AND st.oid = d.objid
LEFT JOIN pg_catalog.pg_trigger t ON d.classid = 'pg_catalog.pg_trigger'::regclass AND t.oid = d.objid
LEFT JOIN pg_catalog.pg_policy pol ON d.classid = 'pg_catalog.pg_policy'::regclass AND pol.oid = d.objid
LEFT JOIN pg_catalog.pg_publication_rel pr ON d.classid = 'pg_catalog.pg_publication_rel'::regclass AND pr.oid = d.objid
WHERE (d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = $1 AND ($2 = 0 OR d.refobjsubid = $2)
    OR $2 = 0 AND d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid = (SELECT c.reltype FROM pg_catalog.pg_class c WHERE c.oid = $1)
      AND d.classid <> 'pg_catalog.pg_type'::regclass)
  AND d.deptype IN ('n', 'a') AND NOT coalesce(t.tgisinternal, false)
  AND NOT (d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = $1 AND (d.objsubid = 0 OR $2 = 0)) AND NOT ($2 = 0 AND ad.oid IS NOT NULL)
  AND coalesce(sq.relkind, 'r') <> 't'
ORDER BY 1`

// indexSQL says what an index is good for besides being fast.
const indexSQL = `SELECT pg_catalog.pg_describe_object('pg_catalog.pg_constraint'::regclass, c.oid, 0) FROM pg_catalog.pg_constraint c
WHERE c.conindid = $1
UNION ALL
SELECT 'the replica identity of ' || pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, i.indrelid, 0) FROM pg_catalog.pg_index i
WHERE i.indexrelid = $1 AND i.indisreplident
UNION ALL
SELECT 'the rule that its values are unique' FROM pg_catalog.pg_index i WHERE i.indexrelid = $1 AND i.indisunique
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.conindid = $1)
ORDER BY 1`

func (g *gathering) catalog(ctx context.Context, s *Source) error {
	s.blind("what only names it in text: functions, statements, code")
	rows, err := g.c.Query(ctx, dependsSQL, g.s.OID, g.s.Number)
	if err != nil {
		return err
	}
	var what string
	var stops bool
	_, err = pgx.ForEachRow(rows, []any{&what, &stops}, func() error {
		level := Goes
		if stops {
			level = Uses
		}
		s.add(Finding{Level: level, What: what})
		return nil
	})
	if err != nil || g.s.Kind != "index" {
		return err
	}
	rows, err = g.c.Query(ctx, indexSQL, g.s.OID)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, []any{&what}, func() error {
		s.add(Finding{Level: Uses, What: what, Why: "it is this index"})
		return nil
	})
	return err
}

const mostTexts = 2000

// functionsSQL finds the functions of this database that may name it. Those of
// extensions, and of PostgreSQL itself, know nothing of a team's tables.
var functionsSQL = fmt.Sprintf(`SELECT n.nspname || '.' || p.proname, l.lanname::text, p.prosrc,
  EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgfoid = p.oid AND t.tgrelid = $2)
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE l.lanname <> ALL ('{internal,c}') AND p.prosrc ILIKE $1
  AND n.nspname <> ALL ('{pg_catalog,information_schema,belay}') AND n.nspname || '.' || p.proname <> ALL ($3::text[])
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
ORDER BY 1 LIMIT %d`, mostTexts)

// cronSQL says whether this database has a table of jobs that can be read without running
// anything of others.
const cronSQL = `SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'),
  c.relkind = 'r' AND (NOT c.relrowsecurity OR EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.objid = c.oid AND e.deptype = 'e'))
  AND (SELECT pg_catalog.count(*) = 2 FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND (a.attname = 'command' AND a.atttypid = 'pg_catalog.text'::regtype
    OR a.attname = 'jobid' AND a.atttypid IN ('pg_catalog.int8'::regtype, 'pg_catalog.int4'::regtype)))
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'cron' AND c.relname = 'job'`

// read is a text with its name.
type storedText struct {
	name, language, text string
	ours                 bool // of a trigger of the relation
}

func (g *gathering) texts(ctx context.Context, s *Source) error {
	s.blind("names that a function puts together when it runs")
	ignore := g.o.Ignore
	if ignore == nil {
		ignore = []string{}
	}
	rows, err := g.c.Query(ctx, functionsSQL, like(g.word()), g.s.OID, ignore)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (k storedText, err error) {
		err = r.Scan(&k.name, &k.language, &k.text, &k.ours)
		k.name = "function " + k.name
		return k, err
	})
	if err != nil {
		return err
	}
	if len(all) == mostTexts {
		s.blind("more than the first %d functions that have the word", mostTexts)
	}
	jobs, err := g.jobs(ctx, s)
	if err != nil {
		return err
	}
	for _, k := range append(all, jobs...) {
		u, err := g.used(ctx, k)
		if err != nil {
			return err
		}
		if f, ok := finding(u); ok {
			f.What = k.name
			s.add(f)
		}
	}
	return nil
}

// word is what every text that names the subject has in it.
func (g *gathering) word() string {
	if g.s.Column != "" {
		return g.s.Column
	}
	return g.s.Relation
}

// used reads a text: SQL as the server would, anything else word by word.
func (g *gathering) used(ctx context.Context, k storedText) (usage.Use, error) {
	if k.ours {
		return g.s.Body(k.text), nil
	}
	if k.language != "sql" {
		return g.s.Text(k.text), nil
	}
	files, err := parse.Parse(ctx, []byte(k.text))
	if err != nil {
		return usage.Use{}, err
	}
	found := usage.Use{}
	for _, st := range files[0].Statements {
		if u := g.s.Statement(st); u.Verdict > found.Verdict {
			found = u
		}
	}
	return found, nil
}

func finding(u usage.Use) (f Finding, ok bool) {
	switch u.Verdict {
	case usage.Sure:
		return Finding{Level: Uses, Why: u.Why}, true
	case usage.Perhaps:
		return Finding{Level: Maybe, Why: u.Why}, true
	}
	return f, false
}

// jobs are those of pg_cron, where this database keeps them.
func (g *gathering) jobs(ctx context.Context, s *Source) ([]storedText, error) {
	var may, plain []bool
	rows, err := g.c.Query(ctx, cronSQL)
	if err != nil {
		return nil, err
	}
	var a, b bool
	if _, err = pgx.ForEachRow(rows, []any{&a, &b}, func() error {
		may, plain = append(may, a),
			append(plain, b)
		return nil
	}); err != nil {
		return nil, err
	}
	switch {
	case len(may) == 0:
		s.blind("jobs that are kept outside this database: cron of a machine, pg_cron of another database")
		return nil, nil
	case slices.Contains(may, false) || slices.Contains(plain, false):
		s.blind("cron.job: this role may not read it, or it is no plain table")
		return nil, nil
	}
	s.blind("jobs of other roles, where cron.job shows each role its own")
	rows, err = g.c.Query(ctx, `SELECT j.jobid::bigint, j.command FROM cron.job j WHERE j.command ILIKE $1 ORDER BY 1 LIMIT 500`, like(g.word()))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (k storedText, err error) {
		var id int64
		err = r.Scan(&id, &k.text)
		k.name, k.language = fmt.Sprintf("cron job %d", id), "sql"
		return k, err
	})
}
