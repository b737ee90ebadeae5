package ledger

import (
	"context"
	"fmt"
	"strings"

	"belay/db"

	"github.com/jackc/pgx/v5"
)

// Right is a privilege that a role needs to keep the ledger.
type Right struct {
	Privilege string `json:"privilege"` // as GRANT spells it
	Object    string `json:"object"`    // TABLE belay.run, SCHEMA belay
}

// Reads reports whether nothing can be read without it.
func (r Right) Reads() bool { return r.Privilege == "USAGE" || r.Privilege == "SELECT" }

// needed are the rights of a role that runs migrations, by table. FOR SHARE, the
// fence, needs UPDATE.
const needed = `(VALUES ('meta', 'SELECT'),
	('run', 'SELECT'), ('run', 'INSERT'), ('run', 'UPDATE'), ('plan', 'SELECT'), ('plan', 'INSERT'),
	('event', 'SELECT'), ('event', 'INSERT'), ('unit', 'SELECT'), ('unit', 'INSERT'), ('unit', 'UPDATE'),
	('applied_file', 'SELECT'), ('applied_file', 'INSERT'), ('applied_file', 'UPDATE'), ('applied_file', 'DELETE'),
	('backfill', 'SELECT'), ('backfill', 'INSERT'), ('backfill', 'UPDATE')) AS need(tab, privilege)`

// neededByCampaign are those of a role that takes part in a campaign.
const neededByCampaign = `(VALUES ('meta', 'SELECT'),
	('campaign', 'SELECT'), ('campaign', 'INSERT'), ('campaign', 'UPDATE'), ('phase', 'SELECT'), ('phase', 'INSERT'), ('phase', 'UPDATE'),
	('evidence', 'SELECT'), ('evidence', 'INSERT')) AS need(tab, privilege)`

const missingSQL = `SELECT coalesce(pg_catalog.array_agg(m.p), '{}'), coalesce(pg_catalog.array_agg(m.o), '{}') FROM (
	SELECT 'USAGE', 'SCHEMA belay' FROM pg_catalog.pg_namespace n
	WHERE n.nspname = 'belay' AND NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
	UNION ALL
	SELECT need.privilege, 'TABLE belay.' || need.tab FROM %s
	JOIN pg_catalog.pg_class c ON c.relname = need.tab JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'belay'
	WHERE NOT pg_catalog.has_table_privilege(c.oid, need.privilege)) AS m(p, o)
WHERE EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = 'belay' AND c.relname = 'meta' AND c.relkind = 'r')`

// MissingRights lists what the session's role lacks to keep the ledger that is
// there; empty = nothing.
func MissingRights(ctx context.Context, q db.Querier) ([]Right, error) {
	return missing(ctx, q, needed)
}

// MissingForCampaigns lists what the session's role lacks to begin campaigns and to go on
// with them.
func MissingForCampaigns(ctx context.Context, q db.Querier) ([]Right, error) {
	return missing(ctx, q, neededByCampaign)
}

func missing(ctx context.Context, q db.Querier, needed string) ([]Right, error) {
	all, err := scanRights(q.QueryRow(ctx, fmt.Sprintf(missingSQL, needed)))
	return all, wrap(err)
}

// scanRights takes the answer of missingSQL.
func scanRights(r pgx.Row) ([]Right, error) {
	var privileges, objects []string
	if err := r.Scan(&privileges, &objects); err != nil {
		return nil, err
	}
	var all []Right
	for i := range privileges {
		all = append(all, Right{Privilege: privileges[i], Object: objects[i]})
	}
	return all, nil
}

// Grant is the line that gives the right to a role of a name.
func (r Right) Grant(role string) string {
	return "GRANT " + r.Privilege + " ON " + r.Object + " TO " + pgx.Identifier{role}.Sanitize()
}

// Grants is the script that lets one role keep a ledger of a version and another read
// it, both named as SQL quotes them.
func Grants(run, view string, version int) string {
	var s strings.Builder
	fmt.Fprintf(&s, "-- %s keeps the ledger, %s reads it.\n", run, view)
	fmt.Fprintf(&s, "GRANT USAGE ON SCHEMA belay TO %s, %s;\n", run, view)
	fmt.Fprintf(&s, "GRANT SELECT ON ALL TABLES IN SCHEMA belay TO %s, %s;\n", run, view)
	fmt.Fprintf(&s,
		"GRANT INSERT ON belay.run, belay.plan, belay.event, belay.unit, belay.applied_file, belay.backfill,\n"+
			"  belay.campaign, belay.phase, belay.evidence TO %s;\n", run)
	fmt.Fprintf(&s,
		"GRANT UPDATE ON belay.run, belay.unit, belay.applied_file, belay.backfill, belay.campaign, belay.phase, "+
			"belay.evidence TO %s;\n", run)
	fmt.Fprintf(&s, "GRANT DELETE ON belay.applied_file TO %s;\n", run)
	if version >= CarriesApprovals {
		s.WriteString(approvalGrants(run, view))
	}
	return s.String()
}

// approvalGrants let one role ask and both approve. The column login is left out: so the
// server says whose a row is.
func approvalGrants(run, view string) string {
	return fmt.Sprintf("GRANT SELECT ON belay.approval_request, belay.approval TO %[1]s, %[2]s;\n"+
		"GRANT INSERT (id, bound, identity, request), UPDATE (used_by) ON belay.approval_request TO %[1]s;\n"+
		"GRANT INSERT (id, request_id, approval) ON belay.approval TO %[1]s, %[2]s;\n", run, view)
}

// Script is the whole of the ledger for a DBA: the DDL, its version, the grants. The
// roles must be there.
func Script(run, view string) string {
	version := fmt.Sprintf("\nINSERT INTO belay.meta (version) VALUES (%d);\n\n", Version)
	return fmt.Sprintf("-- Roles %s and %s must be there: belay doctor --print-grants makes them.\n", run, view) +
		db.Script(DDL()+version+Grants(run, view, Version))
}
