package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hinshun/vt10x"

	"belay/steps/demo/lane"
	"belay/tui/look"
	"belay/tui/screen"
)

// The recording that the README links, and the story it is made from: a line for each
// moment, which changes only what it names. Between two moments the clock and the moving
// line go on.
const (
	recording = "../../.readme/demo.cast"
	castStory = "testdata/cast/story.jsonl"
)

// mostCast is how large the recording may be: it is in the repository.
const mostCast = 300 << 10

// moment is the demo at a time of the story.
type moment struct {
	// At is in seconds from the recording's start.
	At    float64
	State lane.State
	Scene scene
	// RunningMS is how long the lane runs, Answers how many requests a beat answers,
	// and Stalled whether nobody is answered.
	RunningMS int64
	Answers   int
	Stalled   bool
	// Blocked and Known are what the results' JSON leaves out.
	Blocked int
	Known   string
}

// TestRecording keeps the recording as the demo looks now: -update writes it.
func TestRecording(t *testing.T) {
	got, last := record(t)
	if len(got) > mostCast {
		t.Errorf("the recording has %d bytes, more than %d", len(got), mostCast)
	}
	if *update {
		if err := os.WriteFile(recording, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(recording)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, got) {
		t.Errorf("%s is not the demo as it looks now: go test ./tui/demo -run TestRecording -update", recording)
	}
	if diff := cmp.Diff(last, replayed(t, have)); diff != "" {
		t.Errorf("a player's last screen is not the demo's: %s", diff)
	}
}

// record plays the story and returns the asciicast, and its last frame.
func record(t *testing.T) (cast []byte, last string) {
	t.Helper()
	text, err := os.ReadFile(castStory)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	line := func(v any) {
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	size := screen.Size{Width: 80, Height: 24}
	line(map[string]any{
		"version": 2, "width": size.Width, "height": size.Height, "title": "belay demo",
		"env": map[string]string{"TERM": "xterm-256color"},
	})
	var m moment
	var shown []string
	now := -lane.Beat.Seconds()
	show := func(at float64) {
		p := picture{
			state: m.State, scene: m.Scene, now: epoch.Add(seconds(at)), size: size, Look: look.New(true, look.Unicode),
		}
		p.state.Began = p.now.Add(-time.Duration(m.RunningMS) * time.Millisecond)
		if r := p.state.Results.Runbook; r != nil {
			r.Blocked, r.Applied, r.Said = m.Blocked, true, "relation already exists, skipping"
		}
		if r := p.state.Results.Cut; r != nil {
			r.How = m.Known
		}
		frame := strings.Split(p.draw(), "\n")
		if out := changed(shown, frame); out != "" {
			line([]any{at, "o", out})
		}
		shown = frame
	}
	for row := range strings.Lines(string(text)) {
		next := m
		d := json.NewDecoder(strings.NewReader(row))
		d.DisallowUnknownFields()
		if err := d.Decode(&next); err != nil {
			t.Fatalf("%s: %v", row, err)
		}
		for now+lane.Beat.Seconds() < next.At {
			now += lane.Beat.Seconds()
			m.beat()
			show(now)
		}
		next.State.Traffic.Beats, m = m.State.Traffic.Beats, next
	}
	show(m.At)
	return b.Bytes(), trimmed(strings.Join(shown, "\n"))
}

func seconds(f float64) time.Duration { return time.Duration(f * float64(time.Second)) }

// beat is a quarter of a second of the demo.
func (m *moment) beat() {
	t := &m.State.Traffic
	if m.State.Phase == lane.Running {
		m.RunningMS += lane.Beat.Milliseconds()
	}
	if m.State.Phase != lane.Starting {
		t.Beats = append(t.Beats, m.Answers)
	}
	if m.Stalled {
		t.Waiting += int(t.Want * lane.Beat.Seconds())
		t.Oldest += lane.Beat
		t.LaneMax = max(t.LaneMax, t.Oldest)
		if t.Oldest > lane.Slow {
			t.LaneSlow += int(t.Want * lane.Beat.Seconds())
		}
	}
}

// changed is what a terminal must be sent to show a frame after another.
func changed(was, now []string) string {
	var b strings.Builder
	if was == nil {
		b.WriteString("\x1b[2J\x1b[?25l")
	}
	for i, l := range now {
		if was == nil || was[i] != l {
			fmt.Fprintf(&b, "\x1b[%d;1H\x1b[2K%s\x1b[0m", i+1, l)
		}
	}
	return b.String()
}

// replayed is the last screen of a recording, as a terminal shows it.
func replayed(t *testing.T, cast []byte) string {
	t.Helper()
	vt := vt10x.New(vt10x.WithSize(80, 24))
	head := true
	for row := range bytes.Lines(cast) {
		if head {
			head = false
			continue
		}
		var event []any
		if err := json.Unmarshal(row, &event); err != nil || len(event) != 3 {
			t.Fatalf("%v: %s", err, row)
		}
		if _, err := vt.Write([]byte(event[2].(string))); err != nil {
			t.Fatal(err)
		}
	}
	var b strings.Builder
	for l := range strings.SplitSeq(strings.TrimSuffix(vt.String(), "\n"), "\n") {
		b.WriteString(strings.TrimRight(l, " ") + "\n")
	}
	return b.String()
}
