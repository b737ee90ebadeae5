package state

import (
	"encoding/json"
	"fmt"
	"testing"

	"belay/steps/journal"
)

// Every kind must be folded: a journal that this belay writes and cannot read
// would be lost.
func TestEveryKindIsFolded(t *testing.T) {
	bodies := journal.Kinds()
	if len(bodies) != len(folds) {
		t.Errorf("%d kinds, %d folds", len(bodies), len(folds))
	}
	r := New()
	for i, b := range bodies {
		fields, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Appendf(nil, `{"seq":%d,"at":"2026-01-02T03:04:05Z","kind":%q,"step":"s",%s`, i+1, b.Kind(),
			fields[1:])
		if string(fields) == "{}" {
			line = fmt.Appendf(nil, `{"seq":%d,"at":"2026-01-02T03:04:05Z","kind":%q}`, i+1, b.Kind())
		}
		e, err := journal.ParseLine(line)
		if err != nil {
			t.Fatalf("%s: %v", b.Kind(), err)
		}
		if err := r.Apply(e); err != nil {
			t.Errorf("%s: %v", b.Kind(), err)
		}
	}
}

func TestUnknownKindIsRefused(t *testing.T) {
	e, err := journal.ParseLine([]byte(`{"seq":1,"at":"2026-01-02T03:04:05Z","kind":"tomorrow"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := New().Apply(e); err == nil {
		t.Error("an event of a newer belay was folded")
	}
}
