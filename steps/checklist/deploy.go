package checklist

import (
	"fmt"
	"path"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"belay/sqlview"
	"belay/sqlview/effect"
	"belay/steps"
	"belay/steps/journal"
)

const (
	deployState = "deploy.state"
	deployWaive = "deploy.waive"
)

// deployWords are the answers to where the code stands that needs a migration.
var deployWords = []string{"not-out", "going-out", "everywhere"}

// breaking is what of a plan takes code down, and on which side of the deploy.
type breaking struct {
	// old and new name the first statement of each side; "" = none.
	old, new string
	// more counts the others.
	more int
}

// deployment is what the answers about the deploy mean for a plan. Its zero
// value asks nothing and has nothing to say.
type deployment struct {
	questions []journal.QuestionAsked
	// stop is the sentence of a wrong order that nobody waived, hint what to do.
	stop, hint string
	// look is the sentence of what is gone on with all the same.
	look string
}

// breakingOf finds the statements that break code. The ways back are not meant.
func breakingOf(r sqlview.Result) breaking {
	var b breaking
	for _, f := range r.Files {
		for _, s := range f.Statements {
			side := &b.old
			switch s.Breaks {
			case effect.BreaksOld:
			case effect.BreaksNew:
				side = &b.new
			default:
				continue
			}
			if *side != "" {
				b.more++
				continue
			}
			*side = fmt.Sprintf("%s (%s:%d)", brief(s.SQL), path.Base(f.Path), s.Line)
		}
	}
	return b
}

// loosened is a review of ways back in which a column that may be NULL again breaks
// nothing: the code of before knew it so, and no row is NULL until somebody writes one.
func loosened(r sqlview.Result) sqlview.Result {
	r = copied(r)
	for i, f := range r.Files {
		for n := range f.Statements {
			if i < len(r.Judged) && n < len(r.Judged[i].Statements) && dropsNotNull(r.Judged[i].Statements[n].Node) {
				f.Statements[n].Breaks = effect.BreaksNeither
			}
		}
	}
	return r
}

// dropsNotNull reports whether a statement does nothing else.
func dropsNotNull(n *pg.Node) bool {
	all := n.GetAlterTableStmt().GetCmds()
	return len(all) > 0 && !slices.ContainsFunc(all, func(c *pg.Node) bool {
		return c.GetAlterTableCmd().GetSubtype() != pg.AlterTableType_AT_DropNotNull
	})
}

// brief is the beginning of a statement, as much as a question has room for.
func brief(sql string) string {
	const room = 60
	r := []rune(strings.TrimSuffix(oneLine(sql), ";"))
	if len(r) <= room {
		return string(r)
	}
	return string(r[:room-1]) + "…"
}

// any reports whether there is something to ask.
func (b breaking) any() bool { return b.old != "" || b.new != "" }

// text names what breaks and asks where the code stands.
func (b breaking) text() string {
	more := ""
	if b.more > 0 {
		more = fmt.Sprintf(" and %d more", b.more)
	}
	switch {
	case b.old != "" && b.new != "":
		return fmt.Sprintf("%s breaks code that still uses what it takes away, or writes what it forbids. Code that "+
			"needs %s fails until that has run%s. Where does the new code run now?", b.old, b.new, more)
	case b.old != "":
		return fmt.Sprintf("%s%s breaks code that still uses what it takes away, or writes what it forbids. Is code "+
			"that does neither running everywhere?", b.old, more)
	}
	return fmt.Sprintf("code that needs %s%s fails until it has run. Does such code run already?", b.new, more)
}

// why says which order is right.
func (b breaking) why() string {
	switch {
	case b.old != "" && b.new != "":
		return "the first wants the new code everywhere before it, the second wants to run before the new code. Two " +
			"runs are cleaner: `belay run VERSION` ends after that version"
	case b.old != "":
		return "code first: deploy the code that does neither everywhere, workers and jobs too, then run this"
	}
	return "migration first: run this, then deploy the code that needs it"
}

// deploy asks once where the code stands, and judges the order. A wrong order is
// lifted by answering again or by a reason. Without a terminal only the reason
// is asked: the same answers file would give the same answer again.
func deploy(e *steps.Env, r sqlview.Result, binds binding) deployment {
	if e.Back {
		r = loosened(r)
	}
	b := breakingOf(r)
	if !b.any() {
		return deployment{}
	}
	bound := binds.breaks(r)
	ask := journal.QuestionAsked{ID: deployState, Text: b.text(), Options: deployWords, Why: b.why(), Bound: bound}
	answer, ok := e.Engine.Approved(deployState, bound)
	if !ok {
		return deployment{questions: []journal.QuestionAsked{ask}}
	}
	d := b.judge(answer)
	if d.stop == "" {
		return d
	}
	if reason, ok := e.Engine.Approved(deployWaive, bound); ok {
		return deployment{look: d.stop + " (waived: " + reason + ")"}
	}
	if !e.Headless {
		ask.Text = d.stop + ". Where does that code run now?"
		d.questions = append(d.questions, ask)
	}
	d.questions = append(d.questions, journal.QuestionAsked{
		ID: deployWaive, Text: d.stop + ". Why go on all the same?", Why: d.hint + "; the reason goes into the report",
		Wants: journal.Words, Bound: bound,
	})
	return d
}

// judge holds the answer against the order that the plan needs.
func (b breaking) judge(answer string) deployment {
	if b.old != "" && answer != "everywhere" {
		where := "is not deployed"
		if answer == "going-out" {
			where = "is deployed in part"
		}
		return deployment{
			stop: fmt.Sprintf("wrong order: %s breaks the code that runs now, and the code that does without it %s",
				b.old, where),
			hint: "deploy that code everywhere first, then answer deploy.state again",
		}
	}
	if b.new != "" && answer != "not-out" {
		return deployment{
			look: fmt.Sprintf("code that needs %s is deployed before it: that code may fail until this has run", b.new),
		}
	}
	return deployment{}
}

// outcome puts the order into the review's: a wrong one fails it, what is gone
// on with is to look at.
func (d deployment) outcome(o steps.Outcome) steps.Outcome {
	switch {
	case d.stop != "":
		o.Status, o.Summary, o.Hint = journal.Failed, d.stop, d.hint
	case d.look != "" && o.Status == journal.Asking:
		o.Summary = d.look + "; " + o.Summary
	case d.look != "":
		o.Status, o.Summary = journal.Look, d.look+"; "+o.Summary
	}
	return o
}
