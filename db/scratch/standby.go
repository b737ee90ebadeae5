package scratch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
)

// Standby makes a streaming standby of the cluster and starts it: a copy with
// its own folder, port and log, that answers reads and refuses writes. It is
// closed with its primary. With pg_basebackup the primary keeps running;
// without it the primary is stopped for the copy and its sessions end.
// Servers before 12 are refused.
func (c *Cluster) Standby(ctx context.Context) (*Cluster, error) {
	if c.Major() < 12 {
		return nil, fmt.Errorf("a standby of PostgreSQL %d is not supported: use 12 or later", c.Major())
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	s, err := newCluster(c.bin, c.account, c.base, c.options)
	if err != nil {
		return nil, fmt.Errorf("standby: %w", err)
	}
	s.password = c.password // pg_authid is copied
	if err = c.copyTo(ctx, s); err == nil {
		if err = s.follow(c); err == nil {
			err = s.startOnFreePort(ctx)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("standby: %w", errors.Join(err, s.Close()))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.standbys = append(c.standbys, s)
	return s, nil
}

// Promote makes a standby a primary of its own and returns when it takes writes.
func (c *Cluster) Promote(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.SocketDSN(""))
	if err != nil {
		return fmt.Errorf("promote: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var done bool
	err = conn.QueryRow(ctx, `SELECT pg_catalog.pg_promote(true, 60)`).Scan(&done)
	if err == nil && !done {
		err = errors.New("the server did not finish within 60 s")
	}
	if err != nil {
		return fmt.Errorf("promote: %w", err)
	}
	return nil
}

// follow makes the copy a standby of primary.
func (c *Cluster) follow(primary *Cluster) error {
	conninfo := fmt.Sprintf("\nprimary_conninfo = 'host=%s port=%d user=%s application_name=%s'\nhot_standby = on\n",
		primary.socket, primary.port, primary.Superuser(), filepath.Base(c.folder.path))
	auto := filepath.Join(c.data, "postgresql.auto.conf")
	text, err := os.ReadFile(auto)
	if err != nil {
		return err
	}
	if err := c.writeOwned(auto, string(text)+conninfo); err != nil {
		return err
	}
	return c.writeOwned(filepath.Join(c.data, "standby.signal"), "")
}

// copyTo fills the data folder of s.
func (c *Cluster) copyTo(ctx context.Context, s *Cluster) error {
	if c.bin.PgBasebackup != "" {
		return s.runTool(ctx, c.bin.PgBasebackup, "-D", s.data, "-h", c.socket, "-p", fmt.Sprint(c.port),
			"-U", c.Superuser(), "-X", "fetch", "-c", "fast", "--no-sync")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.stop(Fast); err != nil {
		return err
	}
	err := copyData(c.data, s.data, c.account)
	return errors.Join(err, c.start(ctx))
}
