package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"belay/db/backfill"
	"belay/sqlview/parse"
	"belay/steps"
	"belay/steps/applog"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/playbook"
	"belay/steps/project"
	"belay/steps/state"
)

// Version is belay's own version, as journals and reports name it.
var Version = "dev"

// engine is one life of an engine. All its fields belong to the goroutine of
// loop; steps and samplers speak to it through requests.
type engine struct {
	*diary
	last     *journal.LastWord
	inbox    *journal.Inbox
	env      *steps.Env
	playbook playbook.Playbook
	// found is what the steps that ended have found.
	found playbook.Found

	requests requests
	ended    chan ended

	queue     *queue
	questions *questions
	// inHand is the step that runs now; cancel ends it.
	inHand   string
	cancel   context.CancelCauseFunc
	approved *consent
	// fresh is set once the facts were read again after a confirm that had something to
	// do first, such as a dump.
	fresh bool
	// healthAt is when the baseline took its latest moment.
	healthAt time.Time
	watchers watchers
	keyring  *keyring
	holdNext *steps.Exit
	retryAt  time.Time
	final    *journal.RunFinished
	mute     bool // the end could not be written into the journal
	forsook  bool // the run folder was deleted
	takeover takeover
	copier   *copier
	// recorder keeps what is seen of the server while the run is open.
	recorder recorder
	// shelf has the runs of this user that were read in this life.
	shelf     shelf
	ender     *ender
	approvals *approvals
}

type ended struct {
	step    steps.Step
	found   playbook.Found
	outcome steps.Outcome
	err     error
}

// Run drives an order to its end and returns the exit code of the command line.
// It returns when the run finished, was parked, or nobody looks any more.
func Run(ctx context.Context, order Order) (int, error) {
	return drive(ctx, order, usual)
}

func drive(ctx context.Context, order Order, p patience) (int, error) {
	g := &engine{
		diary:    &diary{order: order, patience: p, now: time.Now, folder: order.Folder},
		requests: newRequests(p.asking), ended: make(chan ended),
	}
	if err := g.open(); err != nil {
		return steps.ExitFailed, err
	}
	defer g.close()
	if err := g.begin(ctx); err != nil {
		return steps.ExitFailed, err
	}
	err := g.loop(ctx)
	if err != nil {
		g.finish(g.brokenOff(err))
	}
	if g.final != nil {
		return g.final.Exit, err
	}
	return steps.ExitPerson, nil
}

// brokenOff is the end that came from outside: a signal, or a journal that cannot
// be written.
func (g *engine) brokenOff(err error) journal.RunFinished {
	f := journal.RunFinished{
		Exit: steps.ExitFailed, Outcome: journal.OutcomeNotApplied,
		Summary: "the engine was ended: " + err.Error() + "; nothing has changed", Hint: steps.HintOf(err),
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		f.Hint = "free space on this host, where belay keeps its runs: " + filepath.Dir(g.folder)
	}
	if errors.Is(err, syscall.EFBIG) {
		f.Hint = "raise this shell's limit of file sizes (ulimit -f): belay keeps its runs in " + filepath.Dir(g.folder)
	}
	if g.run.Opened == nil {
		return f
	}
	f.Summary = "the engine was ended: " + err.Error()
	if f = g.leftOpen(f); f.Exit == steps.ExitFailed {
		f.Exit, f.Outcome = steps.ExitPerson, journal.OutcomePerson
		f.Hint = strings.TrimPrefix(f.Hint+"; `belay attach "+g.shortID()+"` goes on from here", "; ")
	}
	return f
}

// open takes the journal. A journal that another engine writes is left alone.
func (g *engine) open() error {
	if err := os.MkdirAll(g.folder, 0o700); err != nil {
		return fmt.Errorf("run folder: %w", err)
	}
	log, events, err := openJournal(g.folder, g.now)
	if err != nil {
		return err
	}
	g.log, g.last = log, journal.OpenLastWord(g.folder)
	if g.run, err = state.Fold(events); err != nil {
		return errors.Join(err, log.Close())
	}
	g.takeover.diary = g.diary
	g.keyring, g.copier = newKeyring(g.diary), &copier{diary: g.diary, requests: g.requests}
	if g.inbox, err = journal.NewInbox(g.folder); err != nil {
		return errors.Join(err, log.Close())
	}
	return nil
}

// openJournal tries a few times: a screen that asks whether an engine lives
// holds the lock for a moment.
func openJournal(folder string, now func() time.Time) (*journal.Log, []journal.Event, error) {
	return openWithin(200*time.Millisecond, folder, now)
}

