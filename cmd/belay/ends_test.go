package main

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"testing"

	"belay/steps"
	"belay/steps/journal"
)

// endings are the outcomes that each exit code of a run may have: a script reads both.
// An applied run whose aftermath failed is 1 and says so.
var endings = map[int][]journal.Outcome{
	steps.ExitDone:    {journal.OutcomeApplied, journal.OutcomeNothing},
	steps.ExitFailed:  {journal.OutcomeNotApplied, journal.OutcomeApplied},
	steps.ExitHazards: {journal.OutcomeNotApplied}, // a tripwire that something missed: it is back
	steps.ExitPerson:  {journal.OutcomePerson},
	steps.ExitUnknown: {journal.OutcomeUnknown},
}

// handedOn are the ends whose code or outcome is made elsewhere, by what they are
// made of, and where.
var handedOn = map[string]string{
	"f.Exit f.Outcome":             "an end that a journal has",
	"f.Exit ":                      "the end of a look, for the exit code alone",
	"exit.Code exit.Outcome":       "another of these ends",
	"v.code v.outcome":             "steps/execute: TestJudgeCommand",
	"steps.ExitFailed g.outcome()": "applied or not applied: a step failed behind or before the last file",
	" ":                            "read, or filled in field by field",
}

// wordless are the ends without advice: a person has just said no, or has what they
// asked for.
var wordless = []string{
	"declined", "nothing pending", "nobody answers any more", "the demo was stopped", "stopped before anything ran",
	"stopped on request", "abandoned by", `"looked"`, "g.appliedSentence", "g.nothing", "nothingPending", "summary", "",
}

// TestEveryEnd reads each end that the code can make: its exit code and its outcome
// fit each other, and it says what to do now.
func TestEveryEnd(t *testing.T) {
	files, trees := sources()
	met, made, pairs := map[string]bool{}, 0, map[string]int{}
	for _, tree := range trees {
		ast.Inspect(tree, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || lit.Type == nil ||
				!slices.Contains([]string{"steps.Exit", "journal.RunFinished"}, types.ExprString(lit.Type)) {
				return true
			}
			made++
			e := endOf(lit)
			pair := e.code + " " + e.outcome
			pairs[pair]++
			code, constant := exitCodes[e.code]
			if !constant || !strings.HasPrefix(e.outcome, "journal.") {
				if met[pair] = true; handedOn[pair] == "" {
					t.Errorf("%s: %s is in no list", files.Position(lit.Pos()), pair)
				}
				return true
			}
			if !slices.ContainsFunc(endings[code], func(o journal.Outcome) bool { return outcomes[e.outcome] == o }) {
				t.Errorf("%s: exit code %d with %s", files.Position(lit.Pos()), code, e.outcome)
			}
			if !e.advised && !slices.ContainsFunc(wordless, func(w string) bool {
				return w == e.summary || w != "" && strings.Contains(e.summary, w)
			}) {
				t.Errorf("%s: it does not say what to do now: %s", files.Position(lit.Pos()), e.summary)
			}
			return true
		})
	}
	for pair := range handedOn {
		if !met[pair] {
			t.Errorf("no end is made of %q any more", pair)
		}
	}
	t.Logf("%d ends: %v", made, pairs)
}

// end is one as the code writes it.
type end struct {
	code, outcome, summary string
	advised                bool
}

func endOf(lit *ast.CompositeLit) (e end) {
	for _, el := range lit.Elts {
		field, ok := el.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		switch text := types.ExprString(field.Value); types.ExprString(field.Key) {
		case "Code", "Exit":
			e.code = text
		case "Outcome":
			e.outcome = text
		case "Summary":
			e.summary = text
		case "Advice", "Hint":
			e.advised = true
		}
	}
	return e
}

var exitCodes = map[string]int{
	"steps.ExitDone": steps.ExitDone, "steps.ExitFailed": steps.ExitFailed, "steps.ExitPerson": steps.ExitPerson,
	"steps.ExitUnknown": steps.ExitUnknown, "exitFailed": steps.ExitFailed, "exitUnknown": steps.ExitUnknown,
	"steps.ExitHazards": steps.ExitHazards,
}

var outcomes = map[string]journal.Outcome{
	"journal.OutcomeApplied": journal.OutcomeApplied, "journal.OutcomeNotApplied": journal.OutcomeNotApplied,
	"journal.OutcomeUnknown": journal.OutcomeUnknown, "journal.OutcomePerson": journal.OutcomePerson,
	"journal.OutcomeNothing": journal.OutcomeNothing,
}
