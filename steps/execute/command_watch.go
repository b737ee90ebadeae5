package execute

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"belay/db"
	"belay/db/watch"
	"belay/sqlview/measure"
	"belay/steps/command"
	"belay/steps/fact"
	"belay/steps/journal"
)

// shownLines is how much of the command's output a screen is given.
const shownLines = 12

// How long is waited between the ways to end a command, each rougher than the one
// before; how much longer than its limit a session may wait or work before belay
// cancels it; how long what it leaves behind is waited for.
var (
	stopPause   = 2 * time.Second
	limitGrace  = 400 * time.Millisecond
	leftPause   = 30 * time.Second
	lookTimeout = 3 * time.Second
)

// commandWatch follows one start of the command.
type commandWatch struct {
	*commander
	out   *command.Output
	child *command.Child
	marks watch.Marks
	began time.Time

	// sessions are those that are there now; all counts how many there ever were.
	sessions []watch.CommandSession
	all      map[string]watch.Found
	// waits has since when a session is seen to wait, by its key and its statement.
	waits    map[string]time.Time
	asked    time.Time // when it was last asked who is in the way
	blockers []journal.Blocker
	waiting  int // sessions that wait for the command's
	waited   time.Duration
	blind    bool
	// ours is why belay cancelled something of it; "" = nothing was.
	ours string
	// stopped is why it was ended; nil = it ended by itself.
	stopped error
	left    string // what it left behind, in words
}

// follow watches the command until it has ended. A person's stop, and a limit that the
// command does not keep, end it.
func (w *commandWatch) follow(ctx context.Context) {
	tick := time.NewTicker(commandPoll)
	defer tick.Stop()
	for {
		select {
		case <-w.child.Done():
			return
		case <-ctx.Done():
			w.stopped = context.Cause(ctx)
			w.stop(ctx)
			return
		case <-tick.C:
			w.look(ctx)
			if w.keepLimits(ctx) {
				w.stop(ctx)
				return
			}
		}
	}
}

// look reads the command's sessions, and now and then who is in their way.
func (w *commandWatch) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	w.marks.Ends = command.Ends(w.processes())
	err := w.env.Sessions.Spare(ctx, func(c *db.Conn) (err error) {
		if w.sessions, err = watch.Command(ctx, c, w.marks); err != nil {
			return err
		}
		return w.inquire(ctx, c)
	})
	if blind := err != nil; blind != w.blind {
		w.blind = blind
		if blind {
			w.sessions = nil
			_ = w.env.Note(ctx, "run", "the server cannot be asked what the command does: %v; the command goes on", err)
		} else {
			_ = w.env.Note(ctx, "run", "the command's sessions are seen again")
		}
	}
	w.count()
	w.show(ctx)
}

// inquire asks who is in the way, and who waits behind the command: at most once a
// second, and at once when a session begins to wait.
func (w *commandWatch) inquire(ctx context.Context, c *db.Conn) error {
	begins := slices.ContainsFunc(w.sessions, func(s watch.CommandSession) bool {
		_, known := w.waits[waitKey(s)]
		return s.Waits == "Lock" && !known
	})
	holds := slices.ContainsFunc(w.sessions, func(s watch.CommandSession) bool { return s.TransactionMS >= 0 })
	if !begins && (!holds || time.Since(w.asked) < commandInquire) {
		return nil
	}
	w.asked = time.Now()
	var pids []int
	for _, s := range w.sessions {
		pids = append(pids, s.PID)
	}
	ahead, waiting, err := watch.CommandBlockers(ctx, c, pids)
	if err != nil {
		return err
	}
	w.waiting = waiting
	if len(ahead) > 0 {
		w.blockers = nil
	}
	for _, b := range ahead {
		w.blockers = append(w.blockers, journal.Blocker{
			PID: b.PID, Application: b.Application, User: b.User, State: b.State, AgeMS: b.AgeMS, Query: b.Query,
			Count: 1,
		})
	}
	return nil
}

func waitKey(s watch.CommandSession) string {
	return fmt.Sprintf("%d/%d/%d", s.PID, s.BackendStart.UnixMicro(), s.QueryStart.UnixMicro())
}

// count keeps which sessions there were, and since when each waits.
func (w *commandWatch) count() {
	if w.all == nil {
		w.all, w.waits = map[string]watch.Found{}, map[string]time.Time{}
	}
	waits := map[string]time.Time{}
	for _, s := range w.sessions {
		key := fmt.Sprintf("%d/%d", s.PID, s.BackendStart.UnixMicro())
		if was, known := w.all[key]; !known || was == watch.Perhaps {
			w.all[key] = s.How
		}
		if s.Waits != "Lock" || s.State != "active" {
			continue
		}
		since, known := w.waits[waitKey(s)]
		if !known {
			since = time.Now()
		}
		waits[waitKey(s)] = since
		w.waited = max(w.waited, time.Since(since), commandPoll)
	}
	w.waits = waits
}

