package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/approval"
	"belay/steps/journal"
	"belay/steps/state"
)

// asking is a bench whose belay.toml asks for a second person on production.
func asking(t *testing.T, more string) *bench {
	t.Helper()
	b := newBench(t, counted)
	b.db.Exec(t, "CREATE TABLE effects (n int)")
	b.order.DSN, b.order.Environ = "", map[string]string{"DATABASE_URL": b.db.DSN}
	b.order.Answers["target.environment"] = "production"
	b.order.Answers["run.confirm"] = b.db.Name
	b.order.Answers["backup.waive"], b.order.Answers["rehearse.waive"] = "a test", "a test"
	b.conf("[approve]\nsecond_person = \"production\"\n" + more)
	return b
}

// conf writes the belay.toml.
func (b *bench) conf(text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.order.Dir, "belay.toml"), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) approvals() string { return filepath.Join(filepath.Dir(b.runs), "approvals") }

// approves writes an approval of an OS user, with the name that they typed.
func (b *bench) approves(uid int, bound, name string) {
	b.t.Helper()
	if os.Getuid() != 0 {
		b.t.Skip("only root can give a file away")
	}
	// Not by Give: who stands behind this test stands behind its engines too.
	tmp := filepath.Join(b.approvals(), ".given")
	text := fmt.Sprintf(`{"bound":%q,"name":%q,"host":"h"}`, bound, name)
	if err := os.WriteFile(tmp, []byte(text), 0o640); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Lchown(tmp, uid, -1); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Rename(tmp, filepath.Join(b.approvals(), bound+".given.approval.json")); err != nil {
		b.t.Fatal(err)
	}
}

// blockedFor reads what a second person is asked for, after a run that had no effect.
func (b *bench) blockedFor(r *state.Run) string {
	b.t.Helper()
	if r.Finished == nil || r.Finished.Exit != steps.ExitPerson || r.Approval == nil ||
		!strings.Contains(r.Finished.Summary, "second person") {
		b.t.Fatalf("finished %+v, asked %+v\n%v", r.Finished, r.Approval, r.Log)
	}
	if n := b.db.Count(b.t, "effects"); n != 0 || r.Opened != nil {
		b.t.Fatalf("%d effects, opened %+v", n, r.Opened)
	}
	return r.Approval.Bound
}

// TestALoneRunIsBlocked, in each of many tries by answers file: nothing runs, and each is
// asked to be approved for the same.
func TestALoneRunIsBlocked(t *testing.T) {
	tries := 3
	if dbtest.Long() {
		tries = 100
	}
	b := asking(t, "")
	bounds := map[string]bool{}
	for range tries {
		bounds[b.blockedFor(b.engine())] = true
	}
	if len(bounds) != 1 {
		t.Errorf("%d tries asked for %d approvals", tries, len(bounds))
	}
}

// TestALoneScreenIsBlocked: by R too, that is without an answers file, and neither an
// answer to the run dialog nor an approval of one's own opens it.
func TestALoneScreenIsBlocked(t *testing.T) {
	t.Parallel()
	b := asking(t, "")
	b.order.Headless = false
	delete(b.order.Answers, "run.confirm")
	l := b.start()
	bound := l.until("the asking", func(r *state.Run) bool { return r.Unapproved() != nil }).Approval.Bound
	for range 10 {
		l.send(journal.Message{Kind: journal.Answer, ID: "run.confirm", Answer: b.db.Name})
	}
	if err := approval.Give(b.approvals(), approval.Of(approval.Request{Bound: bound}, who(os.Getuid()))); err != nil {
		t.Fatal(err)
	}
	l.until("that it is refused", func(r *state.Run) bool { return tells(r, "nobody approves their own run") })
	if l.run.Opened != nil || l.run.Question("run.confirm") != nil || l.run.Unapproved() == nil {
		t.Fatalf("it can be opened\n%v", l.run.Log)
	}
	b.approves(stranger, bound, who(stranger))
	l.until("the dialog", func(r *state.Run) bool { return r.Question("run.confirm") != nil })
	l.send(journal.Message{Kind: journal.Answer, ID: "run.confirm", Answer: b.db.Name})
	r := l.end()
	if r.Finished == nil || r.Finished.Exit != steps.ExitDone {
		t.Fatalf("finished %+v\n%v", r.Finished, r.Log)
	}
	if a := r.Approved(bound); a == nil || a.Who != who(stranger) || a.UID != stranger {
		t.Errorf("approved by %+v", a)
	}
	if left, _ := filepath.Glob(filepath.Join(b.approvals(), "*")); len(left) != 0 {
		t.Errorf("the approval is left behind: %v", left)
	}
}

