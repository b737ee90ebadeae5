package handover

import (
	"encoding/json"
	"fmt"
	"slices"

	"belay/db/ledger"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/state"
)

// momentary are kinds that are not copied: they only matter while one watches.
var momentary = []journal.Kind{"sample", "sample.failed", "fact", "step.progress", "unit.progress"}

// Copied is an event as the ledger keeps it, counted on from the hosts before;
// ok is false where it is not copied.
func Copied(e journal.Event, from int64) (out ledger.Event, ok bool) {
	if slices.Contains(momentary, e.Kind) || privateAnswer(e) {
		return out, false
	}
	var body map[string]json.RawMessage
	if json.Unmarshal(e.Line, &body) != nil {
		return out, false
	}
	for _, column := range []string{"seq", "at", "kind", "step", "by"} {
		delete(body, column)
	}
	b, err := json.Marshal(body)
	if err != nil {
		return out, false
	}
	return ledger.Event{Seq: from + e.Seq, At: e.At, By: e.By, Step: e.Step, Kind: string(e.Kind), Body: b}, true
}

// privateAnswer reports an answer that may hold a password.
func privateAnswer(e journal.Event) bool {
	a, err := journal.Decode[journal.QuestionAnswered](e)
	return err == nil && a.ID == "smoke.url"
}

// Story folds the copy of a journal. It says how far the host before was at
// least; what is there only the database can say.
func Story(r ledger.Run, events []ledger.Event) (story *state.Run, last int64, err error) {
	story = state.New()
	for _, e := range events {
		line := map[string]json.RawMessage{}
		if err := json.Unmarshal(e.Body, &line); err != nil {
			return nil, 0, fmt.Errorf("event %d in the ledger: %w", e.Seq, err)
		}
		for column, v := range map[string]any{"seq": e.Seq, "at": e.At, "kind": e.Kind, "step": e.Step, "by": e.By} {
			if line[column], err = json.Marshal(v); err != nil {
				return nil, 0, err
			}
		}
		b, err := json.Marshal(line)
		if err != nil {
			return nil, 0, err
		}
		event, err := journal.ParseLine(b)
		if err == nil {
			err = story.Apply(event)
		}
		if err != nil {
			return nil, 0, &steps.Refused{
				Problem: fmt.Sprintf("run %s in the ledger: %v", r.Short(), err),
				Advice: "take it over with belay " + r.BelayVersion +
					", which wrote it, or a newer one; nothing was changed", Fatal: true,
			}
		}
		last = e.Seq
	}
	return story, last, nil
}
