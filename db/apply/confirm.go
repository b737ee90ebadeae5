package apply

import "fmt"

// confirm reads the history table before COMMIT is sent: a rule, a trigger or a
// policy there may have made something else of the row, and a unit that is
// committed without its row is run again by the next one who looks.
func (t *attempt) confirm() []part {
	mark := t.u.Mark
	if t.block.shows == "" || len(t.block.writes) == 0 || mark.SQL == "" {
		return nil
	}
	p := command(Statement{Kind: "history row"}, mark.SQL)
	p.then = func(a answer) (ending, bool) {
		recorded, dirty, err := mark.read(a.rows)
		if err != nil {
			return t.unrecorded(err.Error()), false
		}
		if got := mark.shows(recorded, dirty); got != t.block.shows {
			return t.unrecorded(fmt.Sprintf("it shows %s of version %s after the row was written",
				or(string(got), "nothing"), mark.Version)), false
		}
		if why := mark.differs(a.rows); why != "" {
			return t.unrecorded(why), false
		}
		return ending{}, true
	}
	return []part{p}
}

// differs says what a table of one row holds beside the version just written to it;
// "" = it holds that version. A later version would stand for ours when somebody else
// looks, not right after our own write.
func (m Mark) differs(rows [][]string) string {
	switch {
	case !m.UpTo || m.Absent:
		return ""
	case len(rows) != 1:
		return fmt.Sprintf("it has %d rows, not one", len(rows))
	case !sameNumber(rows[0][0], m.Version):
		return fmt.Sprintf("it says version %s, not %s", rows[0][0], m.Version)
	}
	return ""
}

// unrecorded is the ending of a transaction whose history row is not what was
// written.
func (r *run) unrecorded(why string) ending {
	return ending{outcome: NotApplied, reason: Unrecorded,
		err: fmt.Errorf("the history table keeps no row of %s: %s; the transaction is undone", r.u.Name, why)}
}
