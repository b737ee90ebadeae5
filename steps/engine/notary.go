package engine

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"belay/db"
	"belay/db/ledger"
	"belay/steps"
	"belay/steps/approval"
	"belay/steps/fact"
	"belay/steps/state"
)

// notary asks the ledger for approvals from other hosts. It belongs to the loop, but for
// the one question that is on its way beside it.
type notary struct {
	*diary
	requests requests
	sessions *steps.Sessions
	// closed is true where the ledger carries nothing for others.
	closed bool

	ctx    context.Context
	cancel context.CancelFunc
	asks   sync.WaitGroup
	found  chan []approval.Given
	// bound is what was asked for last, request the uuid under which it waits in the
	// ledger; "" = it does not.
	bound, request string
	// login is who this run is to the server; forges is true where that one could
	// write an approval in anybody's name.
	login  string
	forges bool
	// asking is true while a question is on its way; next is when another one may be.
	asking bool
	next   time.Time
	// sent is what the last question brought.
	sent []approval.Given
}

// How long a question to the ledger may take, and how often one is asked.
const (
	notaryLimit = 2 * time.Second
	notaryEvery = 2 * time.Second
)

func newNotary(ctx context.Context, d *diary, q requests, e *steps.Env) *notary {
	n := &notary{
		diary: d, requests: q, sessions: e.Sessions, closed: e.Project.Config.Ledger == "local",
		found: make(chan []approval.Given, 1),
	}
	n.ctx, n.cancel = context.WithCancel(ctx)
	return n
}

// stop ends what is on its way and waits for it.
func (n *notary) stop() {
	n.cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.asks.Wait()
	}()
	n.requests.answerUntil(done)
}

// post asks in the ledger too, for who is on another host, where there is one that
// carries approvals. It reports whether the request waits there. Nothing else in the
// database is touched.
func (n *notary) post(r approval.Request) (waits bool) {
	if n.bound == r.Bound && n.request != "" {
		return true
	}
	n.bound, n.request = r.Bound, ""
	l, _, _ := state.Get[fact.Ledger](n.run) // the preflight says what else stands against it
	if n.closed || l.Version < ledger.CarriesApprovals || l.Version > ledger.Version {
		return false
	}
	var id, login string
	var forges bool
	var err error
	n.requests.aside(func() {
		ctx, cancel := context.WithTimeout(n.ctx, notaryLimit)
		defer cancel()
		err = n.sessions.Write(ctx, func(c *db.Conn) (err error) {
			if login, forges, err = ledger.Login(ctx, c); err != nil {
				return err
			}
			id, err = approval.Post(ctx, c, r)
			return err
		})
	})
	if err != nil {
		slog.Info("no approval from another host", "error", err, "hint", steps.HintOf(err))
		return false
	}
	n.request, n.login, n.forges = id, login, forges
	return true
}

// sentNow reads what others have sent, and waits for it.
func (n *notary) sentNow(bound string) (all []approval.Given) {
	if n.request == "" || !n.order.Headless {
		return nil // a screen is told some moments later
	}
	n.requests.aside(func() { all = n.askSent(n.ctx, n.request, bound) })
	return all
}

// pollSent is what others have sent until a moment ago; the next look is begun, and
// nobody waits for it.
func (n *notary) pollSent(bound string) []approval.Given {
	select {
	case n.sent = <-n.found:
		n.asking = false
	default:
	}
	if n.asking || n.request == "" || n.bound != bound || n.now().Before(n.next) {
		return n.sent
	}
	n.asking, n.next = true, n.now().Add(notaryEvery)
	request := n.request
	n.asks.Go(func() { n.found <- n.askSent(n.ctx, request, bound) })
	return n.sent
}

func (n *notary) askSent(ctx context.Context, request, bound string) (all []approval.Given) {
	ctx, cancel := context.WithTimeout(ctx, notaryLimit)
	defer cancel()
	err := n.sessions.Own(ctx, func(c *db.Conn) (err error) {
		all, err = approval.Sent(ctx, c, request, bound, time.Now())
		return err
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		slog.Debug("approvals from other hosts", "error", err)
	}
	return all
}

// use keeps a request and its approvals for this run. It is false where another run was
// first.
func (n *notary) use(request string) (ours bool, err error) {
	n.requests.aside(func() {
		ctx, cancel := context.WithTimeout(n.ctx, notaryLimit)
		defer cancel()
		err = n.sessions.Write(ctx, func(c *db.Conn) (err error) {
			ours, err = ledger.UseApproval(ctx, c.Conn, request, n.shortID())
			return err
		})
	})
	return ours, err
}
