package dbtest

import (
	"testing"

	"belay/db/faultproxy"
)

// Proxy breaks connections at a message; see faultproxy.Proxy.
type Proxy = faultproxy.Proxy

// Message is one message from a client.
type Message = faultproxy.Message

// Hook decides what happens to a message.
type Hook = faultproxy.Hook

// Action is what the proxy does with a message.
type Action = faultproxy.Action

// The actions, as faultproxy describes them.
const (
	Pass            = faultproxy.Pass
	CutBefore       = faultproxy.CutBefore
	CutAfter        = faultproxy.CutAfter
	CutReply        = faultproxy.CutReply
	BlackholeBefore = faultproxy.BlackholeBefore
	BlackholeAfter  = faultproxy.BlackholeAfter
	MuteAfter       = faultproxy.MuteAfter
)

// The types of messages, as the protocol writes them.
const (
	Startup   = faultproxy.Startup
	Cancel    = faultproxy.Cancel
	Query     = faultproxy.Query
	Parse     = faultproxy.Parse
	Bind      = faultproxy.Bind
	Describe  = faultproxy.Describe
	Execute   = faultproxy.Execute
	Sync      = faultproxy.Sync
	Terminate = faultproxy.Terminate
)

// Runs tells whether the message makes the server run SQL that contains part.
func Runs(part string) func(Message) bool { return faultproxy.Runs(part) }

// NewProxy starts a proxy in front of a server named by a URL over TCP. It ends
// with the test.
func NewProxy(t testing.TB, upstreamDSN string) *Proxy {
	t.Helper()
	p, err := faultproxy.New(upstreamDSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}
