package lane

import "time"

// Phase is how far the demo is.
type Phase int

// The phases.
const (
	// Starting: the server and its database are being made.
	Starting Phase = iota
	// Ready: traffic flows, no lane runs.
	Ready
	// Running: a lane runs.
	Running
	// Failed: the demo cannot go on; Err says why.
	Failed
)

// State is everything a screen of the demo draws, at one moment.
type State struct {
	Phase Phase
	// Doing is the sentence of the Starting phase.
	Doing string
	// Err and Hint are set where the phase is Failed.
	Err, Hint string
	Server    Server
	Traffic   Traffic
	// Lane is the lane that runs, or ran last; "" = none yet. Began and Took are
	// when it started and, once it is over, how long it lasted.
	Lane  Name
	Began time.Time
	Took  time.Duration
	// Lines is what happened in the lane, oldest first.
	Lines []Line
	// Queue is who waits for whom at this moment, the one in front first.
	Queue   []Waiter
	Results Results
}

// Server is where the demo runs.
type Server struct {
	Version  string // as "15.18"
	Address  string // as "127.0.0.1:54321"
	Database string
	Role     string
	Folder   string // what is deleted in the end
	Rows     int64  // in the table orders
}

// Line is something that happened in a lane.
type Line struct {
	// After is from the lane's start.
	After time.Duration
	Text  string
	Bad   bool
}

// Waiter is a session in a queue, or several alike.
type Waiter struct {
	// Who is a PID with its application; for several sessions their number.
	Who string
	// What it holds, does or waits for.
	What string
	// Bad marks what holds up others.
	Bad bool
}

// Traffic is the live load on the shop.
type Traffic struct {
	// Rate is answers per second over the last second, Want what is asked for.
	Rate, Want float64
	// P50, P99 and Max are of the requests answered in the last two seconds, from
	// the moment each was due.
	P50, P99, Max time.Duration
	// Waiting counts requests that are due and not answered, Oldest is since when.
	Waiting int
	Oldest  time.Duration
	// LaneMax and LaneSlow are of the lane: the longest request so far, one that
	// still waits included, and how many took over Slow.
	LaneMax  time.Duration
	LaneSlow int
	// Beats are the answers of each Beat, oldest first.
	Beats []int
}

// Beat is the span of one column of the moving line.
const Beat = 250 * time.Millisecond
