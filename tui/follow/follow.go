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
	// Anew leaves a run that is over, and begins the same command anew.
	Anew How = "anew"
	// Begin leaves a look for a command that goes on in the screen's place.
	Begin How = "begin"
)

// Left is how a front end ended, and the run as it was seen last.
type Left struct {
	How How
	Run *state.Run
	// Folder is where the run's files are now.
	Folder string
	// Command is what goes on where How is Begin, as a shell takes it.
	Command string
}

// Process is the engine's, where this program started it.
type Process interface {
	PID() int
	// Ended reports whether it is gone, and how it ended; "" = by itself.
	Ended() (how string, ended bool)
}

// Tail follows one run's folder. It is safe for use by several goroutines.
type Tail struct {
	name string
	file *journal.Follower
	// process is nil where another program started the engine.
	process Process

	// mute is true where nobody can answer here.
	mute bool

	mu     sync.Mutex
	folder string
	life   int64 // the newest engine's
	// screen is this one's presence, said how often it has spoken.
	screen string
	said   int64
}

// New follows the run in folder, which may appear later. name is how the person
// calls themselves; file is the journal, nil = it is opened once it is there;
// process is the engine's, nil = this program did not start it.
func New(folder, name string, file *journal.Follower, process Process) *Tail {
	return &Tail{folder: folder, name: name, file: file, process: process}
}

// Started tells the engine's process, before Run; nil = this program did not start it.
func (t *Tail) Started(p Process) { t.process = p }

// Mute is for who can answer nothing: it never gets the keys.
func (t *Tail) Mute() { t.mute = true }

// Folder is where the run's files are now; it moves once, when a look becomes a run.
func (t *Tail) Folder() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.folder
}

// Moved tells the folder's new name. It stays where it is: a journal of somebody else
// does not say where this screen writes.
func (t *Tail) Moved(folder string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if filepath.Dir(folder) == filepath.Dir(t.folder) {
		t.folder = folder
	}
}

// begun notes an engine: what is sent from now on is for it.
func (t *Tail) begun(life int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.life = life
}

// sendFor is how long Send waits for an inbox that is being renamed.
const sendFor = 2 * time.Second

// Send puts a message into the inbox. While the folder moves it tries again.
func (t *Tail) Send(ctx context.Context, m journal.Message) error {
	m.Name = t.name
	t.mu.Lock()
	m.Life, m.Screen = t.life, t.screen
	if m.Screen != "" {
		t.said++
		m.N = t.said
	}
	t.mu.Unlock()
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
	// Gone is set once the engine's process has ended without writing how.
	Gone *Gone
	// Screen is this one's own presence, as the journal names it; "" = it has none.
	Screen string
}

// Gone is what is known of an engine that ended without writing how.
type Gone struct {
	// Word is what it could still say elsewhere, where Said is true.
	Word journal.RunFinished
	Said bool
	// How is what else is known; "" = nothing.
	How string
}

// Of is the end of the run's life.
func (g *Gone) Of(r *state.Run) journal.RunFinished { return r.Departed(g.Word, g.Said, g.How) }

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
	arrive := journal.Arrive
	if t.mute {
		arrive = journal.ArriveMute
	}
	here, err := arrive(t.Folder())
	if err == nil {
		defer here.Leave()
		t.arrived(here.Screen)
	} else if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) {
		return err // a look that has ended is read all the same
	}
	return t.pump(ctx, f, deliver)
}

func (t *Tail) arrived(screen string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.screen = screen
}

// me is this screen's presence.
func (t *Tail) me() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen
}

// open waits for the journal to appear.
func (t *Tail) open(ctx context.Context) (*journal.Follower, error) {
	if t.file != nil {
		return t.file, nil
	}
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
		// Asked before the journal is read: what an engine wrote last is then there.
		how, ended := t.ended()
		engine.look(time.Now())
		b, err := t.collect(f, &engine)
		if err != nil {
			return err
		}
		if engine.gone(t.process, ended) {
			b.Gone = t.gone(how)
		}
		if len(b.Events) > 0 || b.Gone != nil {
			b.Screen = t.me()
			deliver(b)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(batchEvery):
		}
	}
}

func (t *Tail) ended() (how string, ended bool) {
	if t.process == nil {
		return "", false
	}
	return t.process.Ended()
}

// gone gathers what is known of the engine's end.
func (t *Tail) gone(how string) *Gone {
	g := &Gone{How: journal.Printed(t.Folder())}
	if g.How == "" {
		g.How = how
	}
	g.Word, g.Said = journal.ReadLastWord(t.Folder())
	return g
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
			t.begun(e.Seq)
			if s, err := journal.Decode[journal.EngineStarted](e); err == nil {
				*engine = pulse{pid: s.PID, host: s.Host}
			}
		case journal.EngineStopped{}.Kind(), journal.RunFinished{}.Kind(), journal.RunParked{}.Kind():
			engine.over = true
		}
	}
}

// pulse asks whether an engine's process lives.
type pulse struct {
	pid   int
	host  string
	over  bool // it has written its end
	asked time.Time
	dead  bool // its process was gone when it was asked for
	said  bool
}

// look asks now and then whether the process lives. One of another host is never
// asked.
func (p *pulse) look(now time.Time) {
	if p.pid <= 0 || p.over || p.said || now.Sub(p.asked) < aliveEvery {
		return
	}
	p.asked = now
	if host, err := os.Hostname(); err == nil && host == p.host {
		p.dead = errors.Is(syscall.Kill(p.pid, 0), syscall.ESRCH)
	}
}

// gone is true once, when the process has ended without having written its end.
// ours is the engine that this program started, nil = it did not; ended is true
// once that one is gone. What was asked, here and by look, was asked before the
// journal was read last: an end that was written is known by now.
func (p *pulse) gone(ours Process, ended bool) bool {
	switch {
	case p.said:
		return false
	case ours != nil && ended:
		p.said = !p.over || p.pid != ours.PID()
	case ours == nil:
		p.said = p.dead && !p.over
	}
	return p.said
}

// Panicked turns a recovered value into an error; nil stays nil.
func Panicked(v any) error {
	if v == nil {
		return nil
	}
	return fmt.Errorf("panic: %v", v)
}
