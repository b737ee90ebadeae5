package engine

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"belay/db/dbtest"
	"belay/steps/journal"
	"belay/steps/state"
)

// TestTheKeysAreNoShell: whoever holds them answers nothing that runs, or is remembered,
// as the run's own user.
func TestTheKeysAreNoShell(t *testing.T) {
	t.Parallel()
	b := newBench(t, counted)
	b.db.Exec(t, "CREATE TABLE effects (n int)")
	b.order.Headless = false
	delete(b.order.Answers, "target.environment")
	l := b.start()
	l.until("the question", func(r *state.Run) bool { return r.Question("target.environment") != nil })
	two := l.arrives(stranger)
	l.send(journal.Message{Kind: journal.HandOver, To: two.presence.Screen, Note: "yours"})
	l.until("the hand-over", func(r *state.Run) bool { return r.Keys.ID == two.presence.Screen })
	for _, id := range []string{"target.environment", "monitor.log", "trust.commands", "smoke.url", "review.write"} {
		two.send(journal.Message{Kind: journal.Answer, ID: id, Answer: "local"})
	}
	l.until("that it is refused", func(r *state.Run) bool { return refusedTimes(l) == 5 })
	if l.run.Question("target.environment") == nil || !tells(l.run, "remembered, as "+who(os.Getuid())) {
		t.Errorf("it was answered\n%v", l.run.Log)
	}
	two.send(journal.Message{Kind: journal.Stop, Now: true})
	l.end()
}

// TestTheNameOfAScreenThatIsGone, given to another user's, does not keep the keys from
// being taken.
func TestTheNameOfAScreenThatIsGone(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	_, l, release := blocked(t)
	release()
	two := l.arrives(stranger)
	l.leave()
	l.until("that it is gone", func(r *state.Run) bool { return r.Free() })
	dir := journal.ScreensDir(l.folder)
	three, err := journal.Arrive(l.folder)
	if err != nil {
		t.Fatal(err)
	}
	defer three.Leave()
	path := filepath.Join(dir, three.Screen)
	if err := os.Lchown(path, stranger-1, -1); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, filepath.Join(dir, l.presence.Screen)); err != nil {
		t.Fatal(err)
	}
	l.until("the name", func(r *state.Run) bool { return r.Watcher(l.presence.Screen) != nil })
	if !l.run.Free() {
		t.Fatal("its name holds the keys")
	}
	two.send(journal.Message{Kind: journal.AskKeys})
	l.until("the keys", func(r *state.Run) bool { return r.Keys.ID == two.presence.Screen })
	two.send(journal.Message{Kind: journal.Answer, ID: "run.go_on", Answer: "no"})
	l.end()
}

// TestAnOwnerIsNotLockedOut: where who holds the keys does not answer, the run's own user
// takes them, and nobody else does.
func TestAnOwnerIsNotLockedOut(t *testing.T) {
	t.Parallel()
	for name, uid := range map[string]int{"the owner": os.Getuid(), "another": stranger} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, l, release := blocked(t, answerVariable+"=1s")
			release()
			two := l.arrives(uid)
			two.send(journal.Message{Kind: journal.AskKeys})
			since := l.until("the asking", func(r *state.Run) bool { return r.Asked() != nil }).Asked().At
			l.until("a second", func(*state.Run) bool {
				if time.Since(since) < time.Second {
					return false
				}
				two.send(journal.Message{Kind: journal.AskKeys})
				return true
			})
			if uid == os.Getuid() {
				l.until("the keys", func(r *state.Run) bool { return r.Keys.ID == two.presence.Screen })
				if !tells(l.run, "did not answer for 1s") {
					t.Errorf("nothing says why\n%v", l.run.Log)
				}
				two.send(journal.Message{Kind: journal.Answer, ID: "run.go_on", Answer: "no"})
				l.end()
				return
			}
			l.send(journal.Message{Kind: journal.Answer, ID: "run.go_on", Answer: "no"})
			if r := l.end(); r.Keys.ID != l.presence.Screen {
				t.Errorf("%+v took them", r.Keys)
			}
		})
	}
}
