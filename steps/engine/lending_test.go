package engine

import (
	"bytes"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"testing"
)

// lending holds two things against each other that together would wait for one
// another for ever: who has the monitor, and who asks the loop. Every engine of this
// test binary has one.
type lending struct {
	mu  sync.Mutex
	has map[int]bool // by goroutine
}

// watch makes an engine end with a panic where a goroutine asks the loop while it
// has the monitor.
func (l *lending) watch(p *patience) {
	l.has = map[int]bool{}
	p.lending = func(on bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if me := goroutine(); on {
			l.has[me] = true
		} else {
			delete(l.has, me)
		}
	}
	p.asking = func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if me := goroutine(); l.has[me] {
			panic(fmt.Sprintf("goroutine %d asks the engine's loop while it has the monitor", me))
		}
	}
}

// goroutine is the number of the caller's.
func goroutine() int {
	var b [64]byte
	words := bytes.Fields(b[:runtime.Stack(b[:], false)])
	n, err := strconv.Atoi(string(words[1]))
	if err != nil {
		panic(err)
	}
	return n
}

// TestNobodyAsksTheLoopWithTheMonitor shows that the check finds what it is for;
// that nothing does it is shown by every other test here.
func TestNobodyAsksTheLoopWithTheMonitor(t *testing.T) {
	var p patience
	new(lending).watch(&p)
	p.asking()
	p.lending(true)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("asking with the monitor was not found")
			}
		}()
		p.asking()
	}()
	p.lending(false)
	p.asking()
}
