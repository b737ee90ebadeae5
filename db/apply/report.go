package apply

// report is what leaves a unit on its way, each event with the place that it is about,
// and the gate by which a stop comes in.
type report struct {
	unit     string
	listener Teller
	gate     *gate
	// untold is why an event could not be told; nil = all were.
	untold   error
	attempts int
	trace    Trace
	current  int // the statement in hand, within the file; -1 = none
	line     int
}

func newReport(listener Teller, unit string) *report {
	return &report{unit: unit, listener: listener, gate: newGate(), current: -1}
}

// tell passes an event on. After one could not be told nothing more is sent.
func (p *report) tell(e Event) bool {
	e.Unit, e.Line, e.Statement = p.unit, or(e.Line, p.line), p.current
	if e.Attempt == 0 {
		e.Attempt = p.attempts
	}
	if p.listener == nil {
		return true
	}
	if err := p.listener(e); err != nil {
		p.untold = err
		p.gate.shut(Untold, err)
		return false
	}
	return true
}

// take makes a statement the one in hand, and none says that no statement is.
func (p *report) take(at int, s Statement) { p.current, p.line, p.trace.Statement = at, s.Line, at }

func (p *report) none() { p.current, p.line = -1, 0 }
