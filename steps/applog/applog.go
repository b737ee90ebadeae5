// Package applog reads an application's log while belay watches, a file or what
// a command of the team's prints, and counts the errors of PostgreSQL in it. It
// keeps no line: a code, a number, and a message of plain identifiers are all
// that leaves it.
package applog

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"belay/steps/fact"
)

// Source is where a log is. One of File and Argv is set.
type Source struct {
	// File is an absolute path.
	File string
	// Argv is a command that prints the log as it grows, and Dir where it runs.
	Argv []string
	Dir  string
	// Text names the source on screens, as it was written.
	Text string
}

// step is how fine errors are counted in time, and retention how long they stay.
const (
	step      = 5 * time.Second
	retention = 10 * time.Minute
)

// bucket is the errors of one step of time.
type bucket struct {
	at     time.Time
	counts map[string]int
}

// Log is a log that is read in the background, from Follow to Close. The zero
// value reads none. It is safe for several goroutines.
type Log struct {
	mu       sync.Mutex
	source   Source
	patterns Patterns
	began    time.Time
	problem  string
	past     []bucket
	total    map[string]int
	said     map[string]string
	known    []string
	cancel   context.CancelFunc
	done     chan struct{}
}

// Follow reads a source until Close. A source that is read already goes on with
// what it has counted; another one takes its place.
func (l *Log) Follow(s Source, p Patterns) {
	l.mu.Lock()
	same := l.cancel != nil && l.source.Text == s.Text && l.patterns.same(p)
	l.mu.Unlock()
	if same {
		return
	}
	l.Close()
	ctx, cancel := context.WithCancel(context.Background())
	l.mu.Lock()
	defer l.mu.Unlock()
	l.source, l.patterns, l.began, l.problem = s, p, time.Now(), ""
	l.past, l.total, l.said, l.known = nil, map[string]int{}, map[string]string{}, nil
	l.cancel, l.done = cancel, make(chan struct{})
	read := l.command
	if s.File != "" {
		read = l.file()
	}
	go func(done chan struct{}) {
		defer close(done)
		read(ctx)
	}(l.done)
}

// Close ends the reading and waits for it. What was counted is forgotten.
func (l *Log) Close() {
	l.mu.Lock()
	cancel, done := l.cancel, l.done
	l.cancel, l.source = nil, Source{}
	l.mu.Unlock()
	if cancel != nil {
		cancel()
		<-done
	}
}

// Before is everything that was read so far.
func (l *Log) Before() fact.Logged {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.logged(time.Since(l.began), l.total)
}

// Lately is what was read in the last window; at most ten minutes.
func (l *Log) Lately(window time.Duration) fact.Logged {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := map[string]int{}
	for _, b := range l.past {
		if time.Since(b.at) >= window+step {
			continue
		}
		for code, n := range b.counts {
			counts[code] += n
		}
	}
	return l.logged(min(window, time.Since(l.began)), counts)
}

func (l *Log) logged(span time.Duration, counts map[string]int) fact.Logged {
	f := fact.Logged{
		Source: l.source.Text, Problem: l.problem, SpanMS: span.Milliseconds(), Counts: []fact.LogCount{},
		Known: l.known,
	}
	if f.Source == "" {
		return fact.Logged{Counts: f.Counts}
	}
	for code, n := range counts {
		f.Counts = append(f.Counts, fact.LogCount{Code: code, N: n, Said: l.said[code]})
	}
	slices.SortFunc(f.Counts, func(a, b fact.LogCount) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Code, b.Code)) })
	return f
}

// line looks at one line.
func (l *Log) line(b []byte) {
	found, ok := l.patterns.in(string(b))
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	at := time.Now().Truncate(step)
	if n := len(l.past); n == 0 || !l.past[n-1].at.Equal(at) {
		l.past = append(l.past, bucket{at: at, counts: map[string]int{}})
	}
	for time.Since(l.past[0].at) > retention {
		l.past = l.past[1:]
	}
	l.past[len(l.past)-1].counts[found.Code]++
	l.total[found.Code]++
	if found.Said != "" {
		l.said[found.Code] = found.Said
	}
}

// markKnown notes that a line was there before. The caller holds the lock.
func (l *Log) markKnown(b []byte) {
	found, ok := l.patterns.in(string(b))
	if ok && !slices.Contains(l.known, found.Code) {
		l.known = append(l.known, found.Code)
	}
}

func (l *Log) trouble(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.problem = why
}
