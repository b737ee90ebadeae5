package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"belay/db"
	"belay/db/watch"
	"belay/sqlview/activity"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/project"
	"belay/steps/sessions"
	"belay/tui"
	"belay/tui/live"
)

func (a *app) watchCommand() *cobra.Command {
	var once bool
	var output string
	c := &cobra.Command{
		Use:   "watch [RELATION...]",
		Short: "Show who waits for whom, table sizes and traffic, live",
		Long: `Samples the server: who waits for whom, and the size and traffic of the relations named. It takes no
table lock and runs at most once a second. In a terminal it is a screen, with the largest tables where none is
named: j and k move, enter shows a whole query, E ends a session by typed words, / filters, o orders, f follows
a relation, space pauses. With --plain, and where the output is no terminal, it prints lines.`,
		RunE: command(func(_ *cobra.Command, relations []string) error { return a.watch(relations, once, output) }),
	}
	c.Flags().BoolVar(&once, "once", false, "print one sample and end")
	c.Flags().StringVar(&output, "output", "text", "text or json")
	return c
}

func (a *app) watch(relations []string, once bool, output string) error {
	if err := checkOutput(output, "text", "json"); err != nil {
		return err
	}
	p, err := a.target()
	if err != nil {
		return err
	}
	if !p.HasDSN() {
		return &steps.Refused{Problem: "no database is named", Advice: "set $DATABASE_URL, or give --dsn or --target"}
	}
	cfg, err := p.Database()
	if err != nil {
		return err
	}
	c := db.NewShared(cfg, db.Session{Kind: db.Monitor})
	if err := c.Open(a.ctx); err != nil {
		return err
	}
	defer c.Close()
	w := &watching{app: a, conn: c, watcher: watch.New(nil), relations: relations, output: output}
	if err := w.find(); err != nil {
		return advised(err)
	}
	if once {
		return advised(w.once())
	}
	if output == "text" && a.onTerminal() {
		return w.screen(p)
	}
	return w.live()
}

// mostTables is how many tables are watched where nobody has named any.
const mostTables = 12

// screen is the watch on a terminal.
func (w *watching) screen(p *project.Project) error {
	a := w.app
	if len(w.relations) == 0 {
		err := w.conn.Lend(a.ctx, sampleLimit, func(c *db.Conn) (err error) {
			w.relations, err = watch.Largest(a.ctx, c, mostTables)
			return err
		})
		if err != nil {
			return err
		}
	}
	cfg, err := p.Database()
	if err != nil {
		return err
	}
	return live.Run(a.ctx, live.Config{
		Terminal: tui.Config{Color: a.colored(), In: a.in, Out: a.terminal}, Title: cfg.Description(),
		Relations: w.relations,
		Sample: func(ctx context.Context, relations []string) (s activity.Sample, every time.Duration, err error) {
			err = w.lend(ctx, func(c *db.Conn) (err error) {
				w.watcher.Use(c)
				s, err = w.watcher.Sample(ctx, relations)
				return err
			})
			return s, w.watcher.Interval(), err
		},
		Find: func(ctx context.Context, name string) (found string, err error) {
			err = w.lend(ctx, func(c *db.Conn) error {
				all, err := watch.Find(ctx, c, []string{name})
				if err == nil {
					found = all[0]
				}
				return err
			})
			return found, err
		},
		See: func(ctx context.Context, pid int) (s activity.Session, ok bool, err error) {
			err = w.lend(ctx, func(c *db.Conn) (err error) {
				s, ok, err = watch.Session(ctx, c, pid)
				return err
			})
			return s, ok, err
		},
		End: func(ctx context.Context, s activity.Session, way activity.Way) journal.SessionEnded {
			lend := func(ctx context.Context, use func(*db.Conn) error) error {
				return w.conn.Lend(ctx, sampleLimit, use)
			}
			return sessions.Server{Lend: lend}.End(ctx, s, way)
		},
		Me: "you",
	})
}

