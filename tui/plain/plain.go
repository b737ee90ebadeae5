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
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/muesli/cancelreader"

	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/follow"
	"belay/tui/look"
	"belay/tui/screen"
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
	// Of is how the OS user is named whose run it is; "" = it is one's own.
	Of string
	// In is where answers are read from; nil = nobody is asked here, the engine
	// has its answers.
	In  io.Reader
	Out io.Writer
	// Width is how many columns the terminal has that Out leads to, as it is asked for each
	// line; nil = Out is none.
	Width func() int
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
	if c.In == nil {
		tail.Mute()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	p := &printer{
		local: screen.Local{Of: c.Of}, from: c.From, echo: echoes(c.In), out: c.Out, width: c.Width, now: c.Now,
		run:   state.New(),
		asked: map[string]bool{}, asks: c.In != nil, once: map[string]bool{}, last: map[string]string{},
		questioned: map[string]bool{},
	}
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
		in := lines
		if len(p.ahead) >= mostAhead {
			in = nil
		}
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
		case line, ok := <-in:
			if !ok {
				lines = nil
				p.endOfInput()
				continue
			}
			p.typed(line)
		case <-tick.C:
			p.status()
			p.rest()
		}
		p.feed()
		p.askAgain()
	}
	if p.asks {
		return p.err
	}
	return nil
}

// mostAhead is how many lines of a pipe are kept for questions that come later.
const mostAhead = 100

// feed answers the open question with the next line that came before it.
func (p *printer) feed() {
	for !p.over && p.prompt != "" && p.sent != p.prompt && len(p.ahead) > 0 {
		line := p.ahead[0]
		p.ahead, p.feeds = p.ahead[1:], true
		p.typed(line)
		p.feeds = false
	}
}

// printer writes what happens.
type printer struct {
	// local says which screen this is.
	local screen.Local
	from  int64
	out   io.Writer
	width func() int
	now   func() time.Time
	run   *state.Run
	send  func(journal.Message) error
	// asked holds the questions that were written and not answered yet.
	asked map[string]bool
	// prompt is the question that the next line answers; "" = none.
	prompt string
	// sent is the question whose answer is on its way; ahead are lines of a pipe that came
	// before they were asked for.
	sent  string
	ahead []string
	// feeds is true while the line in hand is one of those: who wrote it did not see the
	// question.
	feeds bool
	// open is true while the cursor stands behind a prompt; echo is true where
	// the terminal itself shows what is typed, its line end too.
	open, echo bool
	// behind is the prompt that was written last.
	behind string
	eof    bool
	// confirmed is true once the run dialog was answered: the run begins, or asks for more.
	confirmed bool
	// settledAt is since when a look has nothing left to do by itself; zero = it has.
	settledAt time.Time
	// abandoned is true once the engine was told that nobody will answer.
	abandoned bool
	over      bool
	how       follow.How
	// said is when the last status or try was written; held are tries that were
	// not, so as not to write more than one a second.
	said, tried time.Time
	held        int
	// won is the try that ended well and whose file is not told as applied yet; noted is
	// the last thing that was noted.
	won   journal.Attempted
	noted string
	// asks is true where somebody can answer; once are the lines that are not
	// written a second time, last is what was said of a step last.
	asks bool
	once map[string]bool
	last map[string]string
	// questioned holds the steps that asked: their questions stand for them.
	questioned map[string]bool
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

// hang is how wide the time before a line is.
const hang = len("15:04:05 ")

// say writes one line with its time.
func (p *printer) say(at time.Time, format string, args ...any) {
	text := look.Visible(fmt.Sprintf(format, args...))
	p.write(p.fold(at.In(p.now().Location()).Format("15:04:05")+" "+text, false) + "\n")
}

// fold breaks a line of words for the terminal that it goes to. SQL it leaves as it is: what
// would stand behind the break of a comment is none.
func (p *printer) fold(line string, sql bool) string {
	if p.width == nil || sql {
		return line
	}
	return look.Fold(line, p.width(), hang)
}

func isSQL(line string) bool { return strings.Contains(line, "--") || strings.HasSuffix(line, ";") }

// more writes what belongs to the line before, each line of it as one: SQL whose
// comments end with their line is not to be read as all comment.
func (p *printer) more(format string, args ...any) {
	for line := range strings.SplitSeq(fmt.Sprintf(format, args...), "\n") {
		if line = strings.TrimRight(line, " \t\r"); line != "" {
			p.write(p.fold("         "+look.Visible(line), isSQL(line)) + "\n")
		}
	}
}

// question writes a prompt and leaves the cursor behind it.
func (p *printer) question(prompt string) {
	p.write(p.fold(look.Visible(prompt), false))
	p.open, p.behind = true, prompt
}

// askAgain writes the prompt again behind lines that came while it was open: what is
// typed must not stand behind something else. A pipe types nowhere.
func (p *printer) askAgain() {
	if p.echo && !p.open && !p.over && p.prompt != "" && p.sent != p.prompt {
		p.question(p.behind)
	}
}

func (p *printer) write(s string) {
	if p.open {
		s, p.open = "\n"+s, false
	}
	if _, err := io.WriteString(p.out, s); err != nil && p.err == nil {
		// Who is asked here cannot read what; without a person the run is followed all the same.
		p.err, p.over = err, p.asks
	}
}

// echoes reports whether a typed line's end is seen already.
func echoes(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && term.IsTerminal(f.Fd())
}
