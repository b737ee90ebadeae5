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
	// Roles exist by name only: nobody can log in as one of them.
	Roles []string
	// SearchPath is the target session's; "" = the server's own default.
	SearchPath string
	// History is the table's quoted name and its rows as COPY writes them; Create
	// is the DDL where the table does not exist yet.
	History, Create string
	Rows            []byte
	// Restore are further flags of pg_restore.
	Restore []string
}

const rolesSQL = `select rolname::text from pg_catalog.pg_roles where rolname !~ '^pg_' order by 1 limit 1000`

// ReadCopy reads what a rehearsal needs beside the schema. history is "" where
// the table does not exist.
func ReadCopy(ctx context.Context, c *db.Conn, history string) (Copy, error) {
	var out Copy
	rows, err := c.Query(ctx, rolesSQL)
	if err != nil {
		return out, fmt.Errorf("roles: %w", err)
	}
	if out.Roles, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return out, fmt.Errorf("roles: %w", err)
	}
	if err := c.QueryRow(ctx, `select pg_catalog.current_setting('search_path')`).Scan(&out.SearchPath); err != nil {
		return out, fmt.Errorf("search_path: %w", err)
	}
	if history == "" {
		return out, nil
	}
	var b bytes.Buffer
	if _, err := c.PgConn().CopyTo(ctx, &b, "COPY "+history+" TO STDOUT"); err != nil {
		return out, fmt.Errorf("history table %s: %w", history, err)
	}
	out.History, out.Rows = history, b.Bytes()
	return out, nil
}

// Scratch is a throwaway cluster with one database to rehearse in.
type Scratch struct {
	Cluster *scratch.Cluster
	Config  db.Config
	// Missing are objects that could not be restored, in pg_restore's words.
	Missing []string
}

// Close ends the cluster and removes all of it.
func (s *Scratch) Close() error { return s.Cluster.Close() }

const database = "rehearsal"

// Open starts a cluster and restores a dump and a copy into it.
func Open(ctx context.Context, bin scratch.Binaries, c dump.Client, path string, with Copy) (*Scratch, error) {
	cluster, err := scratch.Start(ctx, scratch.Options{Binaries: bin, Dir: scratch.MemoryDir()})
	if err != nil {
		return nil, err
	}
	s := &Scratch{Cluster: cluster}
	if err := s.fill(ctx, c, path, with); err != nil {
		return nil, errors.Join(err, cluster.Close())
	}
	return s, nil
}

func (s *Scratch) fill(ctx context.Context, c dump.Client, path string, with Copy) error {
	var statements []string
	for _, r := range with.Roles {
		if r != scratch.Superuser {
			statements = append(statements, "CREATE ROLE "+pgx.Identifier{r}.Sanitize()+" NOLOGIN")
		}
	}
	if err := execAll(ctx, s.Cluster.SocketDSN(""), append(statements, "CREATE DATABASE "+database)); err != nil {
		return fmt.Errorf("throwaway database: %w", err)
	}
	var err error
	if s.Config, err = db.ParseConfig(s.Cluster.DSN(database), "throwaway cluster"); err != nil {
		return err
	}
	restored, err := dump.Restore(ctx, c, s.Config, path, with.Restore...)
	if err != nil {
		return err
	}
	s.Missing = restored.Errors
	return s.complete(ctx, with)
}

// emptyLedger removes what a dump carried along of belay's own: those rows are
// another database's history.
const emptyLedger = `DO $$ BEGIN
	IF pg_catalog.to_regclass('belay.run') IS NOT NULL AND pg_catalog.to_regclass('belay.meta') IS NOT NULL THEN
		TRUNCATE belay.run, belay.applied_file, belay.campaign CASCADE;
	END IF;
END $$`

// complete adds what a schema does not hold: the history's rows, the search path.
func (s *Scratch) complete(ctx context.Context, with Copy) error {
	statements := []string{emptyLedger}
	if with.Create != "" {
		statements = append(statements, with.Create)
	}
	conn, err := pgx.Connect(ctx, s.Cluster.SocketDSN(database))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("throwaway database: %w", err)
		}
	}
	if with.History != "" {
		if _, err := conn.PgConn().CopyFrom(ctx, bytes.NewReader(with.Rows), "COPY "+with.History+" FROM STDIN"); err != nil {
			return fmt.Errorf("history table in the throwaway database: %w", err)
		}
		if err := advance(ctx, conn, with.History); err != nil {
			return fmt.Errorf("sequences of the history table in the throwaway database: %w", err)
		}
	}
	if with.SearchPath == "" {
		return nil
	}
	// The value is a list as SHOW prints it, quoted where it must be.
	_, err = conn.Exec(ctx, "ALTER DATABASE "+database+" SET search_path = "+with.SearchPath)
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
		sql := fmt.Sprintf("SELECT pg_catalog.setval($1::text::pg_catalog.regclass, pg_catalog.max(%s)) FROM %s HAVING pg_catalog.max(%s) >= 1", f.Column, table, f.Column)
		if _, err := conn.Exec(ctx, sql, f.Sequence); err != nil {
			return err
		}
	}
	return nil
}

func execAll(ctx context.Context, dsn string, statements []string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}
