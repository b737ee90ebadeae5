// Package tui is the terminal: one model that shows where a run stands, and
// turns keys into answers for its engine. It follows the run's journal and
// writes into its inbox; it never speaks to a database.
package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"

	"belay/steps/approval"
	"belay/steps/journal"
	"belay/tui/follow"
	"belay/tui/look"
	"belay/tui/screen"
)

// Left is how a person left, and the run as it was seen last.
type Left = follow.Left

// Config says what to show and to whom.
type Config struct {
	// Folder is the run's, or the look's; its journal may appear a moment later.
	Folder string
	// Journal is its journal where it was opened before the engine started, which
	// takes a look away when it ends; nil = it is opened here.
	Journal *journal.Follower
	// Start starts the engine once the first frame stands on the terminal; nil = it runs,
	// and another program started it.
	Start func() (follow.Process, error)
	// Name is how the person calls themselves; it is added to what they answer.
	Name string
	// Of is how the OS user is named whose run it is; "" = it is one's own.
	Of string
	// Anew is true where the caller begins the command anew once Left says follow.Anew.
	Anew bool
	// Color is false for a terminal without colours, or with NO_COLOR set. Bold
	// and reverse video are used all the same.
	Color bool
	// ASCII is true where only the characters of ASCII can be drawn. The locale and
	// TERM of Environment may say so too.
	ASCII bool
	// Theme says whether the terminal's ground is light or dark; "" = its environment may.
	Theme Theme
	// In and Out are the terminal; nil = standard input and output.
	In  io.Reader
	Out io.Writer
	// Environment is what the terminal is known by, TERM above all; nil = this
	// process's.
	Environment []string
	// Request reads what a second person is asked to approve: of a run's folder, of whose
	// it is, by its bound; nil = from the disk.
	Request func(folder string, uid int, bound string) (approval.Request, error)
	// RuleDoc explains a hazard's rule in Markdown, "" = no text; nil = the rules' own.
	RuleDoc func(rule string) string
	// Tokens colours an SQL text. It is called away from the keyboard; nil =
	// PostgreSQL's lexer.
	Tokens func(sql string) []look.Token
	// Now is the clock; nil = time.Now.
	Now func() time.Time
	// drawn is told once the terminal has taken something; nil = nobody asks.
	drawn func()
}

// Run shows a run until the person leaves or ctx ends, and gives the terminal
// back as it was. A terminal that went away is no error: Left says follow.Lost.
// An error means that the screen could not go on; the run is not touched by it.
func Run(ctx context.Context, c Config) (Left, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tail := follow.New(c.Folder, c.Name, c.Journal, nil)
	send := func(m journal.Message) error { return tail.Send(ctx, m) }
	drawn := make(chan struct{})
	c.drawn = sync.OnceFunc(func() { close(drawn) })
	m := newModel(c, send)
	m.size = sizeOf(c.Out)
	var followErr error
	final, err := Show(ctx, c, m, func(ctx context.Context, p *tea.Program) func() {
		wait := start(ctx, tail, p, func() error { return begin(ctx, tail, c.Start, drawn) })
		return func() { followErr = wait() }
	})
	if final == nil {
		return Left{How: follow.Lost, Folder: tail.Folder()}, err
	}
	left := Left{How: m.left, Run: m.run, Folder: tail.Folder(), Command: m.begins}
	switch {
	case errors.Is(err, tea.ErrProgramPanic):
		return left, err
	case m.err != nil:
		return left, m.err
	case followErr != nil:
		return left, followErr
	}
	return left, err
}

// Show runs a model on the terminal until it quits or ctx ends, and gives the
// terminal back as it was, after a signal and after a panic too. Of c it uses
// the terminal alone. beside starts what feeds the model and returns the wait for
// its end; nil = nothing. The model as it was last is returned with every error.
func Show(ctx context.Context, c Config, m tea.Model,
	beside func(context.Context, *tea.Program) (wait func())) (tea.Model, error) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := tea.NewProgram(m, options(c)...)
	wait := func() {}
	if beside != nil {
		wait = beside(ctx, p)
	}
	ended := make(chan struct{})
	quit := quitWith(ctx, p, ended)
	final, err := p.Run()
	close(ended)
	cancel()
	wait()
	<-quit
	if err != nil && (final == nil || errors.Is(err, tea.ErrProgramPanic) || !errors.Is(err, tea.ErrProgramKilled)) {
		return final, fmt.Errorf("screen: %w", err)
	}
	return final, nil
}

// sizeOf is the terminal's size, so that the first frame is drawn once; what is no
// terminal has the usual one until it says another.
func sizeOf(out io.Writer) screen.Size {
	f, ok := out.(term.File)
	if out == nil {
		f, ok = os.Stdout, true
	}
	if ok {
		if w, h, err := term.GetSize(f.Fd()); err == nil && w > 0 && h > 0 {
			return screen.Size{Width: w, Height: h}
		}
	}
	return screen.Size{Width: 80, Height: 24}
}

// framesASecond is how often the renderer looks whether there is something to write: the
// first frame and the answer to a key wait half as long as with the 60 it would have.
const framesASecond = 120

func options(c Config) []tea.ProgramOption {
	in, out, env := c.In, c.Out, c.Environment
	if in == nil {
		in = os.Stdin
	}
	if out == nil {
		out = os.Stdout
	}
	if env == nil {
		env = os.Environ()
	}
	profile := colorprofile.ANSI
	if !c.Color {
		profile = colorprofile.ASCII
	}
	return []tea.ProgramOption{
		tea.WithInput(in), tea.WithOutput(unasking(out, c.drawn)), tea.WithEnvironment(silent(env)),
		tea.WithColorProfile(profile), tea.WithoutSignalHandler(), tea.WithFPS(framesASecond),
	}
}

// quitFor is how long a program may take to give the terminal back once it was
// told to; then it is ended without being asked. A terminal that does not read
// may hold it up.
const quitFor = 2 * time.Second

// quitWith ends the program with ctx, in its own order, so that its reader ends
// too. The result is closed when nothing of it runs any more.
func quitWith(ctx context.Context, p *tea.Program, ended <-chan struct{}) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-ended:
			return
		case <-ctx.Done():
		}
		go p.Quit()
		select {
		case <-ended:
		case <-time.After(quitFor):
			p.Kill()
		}
	}()
	return done
}

// drawnWithin is how long the engine waits for the first frame: a terminal that takes
// nothing holds no work up.
const drawnWithin = time.Second

// begin starts the engine where there is one to start: behind the first frame, so that
// the two do not share the processor. What a person typed before is in its inbox.
func begin(ctx context.Context, tail *follow.Tail, start func() (follow.Process, error), drawn <-chan struct{}) error {
	if start == nil {
		return nil
	}
	late := time.NewTimer(drawnWithin)
	defer late.Stop()
	select {
	case <-drawn:
	case <-late.C:
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return nil
	}
	p, err := start()
	tail.Started(p)
	return err
}

// start follows the journal beside the program, behind what comes first; the result
// waits for its end.
func start(ctx context.Context, tail *follow.Tail, p *tea.Program, first func() error) (wait func() error) {
	var wg sync.WaitGroup
	var err error
	wg.Go(func() {
		defer func() {
			if e := follow.Panicked(recover()); e != nil {
				err = e
				p.Kill()
			}
		}()
		e := first()
		if e == nil {
			e = tail.Run(ctx, func(b follow.Batch) { p.Send(b) })
		}
		if e != nil {
			p.Send(brokenMsg{e})
		}
	})
	return func() error {
		wg.Wait()
		return err
	}
}
