// Package faultproxy stands between a client and a PostgreSQL server on loopback
// and breaks connections at a chosen message of the protocol: for tests, and for
// the demo, which shows what a lost answer to COMMIT means.
package faultproxy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"
)

// Proxy stands between clients and a server on loopback. It reads the
// frontend/backend protocol, so that a connection can be broken at a
// message rather than at a moment. Cancel requests are connections of their
// own and pass like others.
type Proxy struct {
	// DSN is the upstream's with the proxy's address.
	DSN string

	listener net.Listener
	work     sync.WaitGroup

	mu       sync.Mutex // guards all below
	upstream string
	links    map[*link]struct{}
	hook     Hook
	gate     chan struct{} // closed while messages may pass
	seen     int
	refuse   bool
	refused  int
	spoiled  spoil
	delay    time.Duration
	cut      map[uint32]bool // backends whose client is cut off: no cancel passes
}

// Hook decides what happens to a frontend message. It runs in the message's
// connection, before the message is forwarded, and may block there: that
// connection's client then waits at exactly this message.
type Hook func(Message) Action

// Action is what the proxy does with a message.
type Action int

// The actions. Cut means that both sockets are closed.
const (
	// Pass forwards the message.
	Pass Action = iota
	// CutBefore cuts without forwarding: the server never sees the message.
	CutBefore
	// CutAfter forwards the message and cuts the client off at once. The
	// server reads it, runs it, and then finds that nobody listens. The cancel
	// request that pgx sends after a cut is not forwarded: it would race with
	// what the message started.
	CutAfter
	// CutReply forwards the message, waits until the server has answered it
	// wholly, and cuts without forwarding the answer: what was asked has
	// happened by the time the client sees the error.
	CutReply
	// BlackholeBefore stops all traffic of all connections before the message
	// is forwarded, as Blackhole does.
	BlackholeBefore
	// BlackholeAfter forwards the message and then stops all traffic.
	BlackholeAfter
	// MuteAfter forwards the message, and from then on the client hears nothing:
	// the answer is lost and the client does not know it. What the client sends
	// still arrives, and where one side closes, the other learns it.
	MuteAfter
)

// dialTimeout bounds the connection to the server.
const dialTimeout = 60 * time.Second

// New starts a proxy in front of a server named by a URL over TCP. The caller
// closes it. The error is one of the URL, or of listening on loopback.
func New(upstreamDSN string) (*Proxy, error) {
	u, err := url.Parse(upstreamDSN)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("proxy: the upstream is no URL over TCP")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p := &Proxy{
		upstream: u.Host, listener: l, links: map[*link]struct{}{}, cut: map[uint32]bool{}, gate: make(chan struct{}),
	}
	close(p.gate)
	u.Host = l.Addr().String()
	p.DSN = u.String()
	p.work.Go(p.accept)
	return p, nil
}

// Hook sets the hook for all connections, in place of the one before. nil
// passes everything.
func (p *Proxy) Hook(h Hook) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hook = h
}

// On applies an action to the first message for which match holds, and passes
// all others. The returned channel is closed when that message arrives.
func (p *Proxy) On(match func(Message) bool, a Action) (arrived <-chan struct{}) {
	hit := make(chan struct{})
	var once sync.Once
	p.Hook(func(m Message) Action {
		act := Pass
		if match(m) {
			once.Do(func() { act = a; close(hit) })
		}
		return act
	})
	return hit
}

// CutAll cuts every connection. New ones are accepted.
func (p *Proxy) CutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.cut()
	}
}

// ResetAll cuts every connection so that the client is told at once, by a reset.
func (p *Proxy) ResetAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		if c, ok := l.client.(*net.TCPConn); ok {
			_ = c.SetLinger(0)
		}
		l.cut()
	}
}

// Blackhole stops forwarding in both directions and keeps all sockets open, as
// a firewall that forgot the connections. New connections hang too.
func (p *Proxy) Blackhole() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.gate:
		p.gate = make(chan struct{})
	default: // already
	}
}

// Strand leaves every open connection half-open: neither side hears of the other
// again, not even that it is gone, as where a firewall forgot the connection. New
// connections pass, cancel requests included.
func (p *Proxy) Strand() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.strand()
	}
}

// Redirect sends new connections to another server, as an address does that
// moved to a promoted standby. Open ones stay where they are.
func (p *Proxy) Redirect(upstreamDSN string) error {
	u, err := url.Parse(upstreamDSN)
	if err != nil || u.Hostname() == "" {
		return errors.New("proxy: the upstream is no URL over TCP")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.upstream = u.Host
	return nil
}

// Resume ends Blackhole. Messages that were held are forwarded.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.gate:
	default:
		close(p.gate)
	}
}

// Refuse makes new connections end at once, cancel requests included, as long
// as on is true. Open ones stay.
func (p *Proxy) Refuse(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = on
}

// Open is the number of connections that are open now.
func (p *Proxy) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

// Accepted is the number of connections since the start, refused ones not counted.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

// Refused is the number of connections that were refused since the start.
func (p *Proxy) Refused() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused
}

// Close cuts every connection and waits until nothing of the proxy runs.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.Refuse(true) // one may have been accepted a moment ago
	p.CutAll()
	p.work.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		p.open(client)
	}
}

// open connects a client to the server and starts the two directions.
func (p *Proxy) open(client net.Conn) {
	p.mu.Lock()
	upstream := p.upstream
	p.mu.Unlock()
	server, err := net.DialTimeout("tcp", upstream, dialTimeout)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse {
		p.refused++
		_, _ = client.Close(), server.Close()
		return
	}
	p.seen++
	l := newLink(p, p.seen, client, server)
	p.links[l] = struct{}{}
	p.work.Go(l.run)
}

func (p *Proxy) forget(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

// decide asks the hook.
func (p *Proxy) decide(m Message) Action {
	p.mu.Lock()
	h := p.hook
	p.mu.Unlock()
	if h == nil {
		return Pass
	}
	return h(m)
}

// cutOff keeps cancel requests away from a backend from now on.
func (p *Proxy) cutOff(backend uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut[backend] = true
}

// isCutOff tells whether a cancel request is for a backend that was cut off.
func (p *Proxy) isCutOff(request Message) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(request.Body) >= 8 && p.cut[binary.BigEndian.Uint32(request.Body[4:])]
}

// wait returns false when the link was cut, or stranded, before traffic may pass.
func (p *Proxy) wait(l *link) bool {
	for {
		p.mu.Lock()
		gate := p.gate
		p.mu.Unlock()
		select {
		case <-l.gone:
			return false
		case <-gate:
		}
		p.mu.Lock()
		same := gate == p.gate
		p.mu.Unlock()
		if same {
			return !l.abandoned()
		}
	}
}
