package engine

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"belay/steps"
	"belay/steps/journal"
	"belay/steps/state"
)

// stranger is the OS user that owns what these tests give away.
const stranger = 65534

// other is a screen of somebody else on a life.
type other struct {
	l        *life
	presence *journal.Presence
	uid      int
	said     int64
}

// arrives puts another screen on a life. Its file is given to an OS user, whom the
// engine then takes for its owner; uid of the test's own = a second screen of the same.
func (l *life) arrives(uid int) *other {
	l.b.t.Helper()
	p, err := journal.Arrive(l.folder)
	if err != nil {
		l.b.t.Fatal(err)
	}
	l.b.t.Cleanup(func() { _ = p.Leave() })
	o := &other{l: l, presence: p, uid: uid}
	o.owns(filepath.Join(journal.ScreensDir(l.folder), p.Screen))
	l.until("the other screen", func(r *state.Run) bool {
		s := r.Watcher(p.Screen)
		return s != nil && s.UID == uid
	})
	return o
}

// owns gives a file to the other user.
func (o *other) owns(path string) {
	o.l.b.t.Helper()
	if o.uid == os.Getuid() {
		return
	}
	if os.Getuid() != 0 {
		o.l.b.t.Skip("only root can give a file away")
	}
	if err := os.Lchown(path, o.uid, -1); err != nil {
		o.l.b.t.Fatal(err)
	}
}

// send puts a message of the other user into the inbox.
func (o *other) send(m journal.Message) {
	o.l.b.t.Helper()
	if o.said++; m.Screen == "" {
		m.Screen, m.N = o.presence.Screen, o.said
	}
	m.Life = o.l.run.Began
	b, err := json.Marshal(m)
	if err != nil {
		o.l.b.t.Fatal(err)
	}
	o.put(b)
}

// put puts anything into the inbox, whole.
func (o *other) put(b []byte) {
	o.l.b.t.Helper()
	inbox := filepath.Join(o.l.folder, journal.InboxName)
	name := uuid.NewString()
	tmp := filepath.Join(inbox, "."+name)
	if err := os.WriteFile(tmp, b, 0o640); err != nil {
		o.l.b.t.Fatal(err)
	}
	o.owns(tmp)
	if err := os.Rename(tmp, filepath.Join(inbox, name+".json")); err != nil {
		o.l.b.t.Fatal(err)
	}
}

// refusedTimes counts what was refused of an OS user.
func refusedTimes(l *life) (times int) {
	events, err := journal.Read(filepath.Join(l.folder, journal.FileName))
	if err != nil {
		l.b.t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == (journal.MessageRefused{}).Kind() {
			b, err := journal.Decode[journal.MessageRefused](e)
			if err != nil {
				l.b.t.Fatal(err)
			}
			times += max(b.Times, 1)
		}
	}
	return times
}

// tells reports whether the log says something.
func tells(r *state.Run, text string) bool {
	return slices.ContainsFunc(r.Log, func(l state.Line) bool { return strings.Contains(l.Text, text) })
}

// TestAReaderChangesNothing in a thousand tries, while who holds the keys speaks too:
// each is refused and counted, and the question is answered once, by the holder.
func TestAReaderChangesNothing(t *testing.T) {
	t.Parallel()
	for name, uid := range map[string]int{"of another user": stranger, "of the same user": os.Getuid()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, l, release := blocked(t)
			defer release()
			reader := l.arrives(uid)
			const tries = 1000
			kinds := []journal.Message{
				{Kind: journal.Answer, ID: "run.go_on", Answer: "yes"},
				{Kind: journal.Answer, ID: "run.go_on", Answer: "no"},
				{Kind: journal.Stop, Now: true}, {Kind: journal.Unwatched}, {Kind: journal.Pause},
				{Kind: journal.End, PID: 1, Answer: "terminate 1"},
				{Kind: journal.GiveKeys, To: reader.presence.Screen},
				{Kind: journal.HandOver, To: reader.presence.Screen, Note: "mine"}, {Kind: "no such thing"},
				{Kind: journal.Answer, ID: "run.go_on", Answer: "yes", Screen: l.presence.Screen, N: 7000},
			}
			if uid == os.Getuid() {
				kinds = kinds[:len(kinds)-1] // the same user could be that screen
			}
			var sending sync.WaitGroup
			sending.Go(func() {
				for i := range tries {
					reader.send(kinds[i%len(kinds)])
				}
			})
			for range 20 {
				l.send(journal.Message{Kind: journal.LookAt, PID: 1})
			}
			sending.Wait()
			l.until("that all were refused", func(*state.Run) bool { return refusedTimes(l) == tries })
			r := l.run
			if r.Question("run.go_on") == nil || r.StopAsked != nil || r.Unwatched || r.Keys.ID != l.presence.Screen {
				t.Fatalf("it changed something: stop %v, unwatched %v, keys %+v\n%v", r.StopAsked, r.Unwatched, r.Keys,
					r.Log)
			}
			l.send(journal.Message{Kind: journal.Answer, ID: "run.go_on", Answer: "no"})
			a := l.end().Answers["run.go_on"]
			if a.Answer != "no" || !strings.HasPrefix(a.By, who(os.Getuid())) {
				t.Errorf("answered %+v", a)
			}
		})
	}
}

