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
	"belay/sqlview/recording"
	"belay/steps"
	"belay/steps/project"
)

func (a *app) watchCommand() *cobra.Command {
	var once bool
	var output, record string
	c := &cobra.Command{
		Use:   "watch [RELATION...]",
		Short: "Show who waits for whom, table sizes and traffic, live",
		Long: `Samples the server: who waits for whom, and the size and traffic of the relations named. It takes no
table lock and runs at most once a second. In a terminal it is a screen, with the largest tables where none is
named: j and k move, enter shows a whole query, E ends a session by typed words, / filters, o orders, f follows
a relation, space pauses. With --plain, and where the output is no terminal, it prints lines. --record keeps
what is seen, and "belay replay FILE" plays it again.`,
		RunE: command(func(_ *cobra.Command, relations []string) error {
			return a.watch(relations, once, output, record)
		}),
	}
	c.Flags().BoolVar(&once, "once", false, "print one sample and end")
	c.Flags().StringVar(&output, "output", "text", "text or json")
	c.Flags().StringVar(&record, "record", "", "keep what is seen in this new file, for belay replay; "+
		"no data of the database is in it")
	return c
}

func (a *app) watch(relations []string, once bool, output, record string) (err error) {
	if err := checkOutput(output, "text", "json"); err != nil {
		return err
	}
	if once && record != "" {
		return &usageError{problem: "--once and --record together", advice: "give one of them"}
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
	defer c.Close()
	w := &watching{
		app: a, project: p, title: cfg.Description(), conn: c, watcher: watch.New(nil), relations: relations,
		output: output, record: record,
	}
	began := time.Now()
	defer func() { err = errors.Join(err, w.tape.end(a, began)) }()
	if !once && output == "text" && a.onTerminal() {
		return w.screen()
	}
	if err := w.open(a.ctx, func(string) {}); err != nil {
		return err
	}
	if once {
		return advised(w.once())
	}
	return w.live()
}

// open connects, refuses names of which nothing would ever be shown, and begins the
// recording. It says what it waits for.
func (w *watching) open(ctx context.Context, waits func(what string)) error {
	waits("the connection to " + w.title)
	if err := w.conn.Open(ctx); err != nil {
		return err
	}
	if len(w.relations) > 0 {
		waits("the relations that were named")
	}
	err := w.conn.Lend(ctx, sampleLimit, func(c *db.Conn) (err error) {
		w.relations, err = watch.Find(ctx, c, w.relations)
		return err
	})
	if err != nil || w.record == "" {
		return advised(err)
	}
	h := recording.Header{Database: w.title, Environment: w.environment(ctx)}
	w.tape, err = newRecorder(w.record, h)
	return err
}

// environment is the word that is known of the database; "" = none, or it could not be asked.
func (w *watching) environment(ctx context.Context) (word string) {
	_ = w.conn.Lend(ctx, sampleLimit, func(c *db.Conn) error {
		i, err := db.Identify(ctx, c)
		if err == nil {
			word, _ = w.project.Environment(i.SystemIdentifier, i.Database)
		}
		return err
	})
	return word
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
	app     *app
	project *project.Project
	// title names the database.
	title     string
	conn      *db.Shared
	watcher   *watch.Watcher
	relations []string
	output    string
	// record is where it is kept; "" = nowhere.
	record string
	// tape keeps what is seen; nil = nothing is kept.
	tape   *recorder
	warned time.Time // when it was last said that there is no sample
}

// sampleLimit is how long one sample may take.
const sampleLimit = 10 * time.Second

func (w *watching) sample() (s activity.Sample, err error) {
	err = w.conn.Lend(w.app.ctx, sampleLimit, func(c *db.Conn) (err error) {
		w.watcher.Use(c)
		if s, err = w.watcher.Sample(w.app.ctx, w.relations); err == nil {
			err = w.tape.keep(s)
		}
		return err
	})
	return s, err
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
	if time.Since(w.warned) < blindEvery {
		return
	}
	w.warned = time.Now()
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
