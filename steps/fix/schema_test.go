package fix_test

import (
	"strings"
	"testing"

	"belay/db/dbtest"
)

// schema is everything that a migration can change, a line each, in a form that
// does not tell when or in which order things were made.
func schema(t *testing.T, d *dbtest.DB) string {
	t.Helper()
	return strings.Join(dbtest.QueryCol[string](t, d, schemaQuery), "\n")
}

const schemaQuery = `
WITH own AS (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
said AS (SELECT classoid, objoid, objsubid, ' -- ' || description AS text FROM pg_description)
SELECT 'relation ' || c.relkind::text || ' ' || c.oid::regclass || coalesce(' options ' || c.reloptions::text, '') || coalesce(' acl ' || c.relacl::text, '')
    || CASE WHEN c.relrowsecurity THEN ' rls' ELSE '' END || CASE WHEN c.relforcerowsecurity THEN ' forced' ELSE '' END
    || CASE WHEN c.relreplident NOT IN ('d', 'n') THEN ' replica identity ' || c.relreplident::text ELSE '' END || coalesce(d.text, '')
  FROM pg_class c LEFT JOIN said d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0 WHERE c.relnamespace IN (SELECT oid FROM own)
UNION ALL SELECT 'column ' || c.oid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    || coalesce(' default ' || pg_get_expr(x.adbin, x.adrelid), '') || coalesce(' collate ' || nullif(l.collname, 'default'), '') || a.attgenerated::text || a.attidentity::text
    || CASE WHEN coalesce(a.attstattarget, -1) >= 0 THEN ' statistics ' || a.attstattarget ELSE '' END || coalesce(' options ' || a.attoptions::text, '')
    || CASE WHEN a.attstorage <> y.typstorage THEN ' storage ' || a.attstorage::text ELSE '' END || coalesce(' compression ' || nullif(a.attcompression::text, ''), '')
    || coalesce(' acl ' || a.attacl::text, '') || coalesce(d.text, '')
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_attrdef x ON x.adrelid = c.oid AND x.adnum = a.attnum
  LEFT JOIN pg_collation l ON l.oid = a.attcollation LEFT JOIN said d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = a.attnum
  WHERE c.relnamespace IN (SELECT oid FROM own) AND c.relkind IN ('r', 'v', 'p', 'm') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT 'index ' || pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END || CASE WHEN i.indimmediate THEN '' ELSE ' deferrable' END
    || CASE WHEN i.indisclustered THEN ' clustered' ELSE '' END || CASE WHEN i.indisreplident THEN ' replica identity' ELSE '' END
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace IN (SELECT oid FROM own)
UNION ALL SELECT 'constraint ' || k.conrelid::regclass || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid) || coalesce(d.text, '')
  FROM pg_constraint k LEFT JOIN said d ON d.classoid = 'pg_constraint'::regclass AND d.objoid = k.oid WHERE k.connamespace IN (SELECT oid FROM own)
UNION ALL SELECT 'trigger ' || pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  WHERE NOT t.tgisinternal AND c.relnamespace IN (SELECT oid FROM own)
UNION ALL SELECT 'function ' || CASE WHEN p.proname ~ '^zz_' THEN p.proname ELSE pg_get_functiondef(p.oid) END FROM pg_proc p WHERE p.pronamespace IN (SELECT oid FROM own) AND p.prokind = 'f'
UNION ALL SELECT 'rule ' || regexp_replace(pg_get_ruledef(r.oid), '\s+', ' ', 'g') FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace IN (SELECT oid FROM own)
UNION ALL SELECT 'policy ' || p.polname || ' on ' || p.polrelid::regclass || ' ' || p.polcmd::text || coalesce(' using ' || pg_get_expr(p.polqual, p.polrelid), '')
    || coalesce(' check ' || pg_get_expr(p.polwithcheck, p.polrelid), '') FROM pg_policy p
UNION ALL SELECT 'statistics ' || pg_get_statisticsobjdef(s.oid) || ' ' || s.stxstattarget || coalesce(d.text, '') FROM pg_statistic_ext s
  LEFT JOIN said d ON d.classoid = 'pg_statistic_ext'::regclass AND d.objoid = s.oid
UNION ALL SELECT 'sequence ' || s.seqrelid::regclass || ' ' || s.seqtypid::regtype || ' ' || s.seqincrement || ' ' || s.seqmax || coalesce(' owned by ' || d.refobjid::regclass || '.' || a.attname, '')
  FROM pg_sequence s LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN ('a', 'i') AND d.refclassid = 'pg_class'::regclass
  LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
UNION ALL SELECT 'published ' || p.pubname || ' ' || r.prrelid::regclass || coalesce(' ' || (SELECT string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)), '')
    || coalesce(' where ' || pg_get_expr(r.prqual, r.prrelid), '') FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
UNION ALL SELECT 'inherits ' || inhrelid::regclass || ' ' || inhparent::regclass FROM pg_inherits
ORDER BY 1`
