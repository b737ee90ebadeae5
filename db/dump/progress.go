package dump

import (
	"strings"
	"sync"
	"time"

	"belay/sqlview/pattern"
)

// every is how often the size on the disk is looked at.
const every = 500 * time.Millisecond

// follower turns pg_dump's own words and the size on the disk into progress.
type follower struct {
	o    Options
	path string
	mu   sync.Mutex // guards table and every call of Progress
	at   Progress
	quit chan struct{}
	done chan struct{}
}

func newFollower(o Options, p *partial) *follower {
	f := &follower{
		o: o, path: p.path, at: Progress{Phase: "dumping"}, quit: make(chan struct{}), done: make(chan struct{}),
	}
	go f.loop()
	return f
}

func (f *follower) loop() {
	defer close(f.done)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-f.quit:
			return
		case <-tick.C:
			f.tell(func(*Progress) {})
		}
	}
}

func (f *follower) stop() {
	close(f.quit)
	<-f.done
}

func (f *follower) tell(change func(*Progress)) {
	bytes := Size(f.path)
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.at)
	f.at.Bytes = bytes
	f.o.tell(f.at)
}

var contents = pattern.New(`^dumping contents of table "?([^"].*?)"?$`)

// line reads one line of --verbose.
func (f *follower) line(text string) {
	m := contents.FindStringSubmatch(text)
	if m == nil {
		return
	}
	f.tell(func(p *Progress) { p.Table = strings.ReplaceAll(m[1], `"."`, ".") })
}
