package engine

import "fmt"

// phase is what the queue of an engine is for.
type phase int

const (
	looking phase = iota // read-only steps, as often as wanted
	idle                 // waits for a person
	running              // the steps with effects, once
	over                 // nothing is written down any more
)

// turn is what moves an engine from one phase to the next.
type turn int

const (
	looksOn  turn = iota // a step is to look, for the first time or once more
	settles              // every step has looked, and nobody has said yes
	confirms             // the run dialog was answered with a yes
	opens                // what the yes was bound to still holds, or a run goes on
	deserts              // the last screen of a look went away
	ends                 // the last event is written
)

// follows says which phase comes after which; a cell that is not there cannot come. The
// package's doc draws it. Once a run is open nobody looks any more: that leaves the
// phase as it is.
var follows = map[phase]map[turn]phase{
	looking: {looksOn: looking, settles: idle, confirms: looking, opens: running, deserts: over, ends: over},
	idle:    {looksOn: looking, confirms: looking, opens: running, deserts: over, ends: over},
	running: {looksOn: running, ends: over},
	over:    {looksOn: over, ends: over},
}

func (p phase) String() string { return [...]string{"looking", "idle", "running", "over"}[p] }

func (t turn) String() string {
	return [...]string{"looks", "settles", "confirms", "opens", "deserts", "ends"}[t]
}

// move takes the engine into the next phase, which it returns. A turn that cannot
// come is a fault of belay's, and ends the process before anything is done that the
// phase does not allow: what was begun is then found out from the database.
func (d *diary) move(t turn) phase {
	to, may := follows[d.phase][t]
	if !may {
		panic(fmt.Sprintf("belay itself is wrong: an engine that is %s %s", d.phase, t))
	}
	if d.patience.moved != nil {
		d.patience.moved(d.phase, t)
	}
	d.phase = to
	return to
}
