package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/db/dump"
	"belay/db/inspect"
	"belay/sqlview/catalog"
	"belay/sqlview/effect"
)

// Work is a migration to rehearse.
type Work struct {
	Up apply.Unit
	// SHA256 is of the file; DownPath and DownSHA256 of its way back, "" = none.
	SHA256, DownPath, DownSHA256 string
	// Down makes the unit that takes it back, judged by the catalog as it is
	// then. It is called only where DownPath is not "".
	Down func(ctx context.Context, s *catalog.Snapshot) (apply.Unit, error)
}

// Order is one rehearsal.
type Order struct {
	Config db.Config
	Works  []Work
	// Client dumps the schema before and after the way back; its zero value means
	// that only the catalog is compared. Whole is as whom it connects.
	Client dump.Client
	Whole  db.Config
	// Create makes the history table first; "" = it is there. Acts is the role that
	// does; "" = the login.
	Create, Acts string
	// Withheld is true where the migration has rights elsewhere that nobody has here.
	Withheld bool
	// ForwardOnly leaves the way back out: the server is shared.
	ForwardOnly bool
	// Tell is given a sentence now and then; nil = nobody listens.
	Tell func(string)
}

// slowHold is how long a unit that was judged slow may hold its locks where
// nobody waits.
const slowHold = time.Hour

// stage is one rehearsal on its way.
type stage struct {
	o    Order
	trio *db.Trio
	x    *apply.Executor
	r    *Record
	back int // the first work that is taken back
	was  string
}

// Run rehearses on an open place and fills the record: units, times, what
// differed. An error of the migration itself stands in the record; the error
// returned is one of the place.
func Run(ctx context.Context, o Order, r *Record) error {
	t, err := db.OpenTrio(ctx, o.Config, "rehearse", "rehearse")
	if err != nil {
		return err
	}
	s := &stage{o: o, trio: t, r: r, x: &apply.Executor{Trio: t}}
	defer func() { _ = t.Close() }()
	if o.Create != "" {
		err := t.Executor.As(ctx, o.Acts, func() error {
			_, err := t.Executor.Exec(ctx, o.Create)
			return err
		})
		if err != nil {
			return fmt.Errorf("history table: %w", err)
		}
	}
	s.back = s.firstBack()
	r.BackFrom = s.back
	for i, w := range o.Works {
		r.Units = append(r.Units, Unit{
			Version: w.Up.Name, Path: w.Up.Path, SHA256: w.SHA256, DownPath: w.DownPath, DownSHA256: w.DownSHA256,
			DownMS: -1, AgainMS: -1,
		})
		if i == s.back {
			if s.was, err = s.schema(ctx); err != nil {
				return err
			}
		}
		if done, err := s.forward(ctx, i, "apply", &r.Units[i].ApplyMS); !done {
			return err
		}
	}
	return s.roundTrip(ctx)
}

// firstBack is the start of the tail in which every file has its way back.
func (s *stage) firstBack() int {
	n := len(s.o.Works)
	if s.o.ForwardOnly {
		s.r.Limits = append(s.r.Limits, "forward only: the way back was not rehearsed")
		return n
	}
	first := n
	for first > 0 && s.o.Works[first-1].DownPath != "" {
		first--
	}
	if first > 0 {
		s.r.Limits = append(s.r.Limits,
			s.o.Works[first-1].Up.Path+" has no down file: from there back nothing was rehearsed")
	}
	return first
}

// roundTrip takes back what has a way back, compares, and applies it again.
func (s *stage) roundTrip(ctx context.Context) error {
	n := len(s.o.Works)
	if s.back == n {
		return nil
	}
	for i := n - 1; i >= s.back; i-- {
		if done, err := s.backward(ctx, i); !done {
			return err
		}
	}
	is, err := s.schema(ctx)
	if err != nil {
		return err
	}
	s.r.Diff = Diff(s.was, is)
	for i := s.back; i < n; i++ {
		if done, err := s.forward(ctx, i, "apply again", &s.r.Units[i].AgainMS); !done {
			return err
		}
	}
	return nil
}

