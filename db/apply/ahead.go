package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"belay/db"
)

// A file of thousands of small statements spends most of its time on the line, with its
// locks held: on one of 100 ms, eight thousand statements are a quarter of an hour. Of
// a block of more than Many, those that can neither end our transaction nor move a
// setting are sent ahead, each still a message and an answer of its own, whose
// transaction status is checked. What stands behind one that fails meets an aborted
// transaction, and does nothing.
const (
	Many = 100
	// One volley is no longer than this: a stop, the gate's or a person's, ends it soon.
	volleyStatements = 256
	volleyBytes      = 256 << 10
)

// lets reports whether the next statement may be on its way before this one is answered:
// nothing is to be asked or set in between.
func (s Statement) lets() bool {
	return s.transactional() && !mayMoveSettings(s) && (s.Kind != "CREATE INDEX" || s.Index.Name == "")
}

// volley is how many statements from a place on are sent at once. clocked is true once
// the clock of the whole runs, which is set before the first that makes anybody wait.
func (b block) volley(from int, clocked bool) int {
	n, bytes := 1, len(b.statements[from].SQL)
	if len(b.statements) <= Many || !b.statements[from].transactional() {
		return n
	}
	for _, s := range b.statements[from+1:] {
		bytes += len(s.SQL)
		before := b.statements[from+n-1]
		if n == volleyStatements || bytes > volleyBytes || !before.lets() || !s.transactional() ||
			(!clocked && s.strong()) {
			break
		}
		n++
	}
	return n
}

// reply is the answer to one statement of a volley.
type reply struct {
	answer
	status byte // of the transaction, after it
	// misread is why the next one was read otherwise than it was reviewed.
	misread error
}

// sendAhead sends statements from a place in the file on, and checks after the answer to
// each that we are still in our transaction.
func (t *attempt) sendAhead(ctx context.Context, at int, volley []Statement) (ending, bool) {
	if len(volley) == 1 {
		return t.statement(ctx, at, volley[0])
	}
	if e, ok := t.handOver(ctx, at, volley[0]); !ok {
		return e, false
	}
	replies, last, n := make(chan reply, len(volley)), reply{}, 0
	took := func(a reply) {
		last, n = a, n+1
		t.tell(Event{
			Kind: StatementEnded, Waited: a.took, Message: a.tag.String(), Code: db.SQLState(a.err), Existed: a.existed,
		})
		if a.err == nil && n < len(volley) {
			t.take(at+n, volley[n])
			t.tell(Event{Kind: StatementBegun, Message: volley[n].Kind})
		}
	}
	f := t.bound()
	f.replies, f.took = replies, took
	t.send.fly(ctx, f, func(ctx context.Context) (pgconn.CommandTag, error) {
		return pgconn.CommandTag{}, t.volley(ctx, volley, replies)
	})
	for len(replies) > 0 {
		took(<-replies)
	}
	s := volley[n-1]
	switch {
	case last.err != nil:
		return t.failed(s, last.answer), false
	case ended(last.tag, last.status):
		return t.endedInside(s, last.tag), false
	case last.misread != nil:
		return ending{outcome: NotApplied, reason: Refused, err: last.misread}, false
	}
	return t.behind(ctx, s)
}

// volley sends the statements and passes each answer on, up to the first that is not
// well. It returns once the server has answered all of them, or is gone.
func (t *attempt) volley(ctx context.Context, all []Statement, replies chan<- reply) error {
	c := t.s.conn.PgConn()
	if t.s.conn.IsClosed() {
		replies <- reply{answer: answer{err: fmt.Errorf("%w: the connection is closed", errNotSent)}}
		return errNotSent
	}
	p := c.StartPipeline(ctx)
	for _, s := range all {
		p.SendQueryParams(s.SQL, nil, nil, nil, nil)
		p.SendPipelineSync()
	}
	if err := p.Flush(); err != nil {
		replies <- reply{answer: answer{err: err}}
		return err
	}
	began := time.Now()
	for i := range all {
		var a reply
		a.tag, a.err = answered(p)
		a.existed = db.Existed(c)
		now := time.Now()
		a.took, a.status, began = now.Sub(began), c.TxStatus(), now
		if a.err == nil && i+1 < len(all) {
			a.misread = t.reading(all[i+1])
		}
		replies <- a
		if a.err != nil || a.misread != nil || ended(a.tag, a.status) {
			break
		}
	}
	return p.Close()
}

// answered waits for the answer to one statement, and for the server to be ready again.
func answered(p *pgconn.Pipeline) (tag pgconn.CommandTag, err error) {
	result, err := p.GetResults()
	if err != nil {
		return tag, err
	}
	rows, ok := result.(*pgconn.ResultReader)
	if !ok {
		return tag, errors.New("the server's answer has no result")
	}
	for rows.NextRow() {
	}
	if tag, err = rows.Close(); err != nil {
		return tag, err
	}
	ready, err := p.GetResults()
	if _, is := ready.(*pgconn.PipelineSync); err == nil && !is {
		err = errors.New("the server's answer has no end")
	}
	return tag, err
}
