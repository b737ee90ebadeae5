// Package journal is the story of a run: one JSON line an event, written by the
// engine alone, followed by every screen, and the inbox through which screens
// answer. The journal holds facts and decisions; the database stays the truth
// about the database.
package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"belay/sqlview/visible"
)

// Format is the version of the journal's lines. A reader refuses a journal of a
// newer format by naming the version it would need.
const Format = 1

// Event is one line of a journal.
type Event struct {
	// Seq counts from 1 without gaps within a journal.
	Seq int64
	// At is the clock of the engine's host, UTC.
	At   time.Time
	Kind Kind
	// Step is the checklist step the event belongs to; "" = the run itself.
	Step string
	// By is who caused it, such as "op1"; "" = the engine.
	By string
	// Line is the whole JSON line without its newline.
	Line []byte
}

type envelope struct {
	Seq  int64     `json:"seq"`
	At   time.Time `json:"at"`
	Kind Kind      `json:"kind"`
	Step string    `json:"step,omitempty"`
	By   string    `json:"by,omitempty"`
}

// Body is what a kind of event carries beside the envelope.
type Body interface{ Kind() Kind }

// Decode reads the body of an event. It is an error to ask for another kind's.
func Decode[B Body](e Event) (B, error) {
	var b B
	if b.Kind() != e.Kind {
		return b, fmt.Errorf("event %d is %s, not %s", e.Seq, e.Kind, b.Kind())
	}
	if err := json.Unmarshal(e.Line, &b); err != nil {
		return b, fmt.Errorf("event %d (%s): %w", e.Seq, e.Kind, err)
	}
	return b, nil
}

// Fact makes the event of an observation.
func Fact(name string, value any) (FactSeen, error) {
	b, err := json.Marshal(value)
	if err != nil {
		return FactSeen{}, fmt.Errorf("fact %s: %w", name, err)
	}
	return FactSeen{Name: name, Value: b}, nil
}

// encode puts body's fields beside the envelope's in one flat object. Whoever
// prints the line as it is prints nothing that steers his terminal.
func encode(env envelope, body Body) ([]byte, error) {
	head, err := json.Marshal(env)
	if err != nil {
		return nil, err
	}
	tail, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", env.Kind, err)
	}
	if bytes.Equal(tail, []byte("{}")) {
		return visible.JSON(head), nil
	}
	line := append(head[:len(head)-1:len(head)-1], ',')
	return visible.JSON(append(line, tail[1:]...)), nil
}

// ErrDamaged is wrapped by errors about a line in the middle of a journal that
// is no event. A torn last line is no damage: it is a write that never ended.
var ErrDamaged = errors.New("journal is damaged")

// ParseLine reads one line, without its newline, as an event.
func ParseLine(line []byte) (Event, error) {
	var env envelope
	if err := json.Unmarshal(line, &env); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if env.Seq < 1 || env.Kind == "" {
		return Event{}, fmt.Errorf("%w: a line without seq or kind", ErrDamaged)
	}
	return Event{Seq: env.Seq, At: env.At, Kind: env.Kind, Step: env.Step, By: env.By, Line: line}, nil
}
