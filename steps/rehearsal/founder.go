package rehearsal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"belay/db"
	"belay/db/dump"
	"belay/db/scratch"
)

// founder is the one session that a superuser has on a throwaway cluster. It sends
// nothing but names of the dump, quoted, in statements of ours that run no code of a
// database: roles, extensions whose scripts lie on this machine, stand-ins.
type founder struct {
	conn  *pgx.Conn
	major int
	// rights are those that could be given.
	rights  Rights
	missing []string
}

// found makes database and roles, and sees to it that nobody logs in as a superuser
// again.
func (s *Scratch) found(ctx context.Context, r Rights) (*founder, error) {
	if err := once(ctx, s.Cluster.SocketDSN(""), "CREATE DATABASE "+database); err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, s.Cluster.SocketDSN(database))
	if err != nil {
		return nil, err
	}
	f := &founder{conn: conn, major: s.Cluster.Major()}
	if err = f.roles(ctx, r); err == nil {
		err = s.logins(ctx, f, f.rights)
	}
	if err == nil {
		err = f.sealed(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	return f, nil
}

// roles makes the roles, then their memberships: nothing is given to, or of, a role
// that was not made here.
func (f *founder) roles(ctx context.Context, r Rights) error {
	if err := f.all(ctx, "SET search_path = pg_catalog, pg_temp"); err != nil {
		return err
	}
	here := map[string]bool{}
	for _, x := range r.Roles {
		made, err := f.try(ctx, x.create(f.major))
		if err != nil {
			return err
		}
		here[x.Name] = here[x.Name] || made
	}
	var err error
	if f.rights, err = r.made(here); err != nil {
		return err
	}
	return f.memberships(ctx, f.rights)
}

func (f *founder) memberships(ctx context.Context, r Rights) error {
	for _, sql := range append(r.grants(f.major), r.borrowed()...) {
		if _, err := f.try(ctx, sql); err != nil {
			return err
		}
	}
	statements := []string{
		"CREATE ROLE " + lender + " NOLOGIN", "CREATE ROLE " + restorer + " NOSUPERUSER BYPASSRLS NOLOGIN",
		"GRANT " + lender + " TO " + restorer, "ALTER DATABASE " + database + " OWNER TO " + restorer,
		// Whoever is given an object must have the right to make one there.
		"GRANT ALL ON SCHEMA public TO " + lender, "GRANT ALL ON DATABASE " + database + " TO " + lender,
		"ALTER DEFAULT PRIVILEGES FOR ROLE " + restorer + " GRANT ALL ON SCHEMAS TO " + lender,
	}
	if f.major < 15 {
		owner := restorer
		if slices.ContainsFunc(r.Roles, func(x Role) bool { return x.Name == r.First }) {
			owner = quoted(r.First)
		}
		statements = append(statements, "ALTER SCHEMA public OWNER TO "+owner)
	}
	for _, x := range r.Roles {
		statements = append(statements, "GRANT "+quoted(x.Name)+" TO "+restorer, "GRANT "+lender+" TO "+quoted(x.Name))
	}
	return f.all(ctx, statements...)
}

// logins gives the restoring role and the migration's own a password, and takes the
// superuser's away. A migration of a dump logs in as the restoring role.
func (s *Scratch) logins(ctx context.Context, f *founder, r Rights) error {
	mine, err := s.login(ctx, f, restorer)
	if err != nil {
		return err
	}
	s.DSN = mine
	if r.Login != "" {
		if s.DSN, err = s.login(ctx, f, r.Login); err != nil {
			return err
		}
	}
	if s.Whole, err = db.ParseConfig(mine, "throwaway cluster"); err != nil {
		return err
	}
	if s.Config, err = db.ParseConfig(s.DSN, "throwaway cluster"); err != nil {
		return err
	}
	return f.all(ctx, "ALTER ROLE "+scratch.PrivateSuperuser+" NOLOGIN PASSWORD NULL")
}

func (s *Scratch) login(ctx context.Context, f *founder, role string) (dsn string, err error) {
	password := rand.Text()
	err = f.all(ctx, "ALTER ROLE "+quoted(role)+" LOGIN PASSWORD '"+password+"'")
	return s.Cluster.DSNAs(role, password, database), err
}

// outward are extensions whose functions reach other machines. They are there, and
// nobody may call them: a rehearsal writes nowhere else.
var outward = []string{"dblink", "http", "pg_net", "plproxy", "pg_background", "pg_cron"}

const memberFunctionsSQL = `SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
JOIN pg_extension x ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid AND d.deptype = 'e'
WHERE x.extname = $1 AND p.prokind IN ('f', 'p')`

// onlySchemasSQL finds what is in a new database beside schemas: normal objects begin
// at 16384 (FirstNormalObjectId in access/transam.h).
const onlySchemasSQL = `SELECT pg_catalog.pg_describe_object(classid, objid, 0) FROM (
	SELECT tableoid, oid FROM pg_proc UNION ALL SELECT tableoid, oid FROM pg_operator UNION ALL SELECT tableoid, oid FROM pg_class
	UNION ALL SELECT tableoid, oid FROM pg_type UNION ALL SELECT tableoid, oid FROM pg_cast UNION ALL SELECT tableoid, oid FROM pg_extension
	UNION ALL SELECT tableoid, oid FROM pg_event_trigger UNION ALL SELECT tableoid, oid FROM pg_collation
	UNION ALL SELECT tableoid, oid FROM pg_language UNION ALL SELECT tableoid, oid FROM pg_foreign_data_wrapper) x (classid, objid)
WHERE objid >= 16384 LIMIT 1`

// extensions makes those of a dump, and its wrappers. Their scripts run as the
// superuser: nothing that they could take for something else may be there yet.
func (f *founder) extensions(ctx context.Context, of dump.Contents) error {
	var found string
	switch err := f.conn.QueryRow(ctx, onlySchemasSQL).Scan(&found); {
	case err == nil:
		return &StrangeError{"the dump", "lists as a schema what makes " + found}
	case !errors.Is(err, pgx.ErrNoRows):
		return err
	}
	for _, x := range of.Extensions {
		// Scripts of extensions paste the schema's name (CVE-2023-39417).
		if strings.ContainsAny(x.Schema, `"'$\`) {
			f.missing = append(f.missing, "extension "+x.Name+": not made in a schema with that name: "+x.Schema)
			continue
		}
		if err := f.extension(ctx, x); err != nil {
			return err
		}
	}
	for _, w := range of.Wrappers {
		if err := f.wrapper(ctx, w); err != nil {
			return err
		}
	}
	return f.sealed(ctx)
}

// extension makes one of this machine's. A wrapper is replaced by one that reaches
// nothing: its servers and foreign tables are there, and cannot be read.
func (f *founder) extension(ctx context.Context, x dump.Extension) error {
	if strings.HasSuffix(x.Name, "_fdw") {
		return f.wrapper(ctx, x.Name)
	}
	sql := "CREATE EXTENSION IF NOT EXISTS " + quoted(x.Name)
	if x.Schema != "" && x.Schema != "pg_catalog" {
		sql += " WITH SCHEMA " + quoted(x.Schema)
	}
	if made, err := f.try(ctx, sql); !made || !slices.Contains(outward, x.Name) {
		return err
	}
	rows, err := f.conn.Query(ctx, memberFunctionsSQL, x.Name)
	if err != nil {
		return err
	}
	functions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, name := range functions {
		err = errors.Join(err, f.all(ctx, "REVOKE ALL ON ROUTINE "+name+" FROM PUBLIC"))
	}
	return err
}

func (f *founder) wrapper(ctx context.Context, name string) error {
	_, err := f.try(ctx, "CREATE FOREIGN DATA WRAPPER "+quoted(name),
		"GRANT USAGE ON FOREIGN DATA WRAPPER "+quoted(name)+" TO PUBLIC")
	return err
}

// handOver takes back what was lent, and gives the database its owner and rights.
func (f *founder) handOver(ctx context.Context) error {
	return f.all(ctx, append([]string{"DROP OWNED BY " + lender, "DROP ROLE " + lender}, f.rights.last()...)...)
}

// try notes what the server refuses, reports whether it did not, and goes on. Of a
// circle of memberships nobody needs to hear: the role has the other's rights the
// other way round.
func (f *founder) try(ctx context.Context, statements ...string) (done bool, err error) {
	err = f.all(ctx, statements...)
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		return err == nil, err
	}
	if said.Code != "0LP01" {
		f.missing = append(f.missing, fmt.Sprintf("%s: %s", statements[0], said.Message))
	}
	return false, nil
}

func (f *founder) all(ctx context.Context, statements ...string) error {
	for _, sql := range statements {
		if _, err := f.conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

func once(ctx context.Context, dsn, sql string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
}