// lend is the connection for one question of the screen's. The error is a sentence.
func (w *watching) lend(ctx context.Context, f func(*db.Conn) error) error {
	err := w.conn.Lend(ctx, sampleLimit, f)
	if err == nil {
		return nil
	}
	if unknown, ok := errors.AsType[*watch.NameError](err); ok {
		return fmt.Errorf("%w; %s", unknown, unknown.Hint())
	}
	message, _ := db.Explain(err)
	return errors.New(message)
}

// advised is an error of the database with what to do now.
func advised(err error) error {
	if err == nil || steps.HintOf(err) != "" {
		return err
	}
	return steps.Database("a sample of locks and sizes", err)
}

// watching is a watch on its way. Its connection comes back by itself.
type watching struct {
	app       *app
	conn      *db.Shared
	watcher   *watch.Watcher
	relations []string
	output    string
	told      time.Time // when it was last said that there is no sample
}

// sampleLimit is how long one sample may take.
const sampleLimit = 10 * time.Second

func (w *watching) sample() (s activity.Sample, err error) {
	err = w.conn.Lend(w.app.ctx, sampleLimit, func(c *db.Conn) (err error) {
		w.watcher.Use(c)
		s, err = w.watcher.Sample(w.app.ctx, w.relations)
		return err
	})
	return s, err
}

// find refuses names of which nothing would ever be shown.
func (w *watching) find() error {
	return w.conn.Lend(w.app.ctx, sampleLimit, func(c *db.Conn) (err error) {
		w.relations, err = watch.Find(w.app.ctx, c, w.relations)
		return err
	})
}

// once prints one sample. Rates need two moments, so the first is taken and kept
// for the second.
func (w *watching) once() error {
	if _, err := w.sample(); err != nil {
		return err
	}
	if err := wait(w.app.ctx, w.watcher.Interval()); err != nil {
		return nil
	}
	s, err := w.sample()
	if err != nil {
		return err
	}
	return w.app.printSample(s, w.output)
}

// live prints moments until the person ends it. A server that is away is waited
// for, and that is said.
func (w *watching) live() error {
	for {
		s, err := w.sample()
		if w.app.ctx.Err() != nil {
			return nil
		}
		if err != nil {
			w.blind(err)
		} else if err := w.app.printSample(s, w.output); err != nil {
			return err
		}
		if wait(w.app.ctx, w.watcher.Interval()) != nil {
			return nil
		}
	}
}

// blindEvery is how often it is said that there is no sample.
const blindEvery = 5 * time.Second

// blind says since when there is no sample, and why.
func (w *watching) blind(err error) {
	if time.Since(w.told) < blindEvery {
		return
	}
	w.told = time.Now()
	since := ""
	if now := w.conn.Standing(); !now.Connected && !now.Since.IsZero() {
		since = " since " + now.Since.Format("15:04:05")
	}
	message, _ := db.Explain(err)
	w.app.errOut.say("%s  no sample%s: %s", time.Now().Format("15:04:05"), since, message)
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (a *app) printSample(s activity.Sample, output string) error {
	if output == "json" {
		return a.out.value(s, false)
	}
	n := s.Sessions
	a.out.say("%s  sessions %d of %d  active %d  idle in transaction %d  waiting %d",
		s.At.Format("15:04:05"), n.Total, n.Max, n.Active, n.IdleInTransaction, n.Waiting)
	for _, node := range s.Tree() {
		l := node.Lock
		word := "holds"
		if !l.Granted {
			word = "waits for"
		}
		a.out.say("  %*s%d  %s  %s %s on %s  %d ms", 2*node.Depth, "", l.PID, l.Application, word, l.Mode, l.Relation,
			l.SinceMS)
	}
	for _, t := range s.Tables {
		a.out.say("  %s  %d kB  reads/s %s  writes/s %s", t.Relation, t.Bytes/1024, rate(t.ReadsPerSecond),
			rate(t.WritesPerSecond))
	}
	return nil
}

// rate is a number a second; the first sample has none.
func rate(n float64) string {
	if n < 0 {
		return "not known yet"
	}
	return fmt.Sprintf("%.0f", n)
}