// openWithin waits so long for a journal that somebody else holds.
func openWithin(wait time.Duration, folder string, now func() time.Time) (*journal.Log, []journal.Event, error) {
	for begun := time.Now(); ; {
		log, events, err := journal.Open(folder, now)
		if !errors.Is(err, journal.ErrHeld) || time.Since(begun) > wait {
			return log, events, err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// begin writes the first events of this life and makes the environment.
func (g *engine) begin(ctx context.Context) error {
	if g.host, _ = os.Hostname(); g.patience.host != nil {
		g.host = g.patience.host()
	}
	if g.order.Resume {
		// What is taken up again goes the way it was confirmed for.
		if p, err := ReadPlan(g.folder); err == nil {
			g.order.Command = p.Command
		}
	}
	started := journal.EngineStarted{
		Format: journal.Format, Version: Version, Run: g.id(), Look: !g.order.Resume,
		PID: os.Getpid(), Host: g.host, Command: cmp.Or(g.order.Command, "run"), Dir: g.order.Dir,
	}
	if err := g.record("", "", started); err != nil {
		return err
	}
	if err := writeOwner(g.folder, g.host); err != nil {
		return err
	}
	if err := g.greet(); err != nil {
		return err
	}
	g.playbook = playbook.Of(g.order.Command).Until(g.order.Until)
	if err := g.record("", "", g.playbook.Chosen()); err != nil {
		return err
	}
	flags := g.order.Flags
	flags.DSN = g.order.DSN
	p, err := project.Load(flags, g.order.Dir)
	if err != nil {
		return g.refuse(err)
	}
	g.equip(p)
	if g.order.Resume {
		if err := g.resume(); err != nil {
			return g.refuse(err)
		}
	}
	g.queue.lookFrom(0)
	return nil
}

// equip makes what the steps may use, and the parts of the engine that need it.
func (g *engine) equip(p *project.Project) {
	g.env = &steps.Env{
		Project: p, Versions: g.order.Versions, RehearsalFile: g.order.Rehearsal, Now: g.now, Parser: &parse.Parser{},
		Run: g.shortID(), Headless: g.order.Headless, Adopt: g.order.Adopt, Back: g.back(),
		Sessions: steps.NewSessions(), Steering: &steps.Steering{}, Backfill: g.order.Backfill,
		Tripwire: g.order.Tripwire,
		Baseline: steps.NewBaseline(fact.Baseline{}), Log: &applog.Log{}, Engine: &desk{g: g},
	}
	if b := g.env.Backfill; b != nil && b.ID == "" {
		b.ID = backfill.NewID()
	}
	if g.order.Started != "" {
		p.DSNFrom, g.env.Started = "belay demo", g.order.Started
	}
	g.env.Sessions.OnLending(g.patience.lending)
	g.copier.sessions = g.env.Sessions
	g.queue = newQueue(g.diary, g.playbook.Lines, g.env.Sessions.Losses)
	g.questions = &questions{
		diary: g.diary, queue: g.queue, takeover: &g.takeover, confirmed: g.confirmed,
		waiting: map[string]chan answer{},
	}
}

// greet says what was left behind by engines before, and who else may watch.
func (g *engine) greet() error {
	texts := g.order.Left
	if group, err := project.Pairing(); err == nil && group.Some() {
		texts = append(texts, group.Invite(g.folder))
	}
	for _, text := range texts {
		if err := g.record("", "", journal.Noted{Text: text}); err != nil {
			return err
		}
	}
	return nil
}

// refuse ends a life that cannot begin with a sentence that screens can show.
func (g *engine) refuse(err error) error {
	g.finish(g.leftOpen(journal.RunFinished{
		Exit: steps.ExitFailed, Outcome: journal.OutcomeNotApplied, Summary: err.Error(), Hint: steps.HintOf(err),
	}))
	return err
}

// close gives everything back. A look that never became a run leaves nothing, but
// for one that worked unwatched.
func (g *engine) close() {
	if g.env != nil {
		g.env.Log.Close()
		if err := g.env.Sessions.Close(); err != nil {
			slog.Debug("closing connections", "error", err)
		}
		g.env.Parser.Close()
	}
	if err := g.recorder.close(); err != nil {
		slog.Warn("closing the recording", "error", err)
	}
	g.last.Close()
	if err := g.log.Close(); err != nil {
		slog.Warn("closing the journal", "error", err)
	}
	// What could only be said beside the journal is read after this process, and what
	// nobody watched is said to whoever comes.
	if IsLook(g.folder) && !g.mute && !g.run.LeftBehind() {
		if err := os.RemoveAll(g.folder); err != nil {
			slog.Warn("removing the look folder", "error", err)
		}
	}
}

// logPath is where an engine's own log goes.
func logPath(folder string) string { return filepath.Join(folder, journal.LogName) }
