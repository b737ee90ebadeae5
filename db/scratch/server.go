package scratch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// StopMode is how the server is told to stop, in PostgreSQL's words.
type StopMode int

// The stop modes.
const (
	// Fast ends all sessions, rolls back what is open and writes a checkpoint.
	Fast StopMode = iota
	// Immediate ends the server without a checkpoint: the next start recovers
	// from WAL, as after a crash.
	Immediate
)

func (m StopMode) signal() syscall.Signal {
	if m == Immediate {
		return syscall.SIGQUIT
	}
	return syscall.SIGINT
}

// fastStopTimeout is when a fast stop becomes an immediate one.
const fastStopTimeout = 20 * time.Second

var errClosed = errors.New("scratch cluster is closed")

// startOnFreePort starts the server for the first time. Another program may
// take the port between the choice and the start; then the next one is tried.
func (c *Cluster) startOnFreePort(ctx context.Context) error { return c.startOn(ctx, freePort) }

func (c *Cluster) startOn(ctx context.Context, choose func() (int, error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	for range 5 {
		if c.port, err = choose(); err != nil {
			return err
		}
		if err = c.writeSettings(); err != nil {
			return err
		}
		if err = c.start(ctx); err == nil || ctx.Err() != nil || !portTaken(c.port) {
			return err
		}
	}
	return err
}

// Start starts a stopped server again on the same port. It does nothing when
// the server runs.
func (c *Cluster) Start(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.start(ctx)
}

// Stop stops the server and keeps its folder. It does nothing when the server
// does not run. Close stops and removes.
func (c *Cluster) Stop(mode StopMode) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stop(mode)
}

// Restart stops the server by mode and starts it on the same port.
func (c *Cluster) Restart(ctx context.Context, mode StopMode) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.stop(mode); err != nil {
		return err
	}
	return c.start(ctx)
}

// Crash is Stop(Immediate): what a power cut looks like to clients and to WAL.
func (c *Cluster) Crash() error { return c.Stop(Immediate) }

// Close stops the server and its standbys and removes their folders. A second
// Close does nothing.
func (c *Cluster) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	var errs []error
	for _, s := range c.standbys {
		errs = append(errs, s.Close())
	}
	// Nobody reads the data again: no checkpoint is worth waiting for.
	errs = append(errs, c.stop(Immediate), c.folder.remove())
	return errors.Join(errs...)
}

// start is called with mu held.
func (c *Cluster) start(ctx context.Context) error {
	if c.closed {
		return errClosed
	}
	if c.server != nil && !c.server.ended() {
		return nil
	}
	log, err := os.OpenFile(c.LogFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	// The server outlives ctx, which bounds only the wait for it.
	cmd := c.command(context.WithoutCancel(ctx), syscall.SIGQUIT, c.bin.Postgres, "-D", c.data)
	cmd.Stdout, cmd.Stderr = log, log
	if c.server, err = run(cmd); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if err := c.awaitReady(ctx); err != nil {
		return errors.Join(err, c.stop(Immediate))
	}
	return nil
}

// awaitReady returns when a session can be opened.
func (c *Cluster) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, c.SocketDSN(""))
		if err == nil {
			return errors.Join(c.renewPassword(ctx, conn), conn.Close(ctx))
		}
		select {
		case <-c.server.done:
			text, _ := os.ReadFile(c.LogFile())
			return fmt.Errorf("postgres ended at start: %w: %s", c.server.err, lastLines(string(text)))
		case <-ctx.Done():
			return fmt.Errorf("postgres is not ready: %w", errors.Join(context.Cause(ctx), err))
		case <-tick.C:
		}
	}
}

// stop is called with mu held.
func (c *Cluster) stop(mode StopMode) error {
	if c.server == nil {
		return nil
	}
	p := c.server
	c.server = nil
	for _, s := range [...]syscall.Signal{mode.signal(), syscall.SIGQUIT, syscall.SIGKILL} {
		if err := p.cmd.Process.Signal(s); errors.Is(err, os.ErrProcessDone) {
			<-p.done
			return nil
		}
		timer := time.NewTimer(fastStopTimeout)
		select {
		case <-p.done:
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
	return fmt.Errorf("server %d did not stop", p.cmd.Process.Pid)
}