// forward applies one unit. It reports false where the rehearsal ends there.
func (s *stage) forward(ctx context.Context, i int, phase string, ms *int64) (bool, error) {
	u := s.o.Works[i].Up
	if slow(u) {
		u.Hold = slowHold
	}
	if phase != "apply" {
		return s.unit(ctx, u, phase, ms)
	}
	seen, err := newObserver(ctx, s.trio.Executor.Conn, u)
	if err != nil {
		return false, err
	}
	s.x.Tell = seen.tell(ctx)
	from, err := s.wal(ctx)
	if err != nil {
		return false, err
	}
	done, err := s.unit(ctx, u, phase, ms)
	s.x.Tell = nil
	if !done || err != nil {
		return done, err
	}
	s.r.Units[i].Statements = seen.out
	to, err := s.wal(ctx)
	s.r.Units[i].WALBytes = to - from
	return true, errors.Join(err, seen.err)
}

// slow reports whether a unit was not judged instant.
func slow(u apply.Unit) bool {
	return slices.ContainsFunc(u.Statements, func(st apply.Statement) bool {
		return !st.Effect.Known || st.Effect.Duration != effect.Instant
	})
}

func (s *stage) backward(ctx context.Context, i int) (bool, error) {
	w := s.o.Works[i]
	now, err := inspect.Catalog(ctx, s.trio.Executor)
	if err != nil {
		return false, err
	}
	u, err := w.Down(ctx, now)
	if err != nil {
		s.failed("roll back", err)
		return false, nil
	}
	// Nobody waits here, and a way back is mostly slow.
	u.Hold = slowHold
	return s.unit(ctx, u, "roll back", &s.r.Units[i].DownMS)
}

func (s *stage) unit(ctx context.Context, u apply.Unit, phase string, ms *int64) (bool, error) {
	s.say("%s %s", phase, u.Path)
	began := time.Now()
	res := s.x.Run(ctx, u)
	*ms = time.Since(began).Milliseconds()
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	if res.Outcome != apply.Applied {
		s.failed(phase, errors.Join(res.Err))
		return false, nil
	}
	return true, nil
}

func (s *stage) failed(phase string, err error) {
	s.r.Phase, s.r.Error, s.r.SQLState = phase, err.Error(), db.SQLState(err)
	var f *apply.Failure
	if errors.As(err, &f) {
		s.r.SQLState = f.Code
	}
	s.r.Beyond = s.o.Withheld && s.r.SQLState == "42501"
}

func (s *stage) wal(ctx context.Context) (at int64, err error) {
	err = s.trio.Spare(ctx, func(c *db.Conn) error {
		return c.QueryRow(ctx,
			`select pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::int8`).Scan(&at)
	})
	return at, err
}

// schema is the text of the schema as pg_dump writes it, or the catalog's
// fingerprint where there is no pg_dump.
func (s *stage) schema(ctx context.Context) (string, error) {
	if s.o.Client.Dump == "" {
		now, err := inspect.Catalog(ctx, s.trio.Executor)
		return "fingerprint " + now.Fingerprint(), err
	}
	dir, err := os.MkdirTemp("", "belay-rehearsal-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	d, err := dump.Take(ctx, s.o.Client, s.o.Whole, dump.Options{
		Dir: dir, Name: "schema", SchemaOnly: true, Run: "rehearse", ServerMajor: s.trio.Executor.ServerMajor(),
		Whose: s.trio.Executor.Whose(),
	})
	if err != nil {
		return "", err
	}
	return dump.Schema(ctx, s.o.Client, d.Path)
}

func (s *stage) say(format string, args ...any) {
	if s.o.Tell != nil {
		s.o.Tell(fmt.Sprintf(format, args...))
	}
}
