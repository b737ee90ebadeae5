package execute

import (
	"errors"
	"slices"
	"testing"

	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/journal"
)

// Exit code and history must say the same; what they do not is told apart.
func TestJudgeCommand(t *testing.T) {
	expect := []string{"2", "3"}
	view := func(catalog string, applied ...string) commandView {
		v := commandView{known: true, catalog: catalog, applied: applied}
		for _, a := range applied {
			v.rows = append(v.rows, migration.Row{Version: a})
		}
		return v
	}
	before := view("a", "1")
	unread := commandView{why: "not the tool's table", catalog: "b"}
	surprised := view("b", "1", "2", "3")
	surprised.rows = append(surprised.rows, migration.Row{Version: "9", Name: "surprise"})
	dirty := view("b", "1")
	dirty.dirty = []string{"2"}
	for _, c := range []struct {
		name    string
		after   commandView
		end     commandEnd
		proves  bool
		code    int
		outcome journal.Outcome
		done    []string
		part    bool // a version that fails may leave a part of itself
		again   bool
	}{
		{name: "well", after: view("b", "1", "2", "3"), done: expect},
		{name: "all, and exit 7", after: view("b", "1", "2", "3"), end: commandEnd{exit: 7}, code: steps.ExitPerson,
			outcome: journal.OutcomePerson, done: expect},
		{name: "one of two", after: view("b", "1", "2"), end: commandEnd{exit: 1}, code: steps.ExitPerson,
			outcome: journal.OutcomePerson, done: []string{"2"}},
		{name: "one of two, and of the other perhaps a part", after: view("b", "1", "2"), end: commandEnd{exit: 1},
			part: true, code: steps.ExitUnknown, outcome: journal.OutcomeUnknown, done: []string{"2"}},
		{name: "one of two, and exit 0", after: view("b", "1", "2"), code: steps.ExitPerson,
			outcome: journal.OutcomePerson, done: []string{"2"}},
		{name: "nothing, and exit 0", after: view("a", "1"), proves: true, code: steps.ExitUnknown,
			outcome: journal.OutcomeUnknown},
		{name: "more", after: view("b", "1", "2", "3", "4"), code: steps.ExitFailed, outcome: journal.OutcomeApplied,
			done: expect},
		{name: "more, of no file", after: surprised, code: steps.ExitFailed, outcome: journal.OutcomeApplied,
			done: expect},
		{name: "another", after: view("b", "1", "4"), code: steps.ExitUnknown, outcome: journal.OutcomeUnknown},
		{name: "failed", after: view("a", "1"), end: commandEnd{exit: 1}, proves: true, code: steps.ExitFailed,
			outcome: journal.OutcomeNotApplied},
		{name: "gave up waiting", after: view("a", "1"), end: commandEnd{exit: 1, lockTimeout: true}, proves: true,
			code: steps.ExitFailed, outcome: journal.OutcomeNotApplied, again: true},
		{name: "gave up waiting, and nobody knows what it did before", after: view("a", "1"),
			end: commandEnd{exit: 1, lockTimeout: true}, code: steps.ExitUnknown, outcome: journal.OutcomeUnknown},
		{name: "gave up waiting, and the schema is another", after: view("b", "1"),
			end: commandEnd{exit: 1, lockTimeout: true}, proves: true, code: steps.ExitUnknown,
			outcome: journal.OutcomeUnknown},
		{name: "gave up waiting, with one applied", after: view("a", "1", "2"),
			end: commandEnd{exit: 1, lockTimeout: true}, proves: true, code: steps.ExitPerson,
			outcome: journal.OutcomePerson, done: []string{"2"}},
		{name: "says lock timeout, and ends well", after: view("a", "1"), end: commandEnd{lockTimeout: true},
			proves: true, code: steps.ExitUnknown, outcome: journal.OutcomeUnknown},
		{name: "stopped", after: view("a", "1"), end: commandEnd{exit: -1, stopped: errors.New("by a person")},
			proves: true, code: steps.ExitFailed, outcome: journal.OutcomeNotApplied},
		{name: "dirty", after: dirty, end: commandEnd{exit: 1}, code: steps.ExitPerson, outcome: journal.OutcomePerson},
		{name: "not to be read", after: unread, end: commandEnd{sessions: 1}, done: expect},
		{name: "not to be read, and never here", after: commandView{why: "x", catalog: "a"}, code: steps.ExitUnknown,
			outcome: journal.OutcomeUnknown},
		{name: "not to be read, and exit 1", after: unread, end: commandEnd{exit: 1}, code: steps.ExitUnknown,
			outcome: journal.OutcomeUnknown},
		{name: "something of it still works", after: view("b", "1", "2", "3"), end: commandEnd{left: "session pid 7"},
			code: steps.ExitUnknown, outcome: journal.OutcomeUnknown, done: expect},
	} {
		v := judgeCommand(commandCase{
			line: "make migrate", run: "7f3c9a21", expect: expect, before: before, after: c.after, end: c.end,
			proves: c.proves, whole: map[bool][]string{false: expect}[c.part],
		})
		fine := c.code == 0 && (v.ok || v.unread)
		if v.code != c.code || v.outcome != c.outcome || !slices.Equal(v.done, c.done) || v.again != c.again ||
			(c.code == 0) != fine {
			t.Errorf("%s: %+v", c.name, v)
		}
		if c.code != 0 && v.summary == "" {
			t.Errorf("%s: nothing is said", c.name)
		}
	}
}

// A way back is the same with the rows that go.
func TestJudgeCommandBack(t *testing.T) {
	for _, c := range []struct {
		after []string
		ok    bool
		code  int
	}{
		{after: []string{"1", "2"}, ok: true},
		{after: []string{"1"}, code: steps.ExitFailed},
		{after: []string{"1", "2", "3"}, code: steps.ExitUnknown},
		{after: []string{"1", "3"}, code: steps.ExitUnknown},
	} {
		v := judgeCommand(commandCase{
			line: "make rollback", expect: []string{"3"}, back: true,
			before: commandView{known: true, catalog: "a", applied: []string{"1", "2", "3"}},
			after:  commandView{known: true, catalog: "b", applied: c.after},
		})
		if v.ok != c.ok || v.code != c.code {
			t.Errorf("%v: %+v", c.after, v)
		}
	}
}
