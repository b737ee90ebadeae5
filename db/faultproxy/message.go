package faultproxy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Message is one message from a client.
type Message struct {
	// Conn numbers the connections of a proxy from 1 in the order they came.
	Conn int
	// Type is the protocol's type byte, or Startup or Cancel.
	Type byte
	// SQL is the text of a Query or Parse, and for Bind and Execute that of
	// the statement they belong to. Empty for others.
	SQL string
	// Body is the message without type and length. It must not be changed.
	Body []byte
}

// Types of messages without a type byte in the protocol.
const (
	Startup byte = 1
	Cancel  byte = 2
)

// Types of frontend messages to look for, as the protocol writes them.
const (
	Query     byte = 'Q'
	Parse     byte = 'P'
	Bind      byte = 'B'
	Describe  byte = 'D'
	Execute   byte = 'E'
	Sync      byte = 'S'
	Terminate byte = 'X'

	closeStatement byte = 'C'
	flush          byte = 'H'
	functionCall   byte = 'F'
	readyForQuery  byte = 'Z'
	backendKeyData byte = 'K'
)

// Runs tells whether the message makes the server run SQL that contains part,
// in either protocol. Case counts.
func Runs(part string) func(Message) bool {
	return func(m Message) bool {
		return (m.Type == Query || m.Type == Execute) && strings.Contains(m.SQL, part)
	}
}

// Special requests that come in place of a startup message.
const (
	cancelRequest = 80877102
	sslRequest    = 80877103
	gssEncRequest = 80877104
)

// maxMessage is above what PostgreSQL itself accepts in one message.
const maxMessage = 1 << 30

var errMessage = errors.New("not a message of the PostgreSQL protocol")

// readFrame reads one message as raw bytes. Without a type byte it is one of
// the startup phase.
func readFrame(r io.Reader, typed bool) ([]byte, error) {
	head := 4
	if typed {
		head = 5
	}
	raw := make([]byte, head)
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint32(raw[head-4:]))
	if n < 4 || n > maxMessage {
		return nil, fmt.Errorf("%w: length %d", errMessage, n)
	}
	raw = append(raw, make([]byte, n-4)...)
	_, err := io.ReadFull(r, raw[head:])
	return raw, err
}

// frontend follows what a client prepares, so that an Execute can be told by
// its SQL.
type frontend struct {
	conn       int
	statements map[string]string // prepared statement -> SQL
	portals    map[string]string // portal -> SQL
}

func newFrontend(conn int) *frontend {
	return &frontend{conn: conn, statements: map[string]string{}, portals: map[string]string{}}
}

// message reads a typed frame of the client.
func (f *frontend) message(raw []byte) Message {
	m := Message{Conn: f.conn, Type: raw[0], Body: raw[5:]}
	first, rest := cString(m.Body)
	second, _ := cString(rest)
	switch m.Type {
	case Query:
		m.SQL = first
	case Parse:
		f.statements[first] = second
		m.SQL = second
	case Bind:
		m.SQL = f.statements[second]
		f.portals[first] = m.SQL
	case Execute:
		m.SQL = f.portals[first]
	case closeStatement:
		if name, ok := strings.CutPrefix(first, "S"); ok {
			delete(f.statements, name)
		}
	}
	return m
}

func cString(b []byte) (string, []byte) {
	s, rest, _ := bytes.Cut(b, []byte{0})
	return string(s), rest
}
