package db

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// PlainPasswordError is a connection that was given up because the server, over
// an unencrypted line to another host, asked for what would give the password
// away. Nothing of it was sent.
type PlainPasswordError struct {
	// Method is what the server asked for, as require_auth calls it: password or md5.
	Method string
}

func (e *PlainPasswordError) Error() string {
	return "the server asks for the password (" + e.Method + ") over a line that is not encrypted"
}

// line watches over one call to Connect.
type line struct {
	cfg Config
	// first is how the server's answers on the last unencrypted line began.
	first *heard
}

// guard is called with each line before the first word of the protocol.
func (l *line) guard(_ context.Context, c *pgconn.Config, conn net.Conn) (net.Conn, error) {
	l.first, c.RequireAuth = nil, l.cfg.pgx.RequireAuth
	if _, encrypted := conn.(*tls.Conn); encrypted || !l.cfg.isElsewhere(conn.RemoteAddr()) {
		return conn, nil
	}
	c.RequireAuth = l.cfg.plain
	l.first = &heard{Conn: conn}
	return l.first, nil
}

func (c Config) isElsewhere(a net.Addr) bool {
	if c.elsewhere != nil {
		return c.elsewhere(a)
	}
	return isElsewhereAddr(a)
}

// why is the reason of a connect that failed.
func (l *line) why(err error) error {
	method := ""
	switch l.first.asked() {
	case authPassword:
		method = "password"
	case authMD5:
		method = "md5"
	}
	if SQLState(err) != "" || method == "" || !strings.Contains(l.cfg.plain, "!"+method) {
		return err
	}
	return &PlainPasswordError{Method: method}
}

// heard keeps the first bytes that the server says on a line.
type heard struct {
	net.Conn
	bytes []byte
}

// What a server may ask for (protocol-message-formats.html, Authentication…).
const (
	authPassword = 3
	authMD5      = 5
	authLength   = 9 // 'R', the length, the kind
)

func (h *heard) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	if missing := authLength - len(h.bytes); missing > 0 && n > 0 {
		h.bytes = append(h.bytes, b[:min(n, missing)]...)
	}
	return n, err
}

// asked is the kind of authentication that the server asked for first; 0 = none.
func (h *heard) asked() uint32 {
	if h == nil || len(h.bytes) < authLength || h.bytes[0] != 'R' {
		return 0
	}
	return binary.BigEndian.Uint32(h.bytes[5:])
}

// Unencrypted reports a line to another host that everybody on it can read.
func (c *Conn) Unencrypted() bool {
	conn := c.PgConn().Conn()
	_, encrypted := conn.(*tls.Conn)
	return !encrypted && isElsewhereAddr(conn.RemoteAddr())
}
