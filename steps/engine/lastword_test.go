package engine

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/state"
)

// smallDisk puts the runs of a bench on a disk of so many kilobytes; fill leaves no
// room on it.
func smallDisk(t *testing.T, b *bench, options string) (fill func()) {
	t.Helper()
	if err := syscall.Mount("tmpfs", b.runs, "tmpfs", 0, options); err != nil {
		t.Skipf("no disk of a test's own: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(b.runs, syscall.MNT_DETACH) })
	return func() {
		for i := range 10_000 {
			f, err := os.OpenFile(filepath.Join(b.runs, ".fill"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
			if err == nil {
				_, err = f.Write(make([]byte, 512))
				f.Close()
			}
			if err != nil {
				return
			}
			if i == 9_999 {
				t.Fatal("the disk does not fill")
			}
		}
	}
}

// farewell is how a front end understands the end of a life.
func farewell(l *life) journal.RunFinished {
	l.b.t.Helper()
	l.end()
	if f := l.run.Finished; f != nil {
		return *f
	}
	word, said := journal.ReadLastWord(l.folder)
	return l.run.Departed(word, said, journal.Printed(l.folder))
}

// asked is a bench whose look waits at the run dialog.
func asked(t *testing.T, prepare func(*bench)) (*bench, *life) {
	t.Helper()
	b := newBench(t, counted)
	b.db.Exec(t, "CREATE TABLE effects (n int)")
	b.order.Headless = false
	delete(b.order.Answers, "run.confirm")
	if prepare != nil {
		prepare(b)
	}
	l := b.start()
	l.until("the dialog", func(r *state.Run) bool { return r.Question("run.confirm") != nil })
	return b, l
}

// blockedOn is a bench whose migration meets a blocker at each of its tries.
func blockedOn(t *testing.T, prepare func(*bench)) (*bench, *life, func()) {
	t.Helper()
	b := newBench(t, counted)
	b.db.Exec(t, "CREATE TABLE effects (n int)")
	b.order.Headless = false
	_, release := b.db.Blocker(t, "LOCK TABLE effects IN ACCESS SHARE MODE")
	if prepare != nil {
		prepare(b)
	}
	return b, b.start(), release
}

func wantFarewell(t *testing.T, f journal.RunFinished, exit int, words ...string) {
	t.Helper()
	if f.Exit != exit {
		t.Errorf("exit %d, want %d", f.Exit, exit)
	}
	for _, w := range words {
		if !strings.Contains(f.Summary+"; "+f.Hint, w) {
			t.Errorf("%q is not in %q, %q", w, f.Summary, f.Hint)
		}
	}
}

// TestDiskFullInALook: the cause reaches the person although no file of belay's can
// be written, and nobody is sent to a run that is not there.
func TestDiskFullInALook(t *testing.T) {
	t.Parallel()
	var fill func()
	_, l := asked(t, func(b *bench) { fill = smallDisk(t, b, "size=512k") })
	fill()
	f := farewell(l)
	wantFarewell(t, f, steps.ExitFailed, "no space left on device", "nothing has changed", "free space on this host")
	if strings.Contains(f.Hint, "attach") {
		t.Errorf("it sends the person to a run that is not there: %q", f.Hint)
	}
}

// TestDiskFullInARun ends it in the middle of a unit, which is undone.
func TestDiskFullInARun(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	var fill func()
	b, l, release := blockedOn(t, func(b *bench) { fill = smallDisk(t, b, "size=512k") })
	l.until("a try", func(r *state.Run) bool { return len(r.Units) > 0 && r.Units[0].Attempt != nil })
	fill()
	f := farewell(l)
	wantFarewell(t, f, steps.ExitUnknown, "no space left on device", "belay attach "+l.run.ID)
	release()
	if err := os.Remove(filepath.Join(b.runs, ".fill")); err != nil {
		t.Fatal(err)
	}
	b.order.Headless = true
	b.toTheEnd()
}

// TestNoRoomToStart is told by whoever starts the engine.
func TestNoRoomToStart(t *testing.T) {
	t.Parallel()
	for _, options := range []string{"size=64k", "size=512k,nr_inodes=3"} {
		b := newBench(t, counted)
		smallDisk(t, b, options)()
		folder, err := newFolderIn(b.runs)
		if err == nil {
			o := b.order
			o.Folder = folder
			_, err = start(o, b.environ)
		}
		if err == nil || !strings.Contains(err.Error(), "no space left on device") {
			t.Errorf("%s: %v", options, err)
		}
	}
}

// TestEngineIsEndedBySignal: SIGTERM lets it say its end; SIGKILL does not, and what is
// known is said for it.
func TestEngineIsEndedBySignal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		signal syscall.Signal
		run    bool
		exit   int
		words  []string
	}{
		"term in a look": {syscall.SIGTERM, false, steps.ExitFailed, []string{"terminated", "nothing has changed"}},
		"kill in a look": {
			syscall.SIGKILL, false, steps.ExitFailed,
			[]string{"without a word", "nothing has changed", "run the same command again"},
		},
		"term in a run": {
			syscall.SIGTERM, true, steps.ExitFailed,
			[]string{
				"stopped: terminated", "nothing of this file stays",
				"what was made for the run stays: the history table",
			},
		},
		"kill in a run": {syscall.SIGKILL, true, steps.ExitUnknown, []string{"without a word", "belay attach "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var l *life
			if c.run {
				_, l, _ = blockedOn(t, nil)
				l.until("a try", func(r *state.Run) bool { return len(r.Units) > 0 && r.Units[0].Attempt != nil })
			} else {
				_, l = asked(t, nil)
			}
			if err := syscall.Kill(l.run.Engine.PID, c.signal); err != nil {
				t.Fatal(err)
			}
			f := farewell(l)
			wantFarewell(t, f, c.exit, c.words...)
			if !c.run && strings.Contains(f.Hint, "attach") {
				t.Errorf("it sends the person to a run that is not there: %q", f.Hint)
			}
		})
	}
}

// TestHowAnEngineEnded is known to whoever started it.
func TestHowAnEngineEnded(t *testing.T) {
	t.Parallel()
	b := newBench(t, counted)
	folder, err := newFolderIn(b.runs)
	if err != nil {
		t.Fatal(err)
	}
	o := b.order
	o.Folder, o.Headless = folder, false
	p, err := start(o, b.environ)
	if err != nil {
		t.Fatal(err)
	}
	if _, ended := p.Ended(); ended {
		t.Fatal("it ended at once")
	}
	_ = syscall.Kill(p.PID(), syscall.SIGKILL)
	deadline := time.Now().Add(time.Minute)
	for {
		if how, ended := p.Ended(); ended {
			if how != "signal: killed" {
				t.Errorf("it ended by %q", how)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody saw its end")
		}
		time.Sleep(time.Millisecond)
	}
}
