package main

import (
	"context"
	"errors"
	"time"

	"belay/db"
	"belay/db/watch"
	"belay/sqlview/activity"
	"belay/steps/journal"
	"belay/steps/sessions"
	"belay/tui/live"
)

// mostTables is how many tables are watched where nobody has named any.
const mostTables = 12

// screen is the watch on a terminal. It is drawn before anything is asked.
func (w *watching) screen() error {
	a := w.app
	return live.Run(a.ctx, live.Config{
		Terminal: a.drawn(), Title: w.title,
		Open: w.begin, Sample: w.moment,
		Find: func(ctx context.Context, name string) (found live.Followed, err error) {
			err = w.lend(ctx, func(c *db.Conn) error {
				all, err := watch.Find(ctx, c, []string{name})
				if err != nil {
					return err
				}
				found.Name = all[0]
				found.Parts, err = watch.Parts(ctx, c, found.Name)
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

// begin opens the watch under its screen.
func (w *watching) begin(ctx context.Context, waits func(string)) (o live.Opened, err error) {
	if err := w.open(ctx, waits); err != nil {
		return o, err
	}
	if o.Relations = w.relations; len(o.Relations) == 0 {
		waits("the names of the largest tables")
		err = w.conn.Lend(ctx, sampleLimit, func(c *db.Conn) (err error) {
			o.Relations, err = watch.Largest(ctx, c, mostTables)
			return err
		})
		if err != nil {
			return o, advised(err)
		}
	}
	waits("what is known of the database")
	o.Environment = w.environment(ctx)
	return o, nil
}

// moment is one sample of the screen's. A connection that has to come back first is no
// part of its age.
func (w *watching) moment(ctx context.Context, relations []string) (m live.Moment, err error) {
	err = w.lend(ctx, func(c *db.Conn) (err error) {
		w.watcher.Use(c)
		m.Asked = time.Now()
		if m.Sample, err = w.watcher.Sample(ctx, relations); err == nil {
			m.Answered = time.Now()
			err = w.tape.keep(m.Sample)
		}
		return err
	})
	m.Next = w.watcher.Interval()
	return m, err
}

// lend is the connection for one question of the screen's. The error is a sentence.
func (w *watching) lend(ctx context.Context, f func(*db.Conn) error) error {
	err := w.conn.Lend(ctx, sampleLimit, f)
	if err == nil {
		return nil
	}
	if unknown, ok := errors.AsType[*watch.NameError](err); ok {
		return errors.New(unknown.Short())
	}
	message, _ := db.Explain(err)
	return errors.New(message)
}
