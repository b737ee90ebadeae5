package journal

import (
	"encoding/json"
	"reflect"
	"testing"
)

// A line that is skimmed gives the event that it gives when it is parsed, whatever it
// carries and whoever wrote it.
func TestSkimmedAsParsed(t *testing.T) {
	env := envelope{Seq: 7, At: clock()}
	for _, body := range append(Kinds(), Noted{Text: `a "quoted" line, {"seq":9}`}) {
		for _, who := range []struct{ step, by string }{
			{}, {step: "run"}, {by: "op1"}, {step: "run", by: "op1"}, {step: "run", by: `o"p\` + "\n"}, {by: "Zoë\u202e"},
		} {
			env.Kind, env.Step, env.By = body.Kind(), who.step, who.by
			line, err := encode(env, body)
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := ParseLine(line)
			if err != nil {
				t.Fatal(err)
			}
			skimmed, err := skimLine(line)
			if err != nil || !reflect.DeepEqual(parsed, skimmed) {
				t.Errorf("%s\nparsed as %q of %q, skimmed as %q of %q: %v", line, parsed.Step, parsed.By, skimmed.Step,
					skimmed.By, err)
			}
		}
	}
}

// What is no event when it is parsed is none when it is skimmed.
func TestSkimRefusesRubbish(t *testing.T) {
	for _, line := range []string{
		``, `{`, `{"seq":1}`, `{"seq":0,"at":"2026-01-02T03:04:05Z","kind":"note"}`, `{"seq":1,"at":"soon","kind":"note"}`,
		`{"seq":1,"at":"2026-01-02T03:04:05Z","kind":""}`, `{"seq":1,"at":"2026-01-02T03:04:05Z","kind":"note"`,
		`{"seq":1,"at":"2026-01-02T03:04:05Z","kind":"note"x}`, `{"seq":1,"at":"2026-01-02T03:04:05Z","kind":"note`,
	} {
		if json.Valid([]byte(line)) {
			if _, err := ParseLine([]byte(line)); err == nil {
				t.Fatalf("%s is an event", line)
			}
		}
		if e, err := skimLine([]byte(line)); err == nil {
			t.Errorf("%s: %+v", line, e)
		}
	}
}
