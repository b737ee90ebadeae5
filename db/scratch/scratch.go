// Package scratch runs throwaway PostgreSQL clusters from binaries found on
// the machine: for rehearsals, for the demo and for every test that needs a
// server. A cluster listens on a private socket folder and on loopback with a
// random password, and it is gone with the process that started it.
//
// Three things end a cluster: Close; on Linux the death of its owner, by
// SIGQUIT from the kernel; and the next Start of the same user, which removes
// what an owner that was ended without warning left behind.
package scratch

import (
	"context"
	"fmt"
	"time"
)

// startTimeout bounds initdb and one start of the server when the caller's
// context has no nearer deadline. A loaded machine needs seconds, not this.
const startTimeout = 2 * time.Minute

// Options say how a cluster is made. The zero value is a cluster for tests:
// the newest binaries of the machine, fsync off, in the temporary folder.
type Options struct {
	// Binaries to run. The zero value means Find("").
	Binaries Binaries
	// Settings are written to postgresql.conf after our own, so they win.
	// Port, listen_addresses and unix_socket_directories are ours.
	Settings map[string]string
	// Durable keeps fsync, full_page_writes and synchronous_commit on, for
	// measurements that have to tell the truth about a disk.
	Durable bool
	// Dir is the folder the cluster's own folder is made in. Empty means the
	// temporary folder, or /tmp where that is too long for a socket or closed
	// to the user the server runs as.
	Dir string
	// Private is for a server that will run what others wrote: it listens on its
	// socket alone, and its superuser is [PrivateSuperuser], so that postgres is a
	// name like any other. Everybody else needs a password there too. Take the
	// superuser's LOGIN away before anything of others' is there.
	Private bool
}

// Start makes a cluster with initdb and starts it. ctx bounds the start only;
// afterwards the cluster runs until Close or the end of this process. Run as
// root it drops to the user postgres, or nobody, as PostgreSQL demands.
//
// The error is a *NotFoundError where the machine has no PostgreSQL, else it
// carries the last lines of what initdb or the server said.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout,
		fmt.Errorf("scratch cluster was not ready after %s", startTimeout))
	defer cancel()
	c, err := prepare(o)
	if err != nil {
		return nil, fmt.Errorf("scratch cluster: %w", err)
	}
	if err = c.makeData(ctx); err == nil {
		err = c.startOnFreePort(ctx)
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("scratch cluster: %w", err)
	}
	return c, nil
}

// prepare chooses binaries, user and folder. Nothing runs yet.
func prepare(o Options) (*Cluster, error) {
	bin := o.Binaries
	if bin.Postgres == "" {
		var err error
		if bin, err = Find(""); err != nil {
			return nil, err
		}
	}
	acc, err := serverAccount()
	if err != nil {
		return nil, err
	}
	base, err := baseDir(o.Dir, acc)
	if err != nil {
		return nil, err
	}
	sweep(base)
	return newCluster(bin, acc, base, o)
}
