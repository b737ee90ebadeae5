// Package follow is what the screens and the plain front end have in common: it
// reads the journal of a run while its engine writes it, says that somebody
// watches, and puts a person's answers into the inbox.
package follow

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"belay/steps/journal"
	"belay/steps/state"
)

// How says how a person left.
type How string

// The ways to leave. A lost terminal is no word of anybody.
const (
	Finished How = "finished"
	Detached How = "detached" // something goes on without a screen, by the person's word
	Quit     How = "quit"     // nothing was running
	Lost     How = "lost"     // the terminal, or a signal
	EndOfIn  How = "end of input"
	// Back ends the watch, and goes on to the way back of what the run applied.
	Back How = "back"
)

// Left is how a front end ended, and the run as it was seen last.
type Left struct {
	How How
	Run *state.Run
	// Folder is where the run's files are now.
	Folder string
}

// Tail follows one run's folder. It is safe for use by several goroutines.
type Tail struct {
	name string

	mu     sync.Mutex
	folder string
}

// New follows the run in folder, which may appear later. name is how the person
// calls themselves.
func New(folder, name string) *Tail { return &Tail{folder: folder, name: name} }

// Folder is where the run's files are now; it moves once, when a look becomes a run.
func (t *Tail) Folder() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.folder
}

// Moved tells the folder's new name.
func (t *Tail) Moved(folder string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.folder = folder
}

// sendFor is how long Send waits for an inbox that is being renamed.
const sendFor = 2 * time.Second

// Send puts a message into the inbox. While the folder moves it tries again.
func (t *Tail) Send(ctx context.Context, m journal.Message) error {
	m.Name = t.name
	deadline := time.Now().Add(sendFor)
	for {
		err := journal.Send(t.Folder(), m)
		if err == nil || !errors.Is(err, fs.ErrNotExist) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, context.Cause(ctx))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Batch is news of a run.
type Batch struct {
	Events []journal.Event
	// Gone is true once the engine's process has ended without a word.
	Gone bool
}

// The pace of a follower: batches at most ten times a second, a look whether
// the engine lives every two seconds.
const (
	batchEvery = 100 * time.Millisecond
	aliveEvery = 2 * time.Second
)

// Run delivers the journal's events in order until ctx ends, which is no error.
// It announces the watcher as soon as the folder exists. deliver may block.
func (t *Tail) Run(ctx context.Context, deliver func(Batch)) error {
	f, err := t.open(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer f.Close()
	here, err := journal.Arrive(t.Folder())
	if err == nil {
		defer here.Leave()
	} else if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return t.pump(ctx, f, deliver)
}

// open waits for the journal to appear.
func (t *Tail) open(ctx context.Context) (*journal.Follower, error) {
	for {
		f, err := journal.Follow(filepath.Join(t.Folder(), journal.FileName))
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (t *Tail) pump(ctx context.Context, f *journal.Follower, deliver func(Batch)) error {
	var engine pulse
	for {
		b, err := t.collect(f, &engine)
		if err != nil {
			return err
		}
		b.Gone = engine.gone(time.Now())
		if len(b.Events) > 0 || b.Gone {
			deliver(b)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(batchEvery):
		}
	}
}

func (t *Tail) collect(f *journal.Follower, engine *pulse) (Batch, error) {
	var b Batch
	for {
		e, ok, err := f.Poll()
		if err != nil || !ok {
			return b, err
		}
		b.Events = append(b.Events, e)
		switch e.Kind {
		case journal.RunOpened{}.Kind():
			if o, err := journal.Decode[journal.RunOpened](e); err == nil && o.Folder != "" {
				t.Moved(o.Folder)
			}
		case journal.EngineStarted{}.Kind():
			if s, err := journal.Decode[journal.EngineStarted](e); err == nil {
				*engine = pulse{pid: s.PID, host: s.Host}
			}
		case journal.EngineStopped{}.Kind(), journal.RunFinished{}.Kind(), journal.RunParked{}.Kind():
			*engine = pulse{}
		}
	}
}

// pulse asks whether an engine's process lives.
type pulse struct {
	pid   int
	host  string
	asked time.Time
	said  bool
}

// gone is true once, when the process has ended. An engine of another host is
// never asked.
func (p *pulse) gone(now time.Time) bool {
	if p.pid <= 0 || p.said || now.Sub(p.asked) < aliveEvery {
		return false
	}
	p.asked = now
	if host, err := os.Hostname(); err != nil || host != p.host {
		return false
	}
	p.said = errors.Is(syscall.Kill(p.pid, 0), syscall.ESRCH)
	return p.said
}

// Panicked turns a recovered value into an error; nil stays nil.
func Panicked(v any) error {
	if v == nil {
		return nil
	}
	return fmt.Errorf("panic: %v", v)
}
