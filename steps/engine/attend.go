package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"belay/steps"
	"belay/steps/journal"
	"belay/steps/state"
)

// watchers remembers who watches.
type watchers struct {
	seen    bool      // somebody has watched this life
	gone    time.Time // since when nobody does; zero = somebody does
	began   time.Time
	looked  time.Time
	leaving bool // the last screen said that it goes
}

// attend reads the inbox and looks who watches. It is called every poll.
func (g *engine) attend() error {
	messages, err := g.inbox.Take()
	if err != nil {
		slog.Warn("reading the inbox", "error", err)
	}
	for _, m := range messages {
		if err := g.hear(m); err != nil {
			return err
		}
		if g.phase == over {
			return nil // what was said after the end is not heard
		}
	}
	return g.lookAround()
}

// hear does what a message asks. Anything a screen may not ask is refused here.
func (g *engine) hear(m journal.Received) error {
	by := voice(m)
	if m.Bad == "" && !g.meant(m.Message) {
		return g.unheard(m, by)
	}
	why, err := g.keyring.mayNot(m)
	if err != nil {
		return err
	}
	if why != "" {
		return g.keyring.reject(m, by, why)
	}
	switch m.Kind {
	case journal.Answer:
		return g.questions.take(m.Message, by)
	case journal.Stop:
		return g.stop(m.Now, by)
	case journal.Again:
		g.queue.from(0)
	case journal.Unwatched:
		g.watchers.leaving = true
		if g.run.Opened != nil || g.works() {
			return g.record("", by, journal.GoingOnUnwatched{})
		}
	case journal.Leave:
		g.watchers.leaving = true
	case journal.Abandon:
		return g.abandon()
	case journal.Pause, journal.Resume, journal.Longer, journal.Shorter:
		g.steer(m.Kind, by)
	case journal.LookAt:
		g.ender.lookAt(m.PID)
	case journal.End:
		return g.ender.end(m, by)
	case journal.AskKeys:
		return g.keyring.askKeys(m, by)
	case journal.GiveKeys, journal.KeepKeys, journal.HandOver:
		return g.keyring.giveKeys(m, by)
	}
	return nil
}

// meant reports whether a message is for this engine and not for one before it.
func (g *engine) meant(m journal.Message) bool {
	return m.Life == g.run.Began || (m.Life == 0 && g.run.Began == 1)
}

// unheard says of a word to an engine before this one that it was not heard, where
// somebody waits for what it asked.
func (g *engine) unheard(m journal.Received, by string) error {
	if !owns(m.UID) {
		return g.keyring.reject(m, by, "it was sent to another engine")
	}
	switch m.Kind {
	case journal.Answer, journal.Stop, journal.Pause, journal.Resume, journal.End:
		return g.record("", by, journal.Noted{
			Text: "ignored, because it was sent to the engine before this one: " + string(m.Kind),
		})
	}
	return nil
}

// steer hands what a screen asks of a backfill to the step that runs it, which
// tells what came of it.
func (g *engine) steer(kind journal.MessageKind, by string) {
	switch kind {
	case journal.Pause:
		g.env.Steering.Pause(by)
	case journal.Resume:
		g.env.Steering.Resume()
	case journal.Longer:
		g.env.Steering.Longer()
	case journal.Shorter:
		g.env.Steering.Shorter()
	}
}

// voice names who sent a message: the owner of the file. A given name is added where
// it is the run's own user who gives it.
func voice(m journal.Received) string {
	name := who(m.UID)
	if given := clipped(m.Name, 32); given != "" && given != name && owns(m.UID) {
		return fmt.Sprintf("%s (%s)", given, name)
	}
	return name
}

// stop closes the gate to the next unit first; only then is anything cancelled.
func (g *engine) stop(now bool, by string) error {
	if err := g.record("", by, journal.StopRequested{Now: now}); err != nil {
		return err
	}
	if g.phase != running {
		if now || g.run.Opened != nil || g.run.LeftBehind() {
			g.finish(journal.RunFinished{
				Exit: steps.ExitPerson, Outcome: journal.OutcomePerson,
				Summary: "stopped before anything ran: " + g.run.Unchanged(), Hint: g.goesOn(),
			})
		}
		return nil
	}
	g.holdNext = &steps.Exit{
		Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied, Summary: "stopped on request; " + g.run.Unchanged(),
	}
	if g.run.Stays() != "" { // closed, nobody would be told that something of it is there
		g.holdNext.Code, g.holdNext.Outcome, g.holdNext.Advice = steps.ExitPerson, journal.OutcomePerson, g.goesOn()
	}
	g.questions.failWaiting(g.holdNext)
	switch {
	case now && g.cancel != nil:
		g.cancel(ErrStopped)
	default:
		g.env.Steering.Leave(ErrStopped, by)
	}
	return nil
}

// abandon is a screen's word that no answer will come: end of input.
func (g *engine) abandon() error {
	if len(g.questions.waiting) > 0 {
		g.questions.failWaiting(&steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: "needs an answer to " + strings.Join(slices.Sorted(maps.Keys(g.questions.waiting)), ", ") +
				": nobody answers any more" + g.staying(),
			Advice: "`belay attach " + g.shortID() + "` goes on",
		})
		return nil
	}
	switch g.phase {
	case looking:
		g.questions.abandoned = true // what its steps still find decides what is said
	case idle:
		return g.unattended()
	}
	return nil
}