// TestTheKeysAreAskedForAndGiven, handed over with a note, and each answer names who.
func TestTheKeysAreAskedForAndGiven(t *testing.T) {
	t.Parallel()
	_, l, release := blocked(t)
	release()
	two := l.arrives(stranger)
	two.send(journal.Message{Kind: journal.AskKeys})
	l.until("the asking", func(r *state.Run) bool { return r.Asked() != nil && r.Asked().ID == two.presence.Screen })
	l.send(journal.Message{Kind: journal.KeepKeys, To: two.presence.Screen})
	l.until("the no", func(r *state.Run) bool { return r.Asked() == nil && tells(r, "keeps the keys") })
	two.send(journal.Message{Kind: journal.AskKeys})
	l.until("that it is not asked twice at once", func(r *state.Run) bool { return tells(r, "asked a moment ago") })
	l.send(journal.Message{Kind: journal.HandOver, To: two.presence.Screen})
	l.until("that a note is needed", func(r *state.Run) bool { return tells(r, "a hand-over needs a note") })
	l.send(journal.Message{Kind: journal.HandOver, To: two.presence.Screen, Note: "backfill at 44 %\x1b[31m"})
	l.until("the hand-over", func(r *state.Run) bool { return r.Keys.ID == two.presence.Screen })
	l.send(journal.Message{Kind: journal.Answer, ID: "run.go_on", Answer: "no"})
	l.until("that the former only reads", func(r *state.Run) bool { return tells(r, "a reader changes nothing") })
	two.send(journal.Message{Kind: journal.Answer, ID: "run.go_on", Answer: "yes", Name: "somebody else"})
	r := l.end()
	if a := r.Answers["run.go_on"]; a.Answer != "yes" || a.By != who(stranger) {
		t.Errorf("answered %+v", a)
	}
	if r.Finished == nil || r.Finished.Exit != steps.ExitDone {
		t.Errorf("finished %+v\n%v", r.Finished, r.Log)
	}
	if strings.Contains(fmt.Sprint(r.Pairing), "\x1b") || !tells(r, "backfill at 44 %") {
		t.Errorf("the note: %q", r.Pairing)
	}
}

// TestALostScreenLocksNobodyOut: the keys of a screen that is gone are taken by who
// asks, and that is said.
func TestALostScreenLocksNobodyOut(t *testing.T) {
	t.Parallel()
	_, l, release := blocked(t)
	release()
	two := l.arrives(stranger)
	l.leave()
	l.until("that it is gone", func(r *state.Run) bool { return r.Free() })
	two.send(journal.Message{Kind: journal.AskKeys})
	l.until("the keys", func(r *state.Run) bool {
		return r.Keys.ID == two.presence.Screen && r.Keys.How == journal.Taken
	})
	if !tells(l.run, "is gone") {
		t.Errorf("nothing says why\n%v", l.run.Log)
	}
	two.send(journal.Message{Kind: journal.Answer, ID: "run.go_on", Answer: "yes"})
	if r := l.end(); r.Finished == nil || r.Finished.Exit != steps.ExitDone {
		t.Errorf("finished %+v\n%v", r.Finished, r.Log)
	}
}

