// Package throttle tells when a backfill should slow down, wait, or stop for a
// person, and says so in words: the signal, its value, its limit, since when. A
// signal that cannot be read counts as a reason to wait.
//
// A signal is one file: a constant Signal value added to the list by [add].
package throttle

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Action is what a signal over its limit asks for.
type Action string

// The actions, from mild to strict.
const (
	// Halve: smaller batches, no pause.
	Halve Action = "halve"
	// Wait: no batch until the signal is below its limit.
	Wait Action = "wait"
	// Pause: stop until a person resumes.
	Pause Action = "pause"
)

// Querier is what a signal asks. A monitor's connection will do.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Signal is one reason to slow down.
type Signal struct {
	// Name is the key in [throttle], such as "replica_lag".
	Name string
	// Doc says what is measured, where it comes from and why it matters.
	Doc string
	// Default is the limit where none is set; "" = off until one is set.
	Default string
	// Over is what a value over the limit asks for.
	Over Action
	// Check says what is wrong with a limit; nil error = fine.
	Check func(limit string) error
	// Sample reads the value once.
	Sample func(ctx context.Context, in Input) (Reading, error)
}

// Input is what a sample may use.
type Input struct {
	DB Querier
	// Team asks a query of the team's own, with the settings that the team would
	// have; nil = DB has them.
	Team func(ctx context.Context, ask func(Querier) error) error
	// Limit is as it was set, or the Default.
	Limit string
	// PID is the backend that works; 0 = none does now.
	PID int
	// Table is the oid of the table it works on.
	Table uint32
	// Memory is the signal's own between samples of one Set.
	Memory *Memory
	// Now is our clock.
	Now time.Time
}

// asTeam asks what the team wrote.
func (in Input) asTeam(ctx context.Context, ask func(Querier) error) error {
	if in.Team == nil {
		return ask(in.DB)
	}
	return in.Team(ctx, ask)
}

// Memory is what a signal keeps between samples; its size is bounded.
type Memory struct {
	Values   []float64
	Baseline float64
	Next     int
	Texts    map[string]string
}

// Reading is a value beside its limit, both as a person reads them.
type Reading struct {
	// What names the thing, such as "replica b lag".
	What  string `json:"what"`
	Value string `json:"value"`
	Limit string `json:"limit"`
	Over  bool   `json:"over"`
	// Action stands for the Signal's Over where it is set.
	Action Action `json:"-"`
	// Note is more to say, such as "idle 2.0 ms".
	Note string `json:"note,omitempty"`
	// Absent is true where there is nothing here that could be over a limit: Value says
	// what is missing.
	Absent bool `json:"absent,omitempty"`
}
