package backfill

// Facts are what the review shows beside the hazards.
type Facts struct {
	// Triggers are those that fire for every row changed.
	Triggers []Trigger `json:"triggers,omitempty"`
	// Indexes have a column that is set: no update can be HOT.
	Indexes []string `json:"indexes,omitempty"`
	// Checks and ForeignKeys are evaluated for every row changed.
	Checks      []string `json:"checks,omitempty"`
	ForeignKeys []string `json:"foreign_keys,omitempty"`
	// Generated lists stored generated columns: each update computes them again.
	Generated       []string `json:"generated,omitempty"`
	ReplicaIdentity string   `json:"replica_identity"`
	Publications    []string `json:"publications,omitempty"`
	RowSecurity     bool     `json:"row_security"`
	Fillfactor      int      `json:"fillfactor"`
	// Holders keep old row versions from being removed, older than five minutes.
	Holders  []string `json:"holders,omitempty"`
	Replicas int      `json:"replicas"`
	Rules    []string `json:"rules,omitempty"`
}

// Trigger is a row trigger of the table.
type Trigger struct {
	Name     string `json:"name"`
	Function string `json:"function"`
	Before   bool   `json:"before"`
	Insert   bool   `json:"insert"`
	Update   bool   `json:"update"`
	// Enabled is pg_trigger's word: O, A, R, D.
	Enabled string `json:"enabled"`
	body    string
}

// fires reports whether it does in an ordinary session.
func (t Trigger) fires() bool { return t.Enabled == "O" || t.Enabled == "A" }

// pg_trigger.tgtype: row 1, before 2, insert 4, update 16. An UPDATE OF other
// columns does not fire for ours.
const triggersSQL = `SELECT t.tgname::text, p.oid::regprocedure::text, t.tgtype & 2 <> 0, t.tgtype & 4 <> 0,
	t.tgtype & 16 <> 0 AND (t.tgattr::text = '' OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
	  WHERE a.attrelid = t.tgrelid AND a.attname = ANY ($2) AND a.attnum = ANY (t.tgattr))), t.tgenabled::text, p.prosrc
	FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
	WHERE t.tgrelid = $1::bigint::oid AND (NOT t.tgisinternal OR t.tgconstraint = 0) AND t.tgtype & 1 <> 0 ORDER BY t.tgname`

const factsSQL = `SELECT c.relreplident::text, pg_catalog.row_security_active(c.oid),
	coalesce((SELECT pg_catalog.substr(o, 12)::int FROM pg_catalog.unnest(c.reloptions) o WHERE o LIKE 'fillfactor=%'), 100),
	ARRAY(SELECT k.conname::text FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' ORDER BY 1),
	ARRAY(SELECT k.conname || ' to ' || k.confrelid::regclass FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f'
	  AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = ANY ($2) AND a.attnum = ANY (k.conkey)) ORDER BY 1),
	ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attgenerated = 's' AND NOT a.attisdropped ORDER BY 1),
	ARRAY(SELECT DISTINCT p.pubname::text FROM pg_catalog.pg_publication p LEFT JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid
	  WHERE p.pubupdate AND (p.puballtables OR r.prrelid = c.oid) ORDER BY 1),
	ARRAY(SELECT r.rulename::text FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type = '2' AND r.ev_enabled <> 'D' ORDER BY 1),
	ARRAY(SELECT 'PID ' || a.pid || ' (' || a.application_name || ', ' || coalesce(a.state, '') || ')' FROM pg_catalog.pg_stat_activity a
	    WHERE a.backend_xmin IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid() AND a.datid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
	      AND a.xact_start < pg_catalog.clock_timestamp() - interval '5 minutes'
	  UNION ALL SELECT 'prepared transaction ' || gid FROM pg_catalog.pg_prepared_xacts
	    WHERE database = pg_catalog.current_database() AND prepared < pg_catalog.clock_timestamp() - interval '5 minutes'
	  UNION ALL SELECT 'slot ' || slot_name FROM pg_catalog.pg_replication_slots WHERE xmin IS NOT NULL AND NOT active),
	(SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication)::int
	FROM pg_catalog.pg_class c WHERE c.oid = $1::bigint::oid`
