package apply

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// On a line of 500 ms each question that waits for its answer holds our locks for half a
// second more. So commands of ours, none of which is decided by the answer to another, are
// sent at once: one turn of the line. The server runs them in their order, and none behind
// one that fails.

// part is one command of a turn.
type part struct {
	// own is what an error of it is called.
	own     Statement
	sql     string
	args    [][]byte
	formats []int16
	// then looks at the answer, before COMMIT; nil = that it went well is enough.
	then func(answer) (ending, bool)
}

// command is a part whose arguments are texts.
func command(own Statement, sql string, args ...string) part {
	return part{own: own, sql: sql, args: values(args...)}
}

// typed is a part whose arguments are of any type.
func (s session) typed(own Statement, sql string, args []any) (part, error) {
	var b pgx.ExtendedQueryBuilder
	err := b.Build(s.conn.TypeMap(), nil, args)
	return part{own: own, sql: sql, args: b.ParamValues, formats: b.ParamFormats}, err
}

// turn sends parts at once, each within the limit of the flight, and looks at the answers
// in their order. The first that is not well is the end.
func (t *attempt) turn(ctx context.Context, f flight, parts []part) (ending, bool) {
	if reason := t.gate.pass(ctx); reason != "" {
		return t.stopped(reason, ending{}), false
	}
	replies, answers := make(chan reply, len(parts)), make([]answer, 0, len(parts))
	f.replies, f.took = replies, func(r reply) { answers = append(answers, r.answer) }
	whole := t.send.fly(ctx, f, func(ctx context.Context) (pgconn.CommandTag, error) {
		return pgconn.CommandTag{}, t.s.sendParts(ctx, parts, replies)
	})
	for len(replies) > 0 {
		f.took(<-replies)
	}
	for i, a := range answers {
		if a.err != nil {
			return t.failed(parts[i].own, a), false
		}
		if then := parts[i].then; then != nil {
			if e, ok := then(a); !ok {
				return e, false
			}
		}
	}
	if whole.err != nil {
		return t.failed(parts[len(parts)-1].own, whole), false
	}
	return ending{}, true
}

// sendParts passes each answer on, up to the first that is an error.
func (s session) sendParts(ctx context.Context, parts []part, replies chan<- reply) error {
	if s.conn.IsClosed() {
		replies <- reply{answer: answer{err: fmt.Errorf("%w: the connection is closed", errNotSent)}}
		return errNotSent
	}
	var b pgconn.Batch
	for _, p := range parts {
		b.ExecParams(p.sql, p.args, nil, p.formats, nil)
	}
	began, well := time.Now(), 0
	results := s.conn.PgConn().ExecBatch(ctx, &b)
	for results.NextResult() {
		var a answer
		rows := results.ResultReader()
		for rows.NextRow() {
			if len(a.rows) < maxRows {
				a.rows = append(a.rows, texts(rows.Values()))
			}
		}
		if a.tag, a.err = rows.Close(); a.err != nil {
			break
		}
		now := time.Now()
		a.took, began, well = now.Sub(began), now, well+1
		replies <- reply{answer: a}
	}
	err := results.Close()
	if err != nil && well < len(parts) {
		replies <- reply{answer: answer{err: err, took: time.Since(began)}}
	}
	return err
}