// keepLimits cancels what waits or works for longer than its limit, and what makes too
// many others wait: the limits of PGOPTIONS reach not every driver. It reports whether
// the whole command must end.
func (w *commandWatch) keepLimits(ctx context.Context) (end bool) {
	limit := w.env.Project.Limits.QueueLimit
	most := w.statement // of a statement that has no limit of the server's, belay's own deadline
	if most == 0 {
		most = w.env.Project.Limits.Deadline
	}
	for _, s := range w.sessions {
		since, waits := w.waits[waitKey(s)]
		works := time.Duration(s.QueryMS) * time.Millisecond
		switch {
		case s.How == watch.Perhaps:
			continue
		case waits && w.lock > 0 && time.Since(since) > w.lock+limitGrace:
			w.cancel(ctx, s, fmt.Sprintf("it waited for a lock for longer than %s", measure.Duration(w.lock)), true)
		case !waits && s.State == "active" && works > most+limitGrace:
			w.cancel(ctx, s, fmt.Sprintf("its statement took longer than %s", measure.Duration(most)), false)
		case w.waiting > limit && s.State == "active":
			w.cancel(ctx, s, waitBehind(w.waiting)+" it", false)
		case w.waiting > limit && s.TransactionMS >= 0:
			w.ours = waitBehind(w.waiting) + " its open transaction"
			return true
		}
	}
	return false
}

// cancel ends the statement of a session, and says why.
func (w *commandWatch) cancel(ctx context.Context, s watch.CommandSession, why string, forLock bool) {
	w.ours = why
	if forLock {
		w.ours = ""
	}
	if err := w.cancelAll(ctx, []watch.CommandSession{s}); err != nil {
		why += ": " + err.Error()
	}
	_ = w.env.Note(context.WithoutCancel(ctx), "run", "cancelled the statement of the command's session pid %d: "+
		"%s", s.PID, why)
}

func (w *commandWatch) cancelAll(ctx context.Context, sessions []watch.CommandSession) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	return w.env.Sessions.Spare(ctx, func(c *db.Conn) error {
		var all error
		for _, s := range sessions {
			if s.How == watch.Perhaps || s.State != "active" {
				continue
			}
			_, err := db.CancelBackend(ctx, c, s.PID, s.BackendStart)
			all = errors.Join(all, err)
		}
		return all
	})
}

// stop ends the command: what its sessions run is cancelled, then it is asked to end,
// then told, then made to.
func (w *commandWatch) stop(ctx context.Context) {
	for _, way := range []syscall.Signal{0, syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		if way != 0 {
			_ = w.env.Note(context.WithoutCancel(ctx), "run", "the command goes on: sent it %s", signalName(way))
			w.child.Signal(way, w.mark())
		}
		for until := time.Now().Add(stopPause); time.Now().Before(until); {
			w.look(ctx)
			if err := w.cancelAll(ctx, w.sessions); err != nil && way == 0 {
				_ = w.env.Note(context.WithoutCancel(ctx), "run", "its session could not be cancelled: %v", err)
				break
			}
			if w.child.Await(commandPoll) {
				return
			}
		}
	}
	<-w.child.Done()
}

func signalName(s syscall.Signal) string {
	return map[syscall.Signal]string{
		syscall.SIGINT: "SIGINT", syscall.SIGTERM: "SIGTERM", syscall.SIGKILL: "SIGKILL", syscall.SIGHUP: "SIGHUP",
		syscall.SIGPIPE: "SIGPIPE", syscall.SIGSEGV: "SIGSEGV", syscall.SIGABRT: "SIGABRT",
	}[s]
}

// processes are those of the command that live.
func (w *commandWatch) processes() []int {
	all := command.Marked(w.mark())
	if len(all) == 0 {
		all = []int{w.child.PID()}
	}
	return all
}

