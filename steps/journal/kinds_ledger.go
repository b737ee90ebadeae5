package journal

// LedgerOpened says that the run and its plan are in the ledger of the database.
type LedgerOpened struct {
	Run   string `json:"run"` // uuid
	Epoch int    `json:"epoch"`
}

// RunAdopted says that this host took a run over from another. Its story until
// then is in the ledger, up to Seq; this journal's events are counted on from there.
type RunAdopted struct {
	Run   string `json:"run"`  // uuid
	From  string `json:"from"` // the owner before
	Seq   int64  `json:"up_to"`
	Epoch int    `json:"epoch"`
}

// RunTakenOver says that another host took this run over: nothing more is sent
// from here.
type RunTakenOver struct {
	By string `json:"owner"`
}

// Kind names the event.
func (LedgerOpened) Kind() Kind { return "ledger.opened" }
func (RunAdopted) Kind() Kind   { return "run.adopted" }
func (RunTakenOver) Kind() Kind { return "run.taken_over" }
