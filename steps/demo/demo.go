// Package demo plays the same two statements three ways on a throwaway server
// under live traffic, and then cuts a connection at COMMIT. Sessions, waits and
// cuts are real; only the shop is made up.
package demo

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"belay/db/scratch"
	"belay/steps/demo/lane"
)

// DefaultRows is how many orders the shop has.
const DefaultRows = 1_000_000

// Options say how the demo is set up. The zero value is the usual demo.
type Options struct {
	// Rows is the number of orders; 0 = DefaultRows.
	Rows int64
	// PGBin is the folder of the server's programs; "" = wherever scratch finds them.
	PGBin string
	// Base is the folder the server's own folder is made in; "" = scratch's choice.
	Base string
}

// Demo is one throwaway server with its shop and its traffic. Its methods may be
// called from several goroutines; lanes are played one after another.
type Demo struct {
	options Options
	cluster *scratch.Cluster
	traffic *traffic
	system  string
	secret  string // the password of the shop's own roles

	playing sync.Mutex
	mu      sync.Mutex // guards state
	state   lane.State
}

// New makes a demo of which nothing runs yet.
func New(o Options) *Demo {
	if o.Rows <= 0 {
		o.Rows = DefaultRows
	}
	return &Demo{options: o, state: lane.State{Doing: "looking for PostgreSQL"}}
}

// Open starts the server, fills the shop and lets traffic flow. ctx bounds all of
// it. The error is a *scratch.NotFoundError where the machine has no PostgreSQL.
// Close is to be called also after an error.
func (d *Demo) Open(ctx context.Context) error {
	bin, err := scratch.Find(d.options.PGBin)
	if err != nil {
		return err
	}
	d.doing(fmt.Sprintf("starting a throwaway PostgreSQL %d in %s", bin.Major, d.base()))
	if d.cluster, err = scratch.Start(ctx, scratch.Options{
		Binaries: bin, Settings: settings, Dir: d.options.Base,
	}); err != nil {
		return err
	}
	if err := d.furnish(ctx); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if d.traffic, err = startTraffic(ctx, d.dsn(app)); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	d.change(func(s *lane.State) { s.Phase, s.Doing = lane.Ready, "" })
	return nil
}

// base is where the server's folder is made, as far as it is known before.
func (d *Demo) base() string {
	if d.options.Base != "" {
		return d.options.Base
	}
	return os.TempDir()
}

// Close ends the traffic and the server and removes everything. A second Close
// does nothing.
func (d *Demo) Close() error {
	d.playing.Lock()
	defer d.playing.Unlock()
	if d.traffic != nil {
		d.traffic.stop()
	}
	if d.cluster == nil {
		return nil
	}
	return d.cluster.Close()
}

// State is what there is to see now.
func (d *Demo) State() lane.State {
	d.mu.Lock()
	s := d.state
	s.Lines = append([]lane.Line(nil), s.Lines...)
	d.mu.Unlock()
	if s.Phase != lane.Starting && d.traffic != nil {
		s.Traffic = d.traffic.meter.read(time.Now())
	}
	return s
}

// DSN is a URL to the shop as the role that runs migrations.
func (d *Demo) DSN() string { return d.dsn(migrator) }

// Dir is the shop's project folder, with its migrations.
func (d *Demo) Dir() string { return filepath.Join(d.cluster.Dir(), "shop") }

// StateDir and ConfigDir are where an engine on this demo keeps its things, so
// that they go with the server.
func (d *Demo) StateDir() string { return filepath.Join(d.cluster.Dir(), "state") }

// ConfigDir is for the user's store of an engine on this demo.
func (d *Demo) ConfigDir() string { return filepath.Join(d.cluster.Dir(), "config") }

// SystemIdentifier is the server's, as decimal digits.
func (d *Demo) SystemIdentifier() string { return d.system }

// dsn is a URL to the shop as one of its roles.
func (d *Demo) dsn(role string) string { return d.url(role, database) }

func (d *Demo) url(role, database string) string {
	u, err := url.Parse(d.cluster.DSN(database))
	if err != nil {
		panic(err) // the cluster made it
	}
	u.User = url.UserPassword(role, d.secret)
	return u.String()
}

func (d *Demo) change(f func(*lane.State)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(&d.state)
}

func (d *Demo) doing(what string) { d.change(func(s *lane.State) { s.Doing = what }) }

// Fail notes why the demo cannot go on, for the screen.
func (d *Demo) Fail(err error, hint string) {
	d.change(func(s *lane.State) { s.Phase, s.Err, s.Hint = lane.Failed, err.Error(), hint })
}

// tell adds a line to the lane's story.
func (d *Demo) tell(bad bool, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	d.change(func(s *lane.State) {
		s.Lines = append(s.Lines, lane.Line{After: time.Since(s.Began), Text: text, Bad: bad})
	})
}
