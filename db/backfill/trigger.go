package backfill

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

const triggerPrefix = "belay_sync_"

// SyncSQL is what creates and drops the sync trigger, for a person to read. It
// is run like a migration: under a lock_timeout, tried again.
type SyncSQL struct {
	Name string `json:"name"`
	// Create takes SHARE ROW EXCLUSIVE on the table and waits for its writers, so
	// that every write that commits later is covered. Freeze and begin after it.
	Create []string `json:"create"`
	// Drop takes ACCESS EXCLUSIVE for a moment.
	Drop []string `json:"drop"`
	// Cost says what it costs the application.
	Cost string `json:"cost"`
}

func (p *Plan) triggerName() string { return triggerPrefix + p.Statement.SHA256[:12] }

// SyncTrigger writes the trigger that computes the columns on every INSERT and
// UPDATE as the statement does. The error says why there can be none.
func (p *Plan) SyncTrigger() (SyncSQL, error) {
	st := p.Statement
	switch {
	case st.ReadsTarget:
		return SyncSQL{}, &SpecError{"set", "it reads what it sets: a trigger would do it again with every write", "let the application write new rows as they should be"}
	case p.differs == "":
		return SyncSQL{}, &SpecError{"set", "its value differs each time: a trigger would change it with every write", "give the column a default for new rows"}
	}
	schema, _, _ := strings.Cut(p.Relation, ".")
	name := p.triggerName()
	function := schema + "." + quote(name)
	s := SyncSQL{Name: name, Cost: "the function runs for each row that is written, about 5 µs; not for rows that the backfill itself fills"}
	when := ""
	if st.plain {
		when = "\n  WHEN (" + p.triggerCondition() + ")"
	} else {
		s.Cost = "the function runs for each row that is written, also by the backfill: about a third more CPU"
	}
	s.Create = []string{
		"CREATE FUNCTION " + function + "() RETURNS trigger LANGUAGE plpgsql AS $belay$\nBEGIN\n" + p.triggerBody() + "  RETURN NEW;\nEND\n$belay$",
		"CREATE TRIGGER " + quote(name) + " BEFORE INSERT OR UPDATE ON " + p.Relation + "\n  FOR EACH ROW" + when +
			"\n  EXECUTE FUNCTION " + function + "()",
	}
	s.Drop = []string{
		"DROP TRIGGER IF EXISTS " + quote(name) + " ON " + p.Relation,
		"DROP FUNCTION IF EXISTS " + function + "()",
	}
	return s, nil
}

// scope is the guard where it chooses rows by other columns than those set: a
// guard on the target itself says what is done, not what should be.
func (p *Plan) scope() bool { return p.Statement.Guard != "" && !p.guardReadsTarget() }

func (p *Plan) triggerCondition() string {
	condition := p.differingBy("NEW.", func(a Assignment) string {
		return withNew(a.Expression, p.Statement.refs, a.at)
	}, p.asText)
	if p.scope() {
		condition = "(" + withNew(p.Statement.Guard, p.Statement.guardRef, 0) + ") AND (" + condition + ")"
	}
	return condition
}

// triggerBody assigns one column after another; a subquery gives qualified names
// and subqueries the row they mean.
func (p *Plan) triggerBody() string {
	st := p.Statement
	value := func(text string, refs []int, from int) string {
		if st.plain {
			return withNew(text, refs, from)
		}
		return "(SELECT (" + text + ") FROM (SELECT NEW.*) AS " + quote(p.Alias) + ")"
	}
	var b strings.Builder
	indent := "  "
	if p.scope() {
		fmt.Fprintf(&b, "  IF %s THEN\n", value(st.Guard, st.guardRef, 0))
		indent = "    "
	}
	for _, a := range st.Targets {
		fmt.Fprintf(&b, "%sNEW.%s := %s;\n", indent, pgx.Identifier{a.Column}.Sanitize(), value(a.Expression, st.refs, a.at))
	}
	if p.scope() {
		b.WriteString("  END IF;\n")
	}
	return b.String()
}

// withNew writes NEW. before each column of a text that begins at from.
func withNew(text string, refs []int, from int) string {
	at := slices.Sorted(slices.Values(refs))
	for _, r := range slices.Backward(at) {
		if i := r - from; i >= 0 && i < len(text) {
			text = text[:i] + "NEW." + text[i:]
		}
	}
	return text
}
