package demo

import (
	"context"
	"crypto/rand"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/steps/demo/lane"
)

// database is the shop's name; the roles are those of its sessions.
const (
	database = "shop"
	migrator = "demo"
	app      = "shop_app"
	reports  = "reports"
)

// settings make the server quick to fill, and still: an autovacuum in a lane
// would be one more thing in the way, by chance.
var settings = map[string]string{
	"wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "2GB", "checkpoint_timeout": "1h",
	"autovacuum": "off", "max_connections": "60", "max_parallel_maintenance_workers": "0", "jit": "off",
}

//go:embed migrations/*.sql
var migrations embed.FS

// applied is how far the shop's history is before the lanes.
const applied = 39

// load fills the tables between the migrations that make them and their keys.
const load = `INSERT INTO customers SELECT i, 'customer ' || i, 'c' || i || '@example.com'
	FROM pg_catalog.generate_series(1, 10000) i;
INSERT INTO orders SELECT i, 1 + (i * 7919) % 10000, (ARRAY['paid', 'packed', 'sent', 'returned'])[1 + i % 4],
	((i * 104729) % 50000) / 100.0, timestamptz '2024-01-01' + i * interval '30 seconds'
	FROM pg_catalog.generate_series(1, $1::bigint) i`

// furnish makes roles, database, tables and the project folder.
func (d *Demo) furnish(ctx context.Context) error {
	if err := d.makeRoles(ctx); err != nil {
		return err
	}
	d.doing("filling the shop: orders with " + grouped(d.options.Rows) + " rows")
	c, err := pgx.Connect(ctx, d.dsn(migrator))
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	if err := d.fill(ctx, c); err != nil {
		return err
	}
	if err := d.writeProject(); err != nil {
		return err
	}
	var version string
	err = c.QueryRow(ctx, `SELECT system_identifier::text, pg_catalog.current_setting('server_version')
		FROM pg_catalog.pg_control_system()`).Scan(&d.system, &version)
	d.change(func(s *lane.State) {
		s.Server = lane.Server{
			Version: number(version), Address: fmt.Sprintf("127.0.0.1:%d", d.cluster.Port()), Database: database,
			Role: migrator, Folder: d.cluster.Dir(), Rows: d.options.Rows,
		}
	})
	return err
}

// Empty makes an empty database beside the shop, once, and returns its URL.
func (d *Demo) Empty(ctx context.Context, name string) (string, error) {
	c, err := pgx.Connect(ctx, d.cluster.SocketDSN(""))
	if err != nil {
		return "", fmt.Errorf("demo: %w", err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	_, err = c.Exec(ctx, fmt.Sprintf("CREATE DATABASE %s OWNER %s", pgx.Identifier{name}.Sanitize(), migrator))
	if err != nil && db.SQLState(err) != duplicateDatabase {
		return "", fmt.Errorf("demo: %w", err)
	}
	return d.url(migrator, name), nil
}

// duplicateDatabase is the SQLSTATE of a database that is there already.
const duplicateDatabase = "42P04"

// makeRoles gives everybody the rights they would have elsewhere: nobody in the
// lanes is a superuser.
func (d *Demo) makeRoles(ctx context.Context) error {
	d.secret = rand.Text()
	c, err := pgx.Connect(ctx, d.cluster.SocketDSN(""))
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	for _, sql := range []string{
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s' IN ROLE pg_monitor", migrator, d.secret),
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", app, d.secret),
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", reports, d.secret),
		fmt.Sprintf("CREATE DATABASE %s OWNER %s", database, migrator),
	} {
		if _, err := c.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// fill makes the tables in one transaction: with wal_level minimal nothing of it
// is written to WAL.
func (d *Demo) fill(ctx context.Context, c *pgx.Conn) error {
	tables, err := fs.ReadFile(migrations, "migrations/000038_create_shop.up.sql")
	if err != nil {
		return err
	}
	keys, err := fs.ReadFile(migrations, "migrations/000039_keys.up.sql")
	if err != nil {
		return err
	}
	tx, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // after COMMIT there is nothing to roll back
	rights := fmt.Sprintf(`GRANT CREATE, USAGE ON SCHEMA public TO %s; GRANT SELECT, UPDATE ON orders TO %s;
		GRANT SELECT ON orders, customers TO %s;
		CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
		INSERT INTO schema_migrations VALUES (%d, false)`, migrator, app, reports, applied)
	for _, sql := range []string{string(tables), loadOf(d.options.Rows), string(keys), rights} {
		if _, err := tx.Conn().PgConn().Exec(ctx, sql).ReadAll(); err != nil {
			return err
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	_, err = c.Exec(ctx, "VACUUM (ANALYZE)")
	return err
}

// config is the shop's belay.toml. Nobody of a demo waits for ten minutes.
const config = "# A demo: on a real database belay watches for ten minutes at least.\n[monitor]\nminutes = 1\n"

// writeProject writes the migrations as a team would have them.
func (d *Demo) writeProject() error {
	for _, dir := range []string{d.StateDir(), d.ConfigDir(), filepath.Join(d.Dir(), "migrations")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(d.Dir(), "belay.toml"), []byte(config), 0o600); err != nil {
		return err
	}
	return os.CopyFS(d.Dir(), migrations)
}