// TestWhatIsNoApproval: each is refused, and the run stays blocked.
func TestWhatIsNoApproval(t *testing.T) {
	t.Parallel()
	b := asking(t, "")
	bound := b.blockedFor(b.engine())
	dir := b.approvals()
	text := func(bound, name string) string {
		return fmt.Sprintf(`{"bound":%q,"name":%q,"host":"h"}`, bound, name)
	}
	ours := who(os.Getuid())
	for name, c := range map[string]struct {
		uid  int
		text string
		mode os.FileMode
	}{
		"one's own":           {os.Getuid(), text(bound, ours), 0o640},
		"another name":        {stranger, text(bound, ours), 0o640},
		"no name":             {stranger, text(bound, ""), 0o640},
		"another plan":        {stranger, text(strings.Repeat("0", 64), who(stranger)), 0o640},
		"writable":            {stranger, text(bound, who(stranger)), 0o666},
		"no json":             {stranger, "yes", 0o640},
		"long":                {stranger, text(bound, who(stranger)) + strings.Repeat(" ", 1<<20), 0o640},
		"the same login":      {stranger, behind(bound, "login_uid"), 0o640},
		"by sudo of the same": {stranger, behind(bound, "sudo_uid"), 0o640},
	} {
		path := filepath.Join(dir, bound+"."+strings.ReplaceAll(name, " ", "-")+".approval.json")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if os.Getuid() != 0 {
			t.Skip("only root can give a file away")
		}
		if err := os.Lchown(path, c.uid, -1); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
	}
	good := filepath.Join(t.TempDir(), "good")
	if err := os.WriteFile(good, []byte(text(bound, who(stranger))), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Lchown(good, stranger, -1); err != nil {
		t.Fatal(err)
	}
	for name, give := range map[string]func(string, string) error{"link": os.Link, "symlink": os.Symlink} {
		if err := give(good, filepath.Join(dir, bound+"."+name+".approval.json")); err != nil {
			t.Fatal(err)
		}
	}
	old := filepath.Join(dir, bound+".old.approval.json")
	if err := os.WriteFile(old, []byte(text(bound, who(stranger))), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Lchown(old, stranger, -1); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-approval.Lasts - time.Minute)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	r := b.engine("SUDO_UID=4242")
	if got := b.blockedFor(r); got != bound {
		t.Errorf("asked for another approval")
	}
	if !tells(r, "refused: approve") {
		t.Errorf("nothing says so\n%v", r.Log)
	}
}

// behind is an approval of somebody behind whom stands who stands behind the engine.
func behind(bound, what string) string {
	return fmt.Sprintf(`{"bound":%q,"name":%q,"host":"h","behind":{%q:4242}}`, bound, who(stranger), what)
}

// TestAnApprovalIsOfThisPlan: it survives the end of an engine, counts for one run, and a
// change of the files, of the settings or of what was accepted voids it.
func TestAnApprovalIsOfThisPlan(t *testing.T) {
	t.Parallel()
	two := filepath.Join("migrations", "000002_two.up.sql")
	for name, change := range map[string]func(*bench){
		"another file": func(b *bench) {
			path := filepath.Join(b.order.Dir, two)
			if err := os.WriteFile(path, []byte("INSERT INTO effects (n) VALUES (3);"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"another limit": func(b *bench) {
			b.conf("[approve]\nsecond_person = \"production\"\n[target.x]\nattempts = 7\n")
		},
		"fewer files": func(b *bench) { b.order.Versions = []string{"1"} },
	} {
		t.Run(name, func(t *testing.T) {
			if name != "another file" {
				dbtest.LongAlone(t)
			}
			t.Parallel()
			b := asking(t, "")
			bound := b.blockedFor(b.engine())
			b.approves(stranger, bound, who(stranger))
			change(b)
			if b.blockedFor(b.engine()) == bound {
				t.Error("it counts for something else")
			}
		})
	}
	t.Run("nothing changed", func(t *testing.T) {
		t.Parallel()
		b := asking(t, "")
		b.approves(stranger, b.blockedFor(b.engine()), who(stranger))
		r := b.engine()
		if r.Finished == nil || r.Finished.Exit != steps.ExitDone {
			t.Fatalf("finished %+v\n%v", r.Finished, r.Log)
		}
	})
}

// TestARunThatGoesOnIsBlockedToo: what was approved goes on after the engine's end; where
// belay.toml has changed since, it waits for a second person before its next effect.
func TestARunThatGoesOnIsBlockedToo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, after string
		blocks        bool
	}{
		"approved before": {"production", "", false},
		"other limits":    {"production", "[target.x]\nattempts = 7\n", true},
		"asked since":     {"never", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "other limits" {
				dbtest.LongAlone(t)
			}
			t.Parallel()
			b := asking(t, "")
			b.conf("[approve]\nsecond_person = \"" + c.before + "\"\n")
			if c.before == "production" {
				b.approves(stranger, b.blockedFor(b.engine()), who(stranger))
			}
			r := b.engine(dieKindVariable + "=run.opened")
			if r.Opened == nil {
				t.Fatalf("it did not open\n%v", r.Log)
			}
			b.conf("[approve]\nsecond_person = \"production\"\n" + c.after)
			r = b.engine()
			if !c.blocks {
				if r.Finished == nil || r.Finished.Exit != steps.ExitDone {
					t.Fatalf("finished %+v\n%v", r.Finished, r.Log)
				}
				return
			}
			if r.Finished == nil || r.Finished.Exit != steps.ExitPerson || b.db.Count(t, "effects") != 0 {
				t.Fatalf("finished %+v\n%v", r.Finished, r.Log)
			}
			b.approves(stranger, r.Approval.Bound, who(stranger))
			if r = b.engine(); r.Finished == nil || r.Finished.Exit != steps.ExitDone {
				t.Fatalf("once approved: %+v\n%v", r.Finished, r.Log)
			}
		})
	}
}

// TestWhoApprovedDoesNotConfirm: with the keys in hand they would be both persons.
func TestWhoApprovedDoesNotConfirm(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	b := asking(t, "")
	b.order.Headless = false
	delete(b.order.Answers, "run.confirm")
	l := b.start()
	bound := l.until("the asking", func(r *state.Run) bool { return r.Unapproved() != nil }).Approval.Bound
	two := l.arrives(stranger)
	l.send(journal.Message{Kind: journal.HandOver, To: two.presence.Screen, Note: "yours"})
	b.approves(stranger, bound, who(stranger))
	l.until("the dialog", func(r *state.Run) bool { return r.Question("run.confirm") != nil })
	two.send(journal.Message{Kind: journal.Answer, ID: "run.confirm", Answer: b.db.Name})
	l.until("that it does not count", func(r *state.Run) bool { return tells(r, "does not confirm it too") })
	if l.run.Opened != nil {
		t.Fatal("it opened")
	}
	l.send(journal.Message{Kind: journal.Stop, Now: true})
	_ = journal.Send(l.folder, journal.Message{Kind: journal.Stop, Now: true, Life: l.run.Began})
	l.end()
}

// TestASecondPersonWhereDataIsLost: drop asks for one there, and nowhere else.
func TestASecondPersonWhereDataIsLost(t *testing.T) {
	t.Parallel()
	type loss struct {
		sql, environment string
		asks             bool
	}
	for _, c := range dbtest.OneIn(4, []loss{
		{"ALTER TABLE effects ADD COLUMN note text;", "production", false},
		{"ALTER TABLE effects DROP COLUMN n;", "production", true},
		{"ALTER TABLE effects DROP COLUMN n;", "staging", true},
		{"ALTER TABLE effects DROP COLUMN n;", "local", false},
		{"TRUNCATE effects;", "production", true},
	}) {
		t.Run(c.sql+c.environment, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, map[string]string{"000001_x.up.sql": c.sql})
			b.db.Exec(t, "CREATE TABLE effects (n int)")
			b.conf("[approve]\nsecond_person = \"drop\"\n")
			b.order.Answers["target.environment"], b.order.Answers["run.confirm"] = c.environment, b.db.Name
			for _, id := range []string{"review.accept.drop-column", "review.accept.truncate", "deploy.waive",
				"backup.waive", "rehearse.waive"} {
				b.order.Answers[id] = "a test"
			}
			b.order.Answers["deploy.state"] = "everywhere"
			b.order.Answers["run.hold"] = "5s"
			r := b.engine()
			asks := tells(r, "needs a second person's approval: belay.toml asks for it where data is lost")
			if asks != c.asks {
				t.Errorf("asked %v, finished %+v\n%v", asks, r.Finished, r.Log)
			}
		})
	}
}
