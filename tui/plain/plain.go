// Package plain is the front end without a screen: lines that are only ever
// added, for pipes, dumb terminals, screen readers and transcripts. Questions
// are asked and answered in lines too.
package plain

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/muesli/cancelreader"

	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/follow"
	"belay/tui/look"
)

// Config says what to follow and where to write.
type Config struct {
	// Folder is the run's, or the look's; its journal may appear a moment later.
	Folder string
	// Journal is its journal where it was opened before the engine started, which
	// takes a look away when it ends; nil = it is opened here.
	Journal *journal.Follower
	// Process is the engine's where this program started it; nil = it did not.
	Process follow.Process
	// From is the last event of the lives that were over before: they are history
	// and not told again. 0 = the whole journal is told.
	From int64
	// Name is how the person calls themselves.
	Name string
	// In is where answers are read from; nil = nobody is asked here, the engine
	// has its answers.
	In  io.Reader
	Out io.Writer
	// Now is the clock; nil = time.Now.
	Now func() time.Time
}

// Follow writes what happens until the run is over, the person leaves, or ctx
// ends. The end of the input is no consent and no error: it tells the engine that
// nobody will answer, and the run is followed to where that leads.
func Follow(ctx context.Context, c Config) (follow.Left, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tail := follow.New(c.Folder, c.Name, c.Journal, c.Process)
	if c.Now == nil {
		c.Now = time.Now
	}
	p := &printer{from: c.From, echo: echoes(c.In), out: c.Out, now: c.Now, run: state.New(), asked: map[string]bool{},
		asks: c.In != nil, once: map[string]bool{}, last: map[string]string{}}
	p.send = func(m journal.Message) error { return tail.Send(ctx, m) }
	batches, lines := make(chan follow.Batch), make(chan string)
	var following sync.WaitGroup
	var followErr error
	following.Go(func() {
		defer close(batches)
		followErr = tail.Run(ctx, func(b follow.Batch) {
			select {
			case batches <- b:
			case <-ctx.Done():
			}
		})
	})
	stopReading := read(ctx, c.In, lines)
	err := p.loop(ctx, batches, lines)
	cancel()
	stopReading()
	following.Wait()
	return follow.Left{How: p.left(), Run: p.run, Folder: tail.Folder()}, errors.Join(err, followErr)
}

// read sends the lines of in; the channel is closed at its end. stop waits for
// the reading to end, but for a reader that cannot be interrupted: that one ends
// with its next line, or with the process.
func read(ctx context.Context, in io.Reader, lines chan<- string) (stop func()) {
	if in == nil {
		return func() {}
	}
	cancel := func() bool { return false }
	if r, err := cancelreader.NewReader(in); err == nil {
		in, cancel = r, r.Cancel
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(lines)
		scan := bufio.NewScanner(in)
		for scan.Scan() {
			select {
			case lines <- scan.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		if cancel() {
			<-done
		}
	}
}

// loop is the one goroutine that writes.
func (p *printer) loop(ctx context.Context, batches <-chan follow.Batch, lines <-chan string) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for !p.over {
		select {
		case <-ctx.Done():
			return nil
		case b, ok := <-batches:
			if !ok {
				return nil
			}
			if err := p.news(b); err != nil {
				return err
			}
		case line, ok := <-lines:
			if !ok {
				lines = nil
				p.endOfInput()
				continue
			}
			p.typed(line)
		case <-tick.C:
			p.status()
		}
	}
	return nil
}

// printer writes what happens.
type printer struct {
	from int64
	out  io.Writer
	now  func() time.Time
	run  *state.Run
	send func(journal.Message) error
	// asked holds the questions that were written and not answered yet.
	asked map[string]bool
	// prompt is the question that the next line answers; "" = none.
	prompt string
	// open is true while the cursor stands behind a prompt; echo is true where
	// the terminal itself shows what is typed, its line end too.
	open, echo bool
	eof        bool
	// abandoned is true once the engine was told that nobody will answer.
	abandoned bool
	over      bool
	how       follow.How
	// said is when the last status or try was written; held are tries that were
	// not, so as not to write more than one a second.
	said, tried time.Time
	held        int
	// asks is true where somebody can answer; once are the lines that are not
	// written a second time, last is what was said of a step last.
	asks bool
	once map[string]bool
	last map[string]string
	// level is what was last said of the watch after a run, watchedAt when.
	level     fact.Level
	watchedAt time.Time
	err       error
}

func (p *printer) left() follow.How {
	switch {
	case p.how != "":
		return p.how
	case p.run.Finished != nil:
		return follow.Finished
	case p.eof:
		return follow.EndOfIn
	}
	return follow.Lost
}

// say writes one line with its time.
func (p *printer) say(at time.Time, format string, args ...any) {
	text := look.Visible(fmt.Sprintf(format, args...))
	p.write(at.In(p.now().Location()).Format("15:04:05") + " " + text + "\n")
}

// more writes a line that belongs to the one before.
func (p *printer) more(format string, args ...any) {
	p.write("         " + look.Visible(fmt.Sprintf(format, args...)) + "\n")
}

// question writes a prompt and leaves the cursor behind it.
func (p *printer) question(prompt string) {
	p.write(look.Visible(prompt))
	p.open = true
}

func (p *printer) write(s string) {
	if p.open {
		s, p.open = "\n"+s, false
	}
	if _, err := io.WriteString(p.out, s); err != nil && p.err == nil {
		// Nobody reads any more; the run goes on without this front end.
		p.err, p.over = err, true
	}
}

// echoes reports whether a typed line's end is seen already.
func echoes(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && term.IsTerminal(f.Fd())
}
