package rehearsal

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/dump"
	"belay/db/scratch"
)

// Copy is what is taken along from the target into a throwaway cluster.
type Copy struct {
	Rights Rights
	// OfDump takes the roles from the dump: there is no target to ask.
	OfDump bool
	// SearchPath is the target session's; "" = the server's own default.
	SearchPath string
	// History is the table's quoted name and its rows as COPY writes them; "" = it
	// is not there.
	History string
	Rows    []byte
}

// ReadCopy reads what a rehearsal needs beside the schema. acts is the role that the
// migration takes; history is "" where the table does not exist.
func ReadCopy(ctx context.Context, c *db.Conn, acts, history string) (Copy, error) {
	rights, err := readRights(ctx, c, acts)
	out := Copy{Rights: rights, SearchPath: c.TeamValue("search_path")}
	if err != nil || history == "" {
		return out, err
	}
	var b bytes.Buffer
	if _, err := c.PgConn().CopyTo(ctx, &b, "COPY "+history+" TO STDOUT"); err != nil {
		return out, fmt.Errorf("history table %s: %w", history, err)
	}
	out.History, out.Rows = history, b.Bytes()
	return out, nil
}

// CopyOfDump is for a rehearsal of a dump, whose target nobody can ask. acts is the
// role that the migration takes.
func CopyOfDump(acts string) Copy { return Copy{OfDump: true, Rights: Rights{Acts: acts}} }

// Scratch is a throwaway cluster with one database to rehearse in. Nobody can log in
// as its superuser once anything of the dump is there, belay neither.
type Scratch struct {
	Cluster *scratch.Cluster
	// DSN and Config are of the migration's own role, Whole of one that has the
	// rights of all the others, to read the schema by.
	DSN           string
	Config, Whole db.Config
	// Missing are objects that could not be restored, in pg_restore's words, and
	// LeftOut those that only a superuser may make.
	Missing, LeftOut []string
}

// Close ends the cluster and removes all of it.
func (s *Scratch) Close() error { return s.Cluster.Close() }

// The database, and two roles that the target does not have: one restores, the
// other lends every role what it needs to be given an object.
const (
	database = "rehearsal"
	restorer = "belay_throwaway_restorer"
	lender   = "belay_throwaway_lender"
)

// Open starts a cluster and restores a dump and a copy into it.
func Open(ctx context.Context, bin scratch.Binaries, c dump.Client, path string, with Copy) (*Scratch, error) {
	holds, err := dump.Read(ctx, c, path)
	if err != nil {
		return nil, err
	}
	if with.OfDump {
		with.Rights = ofDump(holds.Owners, with.Rights.Acts)
	}
	if err := with.Rights.check(); err != nil {
		return nil, err
	}
	cluster, err := scratch.Start(ctx, scratch.Options{Binaries: bin, Dir: scratch.MemoryDir(), Private: true})
	if err != nil {
		return nil, err
	}
	s := &Scratch{Cluster: cluster, LeftOut: holds.LeftOut}
	if err := s.fill(ctx, source{client: c, path: path, holds: holds}, with); err != nil {
		return nil, errors.Join(fmt.Errorf("throwaway database: %w", err), cluster.Close())
	}
	return s, nil
}

// source is a dump and what it holds.
type source struct {
	client dump.Client
	path   string
	holds  dump.Contents
}

// fill restores as a role that is no superuser. What takes one is made before
// anything of the dump is there but the names of its schemas.
func (s *Scratch) fill(ctx context.Context, from source, with Copy) error {
	f, err := s.found(ctx, with.Rights)
	if err != nil {
		return err
	}
	defer f.conn.Close(context.WithoutCancel(ctx))
	var flags []string
	if with.OfDump {
		flags = []string{dump.WithoutRights}
	}
	schemas, err := dump.RestoreSchemas(ctx, from.client, s.Whole, from.path, from.holds, flags...)
	if err != nil {
		return err
	}
	if err := f.extensions(ctx, from.holds); err != nil {
		return err
	}
	others, err := dump.RestoreOthers(ctx, from.client, s.Whole, from.path, from.holds, flags...)
	if err != nil {
		return err
	}
	s.Missing = append(append(f.missing, schemas.Errors...), others.Errors...)
	if err := s.complete(ctx, with); err != nil {
		return err
	}
	return f.handOver(ctx)
}

// emptyLedger removes what a dump carried along of belay's own: those rows are
// another database's history.
const emptyLedger = `DO $$ BEGIN
	IF (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'belay' AND c.relname IN ('run', 'applied_file', 'campaign', 'meta') AND c.relkind = 'r') = 4 THEN
		TRUNCATE belay.run, belay.applied_file, belay.campaign CASCADE;
	END IF;
END $$`

// complete adds what a schema does not hold: the history's rows, the search path.
// It may run code of the dump: triggers, defaults, index expressions.
func (s *Scratch) complete(ctx context.Context, with Copy) error {
	conn, err := pgx.Connect(ctx, s.Whole.DSN.Reveal())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, sql := range []string{"SET search_path = pg_catalog, pg_temp", emptyLedger} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	if with.History != "" {
		if _, err := conn.PgConn().CopyFrom(ctx, bytes.NewReader(with.Rows),
			"COPY "+with.History+" FROM STDIN"); err != nil {
			return fmt.Errorf("history table: %w", err)
		}
		if err := advance(ctx, conn, with.History); err != nil {
			return fmt.Errorf("sequences of the history table: %w", err)
		}
	}
	if with.SearchPath == "" {
		return nil
	}
	if _, err := conn.Exec(ctx, "SELECT pg_catalog.set_config('search_path', $1, false)", with.SearchPath); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+database+" SET search_path FROM CURRENT")
	return err
}

// sequencesSQL finds the sequences that fill columns of a table: serial, identity,
// and a default of one's own.
const sequencesSQL = `SELECT DISTINCT pg_catalog.quote_ident(a.attname), s.oid::pg_catalog.regclass::text
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
JOIN pg_catalog.pg_class s ON s.relkind = 'S'
LEFT JOIN pg_catalog.pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
WHERE a.attrelid = $1::pg_catalog.regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = ANY ('{int2,int4,int8}'::pg_catalog.regtype[])
  AND (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = s.oid AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i')
    OR d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = f.oid AND d.refobjid = s.oid)`

// advance puts the sequences of a table past its rows, which came without them.
func advance(ctx context.Context, conn *pgx.Conn, table string) error {
	rows, err := conn.Query(ctx, sequencesSQL, table)
	if err != nil {
		return err
	}
	type filled struct{ Column, Sequence string }
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[filled])
	if err != nil {
		return err
	}
	for _, f := range all {
		sql := fmt.Sprintf("SELECT pg_catalog.setval($1::text::pg_catalog.regclass, pg_catalog.max(%s)) FROM %s "+
			"HAVING pg_catalog.max(%s) >= 1", f.Column, table, f.Column)
		if _, err := conn.Exec(ctx, sql, f.Sequence); err != nil {
			return err
		}
	}
	return nil
}