// TestALookIsItsOwners: before anything was confirmed nobody else takes the keys, and a
// look that its owner left ends although somebody else watches.
func TestALookIsItsOwners(t *testing.T) {
	t.Parallel()
	_, l := asked(t, nil)
	two := l.arrives(stranger)
	l.leave()
	two.send(journal.Message{Kind: journal.AskKeys})
	two.send(journal.Message{Kind: journal.Answer, ID: "run.confirm", Answer: "yes"})
	if r := l.end(); r.Opened != nil || r.Keys.ID == two.presence.Screen {
		t.Errorf("opened %+v, keys %+v\n%v", r.Opened, r.Keys, r.Log)
	}
}

// TestWhatStrangersPutIntoTheInbox: none of it is heard, and the engine goes on.
func TestWhatStrangersPutIntoTheInbox(t *testing.T) {
	t.Parallel()
	_, l, release := blocked(t)
	release()
	two := l.arrives(stranger)
	inbox := filepath.Join(l.folder, journal.InboxName)
	holder, err := json.Marshal(journal.Message{
		Kind: journal.Answer, ID: "run.go_on", Answer: "yes", Life: l.run.Began, Screen: l.presence.Screen, N: 999,
	})
	if err != nil {
		t.Fatal(err)
	}
	two.put([]byte("\x00not json"))
	two.put(make([]byte, 1<<20))
	if err := syscall.Mkfifo(filepath.Join(inbox, "1.json"), 0o666); err != nil {
		t.Fatal(err)
	}
	two.owns(filepath.Join(inbox, "1.json"))
	// A file of the holder's, by a second name: its owner did not put it there.
	own := filepath.Join(t.TempDir(), "own")
	if err := os.WriteFile(own, holder, 0o640); err != nil {
		t.Fatal(err)
	}
	for name, make := range map[string]func(string, string) error{"2.json": os.Symlink, "3.json": os.Link} {
		if err := make(own, filepath.Join(inbox, name)); err != nil {
			t.Fatal(err)
		}
	}
	two.put(holder) // the holder's words from another user
	open := filepath.Join(inbox, ".4")
	if err := os.WriteFile(open, holder, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o666); err != nil { // anybody could have written it
		t.Fatal(err)
	}
	if err := os.Rename(open, filepath.Join(inbox, "4.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(inbox, "5.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	l.until("that all is taken away", func(*state.Run) bool {
		left, err := os.ReadDir(inbox)
		return err == nil && len(left) == 0
	})
	l.until("that it is said", func(*state.Run) bool { return refusedTimes(l) == 4 })
	if l.run.Question("run.go_on") == nil {
		t.Fatalf("it was answered\n%v", l.run.Log)
	}
	// What was heard once is not heard again.
	l.send(journal.Message{Kind: journal.Pause, Screen: l.presence.Screen, N: 500})
	l.send(journal.Message{Kind: journal.Pause, Screen: l.presence.Screen, N: 500})
	l.until("that it was heard before", func(r *state.Run) bool { return tells(r, "it was heard before") })
	l.send(journal.Message{Kind: journal.Answer, ID: "run.go_on", Answer: "no"})
	l.end()
}

// TestAShellStopsOnesOwnRun, whoever holds the keys; of another user it does not.
func TestAShellStopsOnesOwnRun(t *testing.T) {
	t.Parallel()
	_, l, release := blocked(t)
	defer release()
	two := l.arrives(stranger)
	l.send(journal.Message{Kind: journal.HandOver, To: two.presence.Screen, Note: "yours"})
	l.until("the hand-over", func(r *state.Run) bool { return r.Keys.ID == two.presence.Screen })
	three := l.arrives(stranger - 1)
	b, err := json.Marshal(journal.Message{Kind: journal.Stop, Now: true, Life: l.run.Began})
	if err != nil {
		t.Fatal(err)
	}
	three.put(b)
	l.until("that it is refused", func(r *state.Run) bool { return tells(r, "it comes from no screen") })
	if err := journal.Send(l.folder, journal.Message{Kind: journal.Stop, Now: true, Life: l.run.Began}); err != nil {
		t.Fatal(err)
	}
	if r := l.end(); r.StopAsked == nil || r.Finished == nil {
		t.Errorf("finished %+v\n%v", r.Finished, r.Log)
	}
}
