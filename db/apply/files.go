package apply

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// maxFiles bounds what is remembered of a statement that writes tables or indexes
// anew: REINDEX DATABASE is simply sent again.
const maxFiles = 200

// filesSQL gives each relation its identity and its file: REINDEX CONCURRENTLY
// puts a new relation into the old one's place, REINDEX, CLUSTER and VACUUM FULL
// put a new file into the same relation.
const filesSQL = `select c.oid || '/' || pg_catalog.pg_relation_filenode(c.oid)
	from pg_catalog.unnest($1::text[]) as n(name) join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(n.name)
	where c.relkind in ('r', 'm', 'i') order by c.oid`

// files is what a statement that may be sent again is going to write anew; nil =
// nothing, or too many.
func (s session) files(ctx context.Context, of Statement) ([]string, error) {
	names := append(append([]string{}, of.Effect.Rewrites...), of.Effect.Rebuilds...)
	if !repeatable[of.Kind] || len(names) == 0 || len(names) > maxFiles {
		return nil, nil
	}
	for i, n := range names {
		names[i] = quotedName(n)
	}
	rows, err := s.ask(ctx, filesSQL, array(names))
	var out []string
	for _, row := range rows {
		out = append(out, row[0])
	}
	return out, err
}

// rewritten asks whether all the files of before are gone.
func rewritten(ctx context.Context, c *pgx.Conn, before []string) (Outcome, string, error) {
	rows, err := ask(ctx, c, `select count(*) from pg_catalog.pg_class c
		where c.oid || '/' || pg_catalog.pg_relation_filenode(c.oid) = any($1::text[])`, array(before))
	switch {
	case err != nil:
		return Unknown, "", err
	case rows[0][0] == "0":
		return Applied, "all of its tables and indexes have new files", nil
	}
	return NotApplied,
		fmt.Sprintf("%s of %d tables and indexes have their old files: it can be sent again", rows[0][0], len(before)),
		nil
}

// array spells a text[] for a parameter.
func array(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
	}
	return "{" + strings.Join(out, ",") + "}"
}
