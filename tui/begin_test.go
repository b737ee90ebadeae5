package tui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"belay/steps/journal"
	"belay/tui/follow"
	"belay/tui/tuitest"
)

// alive is an engine's process that goes on.
type alive struct{}

func (alive) PID() int              { return os.Getpid() }
func (alive) Ended() (string, bool) { return "", false }

// The engine starts behind the first frame, which is drawn whole and once; a key that is
// pressed before it came does what it says.
func TestEngineStartsBehindTheFirstFrame(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	engine, err := tuitest.NewEngine(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	starts, goOn := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(goOn) })
	defer release()
	x := open(t, 120, 40, folder, func(c *Config) {
		c.Start = func() (follow.Process, error) {
			close(starts)
			<-goOn
			return alive{}, nil
		}
	})
	x.engine = engine
	<-starts
	x.sees("belay is starting")
	if seen := x.written(); strings.Count(seen, "\x1b[2J") > 1 {
		t.Errorf("the first frame was drawn twice: %q", seen)
	}
	x.types("?")
	x.sees("esc back")
	x.types("?r")
	x.sees("it looks already")
	release()
	x.play(entries(t, "base"))
	x.sees("shop on db1.eu:5432", "R run…")
	x.types("q")
	x.ends(follow.Quit)
	x.hears(engine.Inbox, journal.Message{Life: 1, Kind: journal.Leave})
}

// An engine that cannot start ends
// the screen with its reason.
func TestEngineThatNeverStarts(t *testing.T) {
	why := errors.New("no processes left")
	x := open(t, 80, 24, filepath.Join(t.TempDir(), "run"), func(c *Config) {
		c.Start = func() (follow.Process, error) { return nil, why }
	})
	x.ends(follow.Quit)
	if !errors.Is(x.err, why) {
		t.Errorf("it ended with %v", x.err)
	}
}
