package db

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Slack is how much longer than the server's own limit an answer is waited for.
// The server's limits do not end a wait for an answer that is lost on its way, or
// of a server that takes the login and says nothing. Only tests change it.
var Slack = 10 * time.Second

// What a server may send: until the login is done, and in one answer to a helper
// whose questions are short.
const (
	loginBytes  = 1 << 20
	answerBytes = 64 << 20
)

// SilentError is a server that was asked and did not give a whole answer in time.
type SilentError struct {
	// For is how long it was waited for.
	For time.Duration
	// Heard is how many bytes came.
	Heard int64
}

// Error says what came.
func (e *SilentError) Error() string {
	if e.Heard == 0 {
		return fmt.Sprintf("the server was asked and says nothing for %.1f s", e.For.Seconds())
	}
	return fmt.Sprintf("the server was asked and its answer has no end: %d kB in %.1f s", e.Heard>>10, e.For.Seconds())
}

// Hint says what to do now.
func (e *SilentError) Hint() string {
	return "the server hangs, or something on the way drops its answers: try psql from this host; what is open there " +
		"is asked again once it answers"
}

// patience is how long and how large an answer may be; 0 = without limit.
type patience struct {
	silence, whole time.Duration
	bytes          int64
}

// wire is a connection that ends where an answer is late by our own clock. The
// driver asks by writing; everything that is read until it writes again is the
// answer.
type wire struct {
	net.Conn

	mu     sync.Mutex // guards below; never held while bytes move
	most   patience
	asked  time.Time
	last   time.Time // when the last byte came, or went
	heard  int64
	ends   time.Time // what the driver itself wants; zero = never
	broken error
}

func newWire(c net.Conn) *wire {
	now := time.Now()
	return &wire{Conn: c, most: patience{bytes: loginBytes}, asked: now, last: now}
}

// wireOf finds the wire of a connection, below its TLS; nil = it was not dialed
// by Connect.
func wireOf(pc *pgconn.PgConn) *wire {
	c := pc.Conn()
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if h, ok := c.(*heard); ok {
		c = h.Conn
	}
	w, _ := c.(*wire)
	return w
}

// allow changes the patience and gives the one before.
func (w *wire) allow(p patience) (was patience) {
	w.mu.Lock()
	defer w.mu.Unlock()
	was, w.most = w.most, p
	return was
}

// due is when a read must end by our patience; zero = never. Call it with mu held.
func (w *wire) due() time.Time {
	var at time.Time
	if w.most.silence > 0 {
		at = w.last.Add(w.most.silence)
	}
	if w.most.whole > 0 {
		at = sooner(at, w.asked.Add(w.most.whole))
	}
	return at
}

// sooner is the earlier of two times, where zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// Read reads what the server answers.
func (w *wire) Read(b []byte) (int, error) {
	if err := w.reading(); err != nil {
		return 0, err
	}
	n, err := w.Conn.Read(b)
	return n, w.read(n, err)
}

// cause is why the line failed, where that is why a question did: under the first answer of
// several, pgx 5.12 only says that the connection is closed.
func (c *Conn) cause(err error) error {
	w := c.wire()
	if err == nil || w == nil {
		return err
	}
	if why := w.failed(); why != nil && !errors.Is(err, why) {
		return why
	}
	return err
}

// failed is why nothing more comes over the wire; nil = it is whole.
func (w *wire) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken
}

func (w *wire) reading() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.Conn.SetReadDeadline(sooner(w.due(), w.ends))
	return w.broken
}

// read judges what a read came to.
func (w *wire) read(n int, err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if n > 0 {
		w.last = now
	}
	w.heard += int64(n)
	due := w.due()
	late := errors.Is(err, os.ErrDeadlineExceeded) && !due.IsZero() && !now.Before(due)
	if w.broken == nil && (late || w.most.bytes > 0 && w.heard > w.most.bytes) {
		w.broken = &SilentError{For: now.Sub(w.asked), Heard: w.heard}
	}
	if w.broken != nil {
		return w.broken
	}
	return err
}

// Write asks. A server that takes nothing is given up like one that says nothing.
func (w *wire) Write(b []byte) (int, error) {
	w.moved()
	n, err := w.Conn.Write(b)
	w.moved()
	return n, err
}

// moved begins a question. A read that is under way already is of its answer.
func (w *wire) moved() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked, w.heard = time.Now(), 0
	w.last = w.asked
	_ = w.Conn.SetDeadline(sooner(w.due(), w.ends))
}

// SetDeadline is the driver's: it ends a question whose context has ended.
func (w *wire) SetDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ends = t
	return w.Conn.SetDeadline(sooner(w.due(), t))
}

// SetReadDeadline is SetDeadline for reads.
func (w *wire) SetReadDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ends = t
	return w.Conn.SetReadDeadline(sooner(w.due(), t))
}

// giveUp ends whatever is under way; it fails with why.
func (w *wire) giveUp(why error) {
	w.mu.Lock()
	if w.broken == nil {
		w.broken = why
	}
	w.mu.Unlock()
	_ = w.Conn.Close()
}

// ended reports whether the other side has ended the connection, or says that it
// does, as far as that can be seen without asking.
func (w *wire) ended() bool {
	s, ok := w.Conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return true
	}
	ended := true
	err = raw.Control(func(fd uintptr) {
		first := make([]byte, 1)
		n, _, err := syscall.Recvfrom(int(fd), first, syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		ended = !errors.Is(err, syscall.EAGAIN) && !(n == 1 && unasked(first[0]))
	})
	return ended || err != nil
}

// unasked reports whether a message is one that a server sends at any time and
// that ends nothing: a parameter's change, a notice, a notification.
func unasked(kind byte) bool { return kind == 'S' || kind == 'N' || kind == 'A' }