// outlive waits for what the command left at work after its end: a session that still
// runs, a process in the background. A stop cancels and ends those too.
func (w *commandWatch) outlive(ctx context.Context) {
	until := time.Now().Add(leftPause)
	for said := false; ; {
		w.look(ctx)
		working := slices.DeleteFunc(slices.Clone(w.sessions), func(s watch.CommandSession) bool {
			return s.How == watch.Perhaps || !s.Works()
		})
		active := slices.ContainsFunc(working, func(s watch.CommandSession) bool { return s.State == "active" })
		processes := command.Marked(w.mark())
		w.left = leftWords(working, processes)
		if w.left == "" || w.blind {
			return
		}
		if !said {
			said = true
			_ = w.env.Note(context.WithoutCancel(ctx), "run", "the command has ended and left behind: %s", w.left)
		}
		switch {
		case ctx.Err() != nil:
			w.stopped = context.Cause(ctx)
			w.endLeft(ctx, working, processes)
			return
		case active:
			w.keepLimits(ctx)
		case time.Now().After(until):
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(commandPoll):
		}
	}
}

// endLeft ends what the command left behind.
func (w *commandWatch) endLeft(ctx context.Context, working []watch.CommandSession, processes []int) {
	_ = w.cancelAll(ctx, working)
	command.Signal(processes, syscall.SIGTERM)
	for until := time.Now().Add(stopPause); time.Now().Before(until) && w.left != ""; {
		w.look(ctx)
		_ = w.cancelAll(ctx, w.sessions)
		processes = command.Marked(w.mark())
		w.left = leftWords(slices.DeleteFunc(slices.Clone(w.sessions), func(s watch.CommandSession) bool {
			return s.How == watch.Perhaps || !s.Works()
		}), processes)
		time.Sleep(commandPoll)
	}
	command.Signal(processes, syscall.SIGKILL)
}

func leftWords(working []watch.CommandSession, processes []int) string {
	var words []string
	for _, s := range working {
		words = append(words, fmt.Sprintf("session pid %d (%s)", s.PID, s.State))
	}
	for _, pid := range processes {
		words = append(words, fmt.Sprintf("process %d", pid))
	}
	return strings.Join(words, ", ")
}

// show records the sessions and the last lines.
func (w *commandWatch) show(ctx context.Context) {
	t := &w.reported
	news := t.Seen != len(w.all) || len(t.Sessions) != len(w.sessions)
	t.Sessions, t.Seen, t.Output, t.Limits = nil, len(w.all), w.out.Last(shownLines), w.limitsKnown()
	for _, s := range w.sessions {
		shown := fact.CommandSession{PID: s.PID, How: string(s.How), State: s.State, Query: s.Query}
		if since, waits := w.waits[waitKey(s)]; waits {
			shown.Waits, shown.WaitMS = true, time.Since(since).Milliseconds()
		}
		t.Sessions = append(t.Sessions, shown)
	}
	w.tell(ctx, news)
}

// limitsKnown says what is known of the limits in the command's sessions: a session's
// settings cannot be read from another.
func (w *commandWatch) limitsKnown() string {
	by := map[watch.Found]int{}
	for _, how := range w.all {
		by[how]++
	}
	limits := measure.Duration(w.lock) + " for a lock, " + measure.Duration(w.statement) + " a statement, by PGOPTIONS"
	const unverified = "; no other session can see whether they hold, so belay cancels what goes past them"
	switch {
	case w.lock == 0 && w.statement == 0:
		return "none: something is built CONCURRENTLY"
	case len(w.all) == 0:
		return limits + "; no session seen yet"
	case by[watch.ByName] > 0:
		return limits + "; PGAPPNAME came along" + unverified
	case by[watch.ByPort] > 0:
		return limits + "; PGAPPNAME did not come along" + unverified
	}
	return "no session is certainly its: whether a limit holds is not known, and belay cancels none"
}

// end is how the command ended.
func (w *commandWatch) end() commandEnd {
	code, signal := w.child.Exit()
	e := commandEnd{
		exit: code, signal: signalName(signal), took: time.Since(w.began), stopped: w.stopped, ours: w.ours,
		waited: w.waited, blockers: w.blockers, left: w.left,
	}
	for _, how := range w.all {
		if how != watch.Perhaps {
			e.sessions++
		}
	}
	said := w.out.Says("55P03", "lock timeout", "LockNotAvailable")
	e.lockTimeout = w.stopped == nil && w.ours == "" && (said || w.waited > 0)
	if said { // the samples saw the end of the wait at most
		e.waited = max(e.waited, w.lock)
	}
	return e
}

// spellings are a secret as it is, and as a URL has it.
func spellings(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value, url.QueryEscape(value), url.PathEscape(value)}
}

// waitBehind counts those who wait; what they wait behind follows.
func waitBehind(n int) string {
	return measure.Plural(n, "session") + measure.Verb(int64(n), " waits", " wait") + " behind"
}