// unattended ends a look that nobody answers any more: it says which check failed, else
// which question is open.
func (g *engine) unattended() error {
	blocked := g.missing()
	failed := slices.DeleteFunc(slices.Clone(blocked), func(s state.Step) bool {
		return s.Status != journal.Failed || g.questions.asks(s.ID)
	})
	dialog := g.run.Question(g.questions.confirmID())
	switch {
	case len(failed) > 0:
		return g.giveUp(failed)
	case len(g.questions.open()) > 0:
		g.finish(g.questions.unanswered())
		return nil
	case dialog != nil:
		g.finish(journal.RunFinished{
			Exit: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: "not confirmed, " + g.run.Unchanged() + ": " + dialog.Text,
			Hint: "type it, or put " + g.questions.confirmID() +
				" into an answers file and give that with --answers FILE",
		})
		return nil
	case len(blocked) > 0 && blocked[0].Summary != "":
		return g.declined("nobody answers any more, " + g.run.Unchanged() + "; " + blocked[0].ID + ": " +
			blocked[0].Summary)
	}
	return g.declined("nobody answers any more: " + g.run.Unchanged())
}

// lookAround counts the screens, at most twice a second.
func (g *engine) lookAround() error {
	now := g.now()
	w := &g.watchers
	if w.began.IsZero() {
		w.began = now
	}
	if now.Sub(w.looked) < g.patience.sample/2 {
		return nil
	}
	w.looked = now
	if !g.log.Here(g.folder) {
		return g.forsaken()
	}
	if err := errors.Join(g.keyring.lookWho(), g.keyring.restRefused()); err != nil {
		return err
	}
	switch approved, err := g.approvals.poll(); {
	case err != nil:
		return err
	case approved:
		g.queue.from(0)
	}
	if g.keyring.watched() {
		return g.somebody()
	}
	return g.unwatched(now)
}

// forsaken ends a life whose folder was deleted under it: no screen that comes can
// find it, and nobody can stop it any more. What is in hand ends first.
func (g *engine) forsaken() error {
	if g.forsook {
		return nil
	}
	g.forsook = true
	exit := &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: "the run folder was deleted, " + g.folder + ": the next file did not start",
		Advice:  "the same command looks again at what is applied",
	}
	if err := g.record("", "", journal.Noted{
		Text: "the run folder was deleted, " + g.folder + ": what runs now ends, and nothing else begins",
	}); err != nil {
		return err
	}
	if g.phase == running {
		g.holdNext = exit
		g.questions.failWaiting(exit)
		g.env.Steering.Leave(exit, "belay: the run folder was deleted")
		return nil
	}
	if g.run.Opened == nil {
		exit.Code, exit.Outcome, exit.Summary = steps.ExitFailed, journal.OutcomeNotApplied,
			"the folder of this look was deleted: nothing has changed"
	}
	g.finish(journal.RunFinished{Exit: exit.Code, Outcome: exit.Outcome, Summary: exit.Summary, Hint: exit.Advice})
	return nil
}

func (g *engine) somebody() error {
	w := &g.watchers
	w.seen, w.leaving, w.gone = true, false, time.Time{}
	if g.run.ScreenLost.IsZero() {
		return nil
	}
	if g.holdNext == errUnwatched {
		g.holdNext = nil
	}
	return errors.Join(g.unsaid(), g.record("", "", journal.ScreenBack{}))
}

// nobodyWatches is who pauses a backfill that lost its last screen.
const nobodyWatches = "belay: nobody watches"

// errUnwatched holds the next unit while nobody watches: a lost terminal is not
// consent.
var errUnwatched = &steps.Exit{
	Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
	Summary: "the screen was lost; the next file did not start",
	Advice:  "`belay attach` goes on from here",
}

// unwatched decides what an engine does that nobody watches.
func (g *engine) unwatched(now time.Time) error {
	w := &g.watchers
	if !w.seen && !w.leaving && now.Sub(w.began) < g.patience.arrive {
		return nil
	}
	if w.gone.IsZero() {
		w.gone = now
	}
	if g.run.Opened == nil && g.stays() {
		return g.stay(now)
	}
	if g.run.Opened == nil || (g.order.Started != "" && g.phase != running) {
		g.move(deserts)
		return nil
	}
	if g.order.Started != "" {
		return g.leaveDemo()
	}
	if g.phase == running && !g.run.Unwatched && g.run.ScreenLost.IsZero() {
		if !g.unwatchedAllowed() {
			g.holdNext = errUnwatched
		}
		if err := g.record("", "", journal.ScreenLost{}); err != nil {
			return err
		}
	}
	alone := now.Sub(w.gone)
	if g.phase == running && alone >= g.patience.unwatched && !g.run.Unwatched && !g.unwatchedAllowed() {
		g.env.Steering.Pause(nobodyWatches)
	}
	if g.env.Steering.Paused() && alone >= g.patience.park && g.env.Steering.Leaving() == nil {
		return g.park("a backfill is paused and nobody watched for " + g.patience.park.String())
	}
	if (len(g.questions.waiting) > 0 || g.phase == idle) && alone >= g.patience.park {
		return g.park("nobody answered for " + g.patience.park.String())
	}
	return nil
}

func (g *engine) unwatchedAllowed() bool {
	a, ok := g.answered("run.unwatched")
	if !ok {
		a = g.order.Answers["run.unwatched"]
	}
	return a == "yes"
}

// leaveDemo stops a run whose server ends with its last screen, once.
func (g *engine) leaveDemo() error {
	if g.run.StopAsked != nil {
		return nil
	}
	return g.stop(true, "")
}
