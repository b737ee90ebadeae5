package parse

import (
	"context"
	"errors"
	"sync"
	"time"

	"belay/sqlview/parse/child"
)

const (
	// statementDeadline is how long the child may work on one statement, and as
	// long again for each further megabyte. Ordinary ones take well under a
	// millisecond.
	statementDeadline = 2 * time.Second
	// maxStatement is the longest statement in bytes that is analysed.
	maxStatement = 16 << 20
	// batchBytes is how much text is sent to the child as one message.
	batchBytes = 1 << 20
)

const tooDeep = "too deep or too large to analyse"

var errTooDeep = errors.New(tooDeep)

// Parser keeps one child process for many calls. The zero value is ready; the
// child starts with the first call. Close it when done. It may be used by
// several goroutines, one at a time gets through.
type Parser struct {
	mu    sync.Mutex
	child *process
	// patience stands for statementDeadline where it is set.
	patience time.Duration
}

// Close ends the child process and waits for it. The Parser can be used again.
func (p *Parser) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.child == nil {
		return nil
	}
	c := p.child
	p.child = nil
	return c.close()
}

// reply is the answer to one text, or why there is none.
type reply struct {
	child.Answer
	err error
}

// ask sends texts to the child, one message after another. Every text gets a
// reply. The error is set only where a child could not be started.
func (p *Parser) ask(ctx context.Context, op child.Op, texts []string) ([]reply, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	replies := make([]reply, len(texts))
	again := -1 // the text that is asked for a second time
	for done := 0; done < len(texts); {
		n, err := p.askBatch(ctx, op, texts[done:], replies[done:])
		if err != nil {
			return replies, err
		}
		if n == 0 && again == done {
			replies[done].err = errTooDeep
			n = 1
		}
		done += n
		again = done
	}
	return replies, nil
}

// askBatch sends as many of texts as fit one message and returns how many got
// a reply. The next one is to be asked for again.
func (p *Parser) askBatch(ctx context.Context, op child.Op, texts []string, replies []reply) (int, error) {
	if ctx.Err() != nil {
		return fill(replies, context.Cause(ctx)), nil
	}
	if len(texts[0]) > maxStatement {
		replies[0].err = errTooDeep
		return 1, nil
	}
	fresh := p.child == nil
	if fresh {
		c, err := start()
		if err != nil {
			return 0, err
		}
		p.child = c
	}
	stop := context.AfterFunc(ctx, p.child.expire)
	defer stop()
	n, err := p.exchange(ctx, op, texts[:batch(texts)], replies)
	if err == nil {
		return n, nil
	}
	p.child.end()
	p.child = nil
	if ctx.Err() != nil {
		return n + fill(replies[n:], context.Cause(ctx)), nil
	}
	// The child sends what it has before it begins a large text, so that one
	// ended it. A small one, or a child that was idle for long, may have had
	// another reason.
	if len(texts[n]) >= child.Large && (fresh || n > 0) {
		replies[n].err = errTooDeep
		n++
	}
	return n, nil
}

// exchange sends a batch and reads its answers. On an error it returns how
// many were read before.
func (p *Parser) exchange(ctx context.Context, op child.Op, texts []string, replies []reply) (int, error) {
	req := child.Request{Op: op, Texts: texts}
	if err := p.child.send(ctx, req, p.patienceFor(batchBytes)); err != nil {
		return 0, err
	}
	for i, text := range texts {
		a, err := p.child.receive(ctx, p.patienceFor(len(text)))
		if err != nil {
			return i, err
		}
		replies[i].Answer = a
	}
	return len(texts), nil
}

func (p *Parser) patienceFor(size int) time.Duration {
	each := statementDeadline
	if p.patience > 0 {
		each = p.patience
	}
	return each + time.Duration(size>>20)*each
}

// batch is how many of texts make up one message, at least one.
func batch(texts []string) int {
	size := 0
	for i, t := range texts {
		size += len(t)
		if i > 0 && size > batchBytes {
			return i
		}
	}
	return len(texts)
}

func fill(replies []reply, err error) int {
	for i := range replies {
		replies[i].err = err
	}
	return len(replies)
}
