package faultproxy

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// link is one client connection with its server connection.
type link struct {
	proxy    *Proxy
	number   int
	client   net.Conn
	server   net.Conn
	frontend *frontend

	once sync.Once
	gone chan struct{} // closed by cut
	// stranded is closed by strand; mute hides the server's answers.
	stranded chan struct{}
	lost     sync.Once
	mute     atomic.Bool

	// backend is the pid of the server's BackendKeyData.
	backend atomic.Uint32
	// asked counts what makes the server send ReadyForQuery: the startup and
	// every Query, Sync and FunctionCall that was forwarded.
	asked atomic.Int64
	// swallow is the number of the ReadyForQuery that ends a CutReply; 0 is none.
	swallow atomic.Int64
	// waits is set while the client waits for the first word of an answer.
	waits atomic.Bool
}

func newLink(p *Proxy, number int, client, server net.Conn) *link {
	return &link{proxy: p, number: number, client: client, server: server,
		frontend: newFrontend(number), gone: make(chan struct{}), stranded: make(chan struct{})}
}

// cut closes both sockets.
func (l *link) cut() {
	l.once.Do(func() { close(l.gone) })
	_ = l.client.Close()
	_ = l.server.Close()
}

func (l *link) strand() { l.lost.Do(func() { close(l.stranded) }) }

// abandoned reports whether the link is stranded. It returns only once such a link
// is cut: until then neither side may learn anything.
func (l *link) abandoned() bool {
	select {
	case <-l.stranded:
		<-l.gone
		return true
	default:
		return false
	}
}

// run forwards both directions until one of them ends.
func (l *link) run() {
	defer l.proxy.forget(l)
	defer l.cut()
	fromClient := bufio.NewReader(l.client)
	if !l.startup(fromClient) {
		return
	}
	var back sync.WaitGroup
	back.Go(l.backward)
	if l.forward(fromClient) {
		l.cut()
	}
	back.Wait()
}

// startup forwards the first message. It returns false when the connection is
// over, as after a cancel request.
func (l *link) startup(r io.Reader) bool {
	for {
		raw, err := readFrame(r, false)
		if err != nil || len(raw) < 8 || !l.proxy.wait(l) {
			return false
		}
		m := Message{Conn: l.number, Type: Startup, Body: raw[4:]}
		switch binary.BigEndian.Uint32(raw[4:]) {
		case sslRequest, gssEncRequest:
			// Messages inside TLS could not be read: the proxy declines.
			if _, err := l.client.Write([]byte{'N'}); err != nil {
				return false
			}
			continue
		case cancelRequest:
			m.Type = Cancel
		}
		act := l.proxy.decide(m)
		if m.Type == Cancel && l.proxy.isCutOff(m) {
			return false
		}
		if act == CutBefore || !l.send(act, raw) || act == CutAfter {
			return false
		}
		l.asked.Add(1)
		if m.Type == Cancel {
			// The server closes when it has passed the request on.
			_, _ = io.Copy(io.Discard, l.server)
			return false
		}
		return true
	}
}

// send forwards a message with the blackholes around it.
func (l *link) send(act Action, raw []byte) bool {
	if act == BlackholeBefore {
		l.proxy.Blackhole()
		if !l.proxy.wait(l) {
			return false
		}
	}
	switch act {
	// Before the write: the answer must not slip through.
	case BlackholeAfter:
		l.proxy.Blackhole()
	case MuteAfter:
		l.mute.Store(true)
	}
	if l.abandoned() {
		return false
	}
	l.waits.Store(true)
	_, err := l.server.Write(raw)
	return err == nil
}

// forward carries the client's messages. It returns true when both sockets are
// to be closed now, false when the server's side finishes by itself.
func (l *link) forward(r io.Reader) bool {
	held := Pass // an action on Execute takes effect with its Sync
	for {
		raw, err := readFrame(r, true)
		if err != nil {
			if l.abandoned() {
				return true
			}
			// The client is gone: the server learns it as it would without us,
			// after the messages that are under way.
			_ = l.server.(*net.TCPConn).CloseWrite()
			return false
		}
		if !l.proxy.wait(l) {
			return true
		}
		m := l.frontend.message(raw)
		act := l.proxy.decide(m)
		if act == CutBefore {
			return true
		}
		if (act == CutAfter || act == CutReply || act == MuteAfter) && extended(m.Type) {
			held, act = act, Pass
		} else if m.Type == Sync && held != Pass {
			act, held = held, Pass
		}
		if !l.forwardOne(act, m.Type, raw) {
			return act != CutReply && act != CutAfter
		}
	}
}

// extended tells whether a message is answered only with a later Sync.
func extended(t byte) bool {
	switch t {
	case Parse, Bind, Describe, Execute, closeStatement, flush:
		return true
	}
	return false
}

// forwardOne forwards a message and returns false when it was the last one.
func (l *link) forwardOne(act Action, kind byte, raw []byte) bool {
	if kind == Query || kind == Sync || kind == functionCall {
		l.asked.Add(1)
	}
	if act == CutReply || act == CutAfter {
		// Before the write: the answer must not slip through.
		l.swallow.Store(l.asked.Load())
		l.proxy.cutOff(l.backend.Load())
	}
	sent := l.send(act, raw)
	if act == CutAfter {
		// The server's socket stays open until it has answered: closing it now
		// with unread bytes would reset it, and a reset can overtake the message.
		_ = l.client.Close()
	}
	return sent && act != CutAfter && act != CutReply
}

// backward carries the server's messages, and ends the link when a swallowed
// answer is complete.
func (l *link) backward() {
	defer l.cut()
	r := bufio.NewReader(l.server)
	var ready int64
	for {
		raw, err := readFrame(r, true)
		if err != nil {
			l.abandoned()
			return
		}
		loggedIn := ready > 0
		switch raw[0] {
		case readyForQuery:
			ready++
		case backendKeyData:
			l.backend.Store(binary.BigEndian.Uint32(raw[5:]))
		}
		if at := l.swallow.Load(); at > 0 {
			if ready >= at {
				return
			}
			continue
		}
		if !l.proxy.wait(l) || !l.deliver(raw, loggedIn) {
			return
		}
	}
}

// deliver gives a message to the client, as the proxy spoils it. It returns false
// where the client is gone.
func (l *link) deliver(raw []byte, loggedIn bool) bool {
	switch {
	case l.mute.Load(), loggedIn && l.proxy.spoils(muted):
		return true
	case loggedIn && l.proxy.spoils(flooded):
		return l.flood()
	case !l.late():
		return false
	}
	_, err := l.client.Write(raw)
	return err == nil
}
