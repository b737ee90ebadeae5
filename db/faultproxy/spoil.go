package faultproxy

import "time"

// spoil is what becomes of the answers of all connections.
type spoil int

const (
	intact spoil = iota
	muted
	flooded
)

// Mute swallows every answer from now on, but for that of the login: a server that
// takes the login and says nothing. Heal ends it for the connections that come
// after; what was swallowed does not come any more.
func (p *Proxy) Mute() { p.spoil(muted) }

// Flood answers the next question of every connection with notices without end.
// Heal ends it for the connections that come after.
func (p *Proxy) Flood() { p.spoil(flooded) }

// Heal ends Mute, Flood and Delay, and cuts the connections that they spoiled.
func (p *Proxy) Heal() {
	p.spoil(intact)
	p.Delay(0)
	p.CutAll()
}

// Delay holds the first word of each answer back for so long, the login's too; 0 =
// no longer.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

func (p *Proxy) spoil(s spoil) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spoiled = s
}

func (p *Proxy) spoils(s spoil) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.spoiled == s
}

// late holds an answer back. It returns false when the link was cut meanwhile.
func (l *link) late() bool {
	l.proxy.mu.Lock()
	d := l.proxy.delay
	l.proxy.mu.Unlock()
	if d == 0 || !l.waits.Swap(false) {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.gone:
		return false
	}
}

// notice is a NoticeResponse: a severity and a text.
var notice = append([]byte{'N', 0, 0, 0, 28}, "SNOTICE\x00Mthere is more\x00\x00"...)

// flood writes notices until the client is gone, which is false.
func (l *link) flood() bool {
	const many = 64
	var block []byte
	for range many {
		block = append(block, notice...)
	}
	for {
		if _, err := l.client.Write(block); err != nil {
			return false
		}
	}
}
