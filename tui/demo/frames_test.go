package demo

import (
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"os"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"belay/steps/demo/lane"
	"belay/tui/look"
	"belay/tui/screen"
)

var update = flag.Bool("update", false, "write the frames that are seen into the stories")

// epoch is when every story is looked at.
var epoch = time.Date(2026, 11, 23, 9, 41, 0, 0, time.FixedZone("", 3600))

// told is what a story says of the demo: a State, and what the person looks at.
type told struct {
	State lane.State
	Scene scene
	Help  bool
	Said  string
	// Hidden is what the results' JSON leaves out.
	Hidden *struct {
		Blocked       int
		Applied       bool
		Notice, Known string
	}
	// RunningMS is how long the lane runs.
	RunningMS int64
	// Beat repeats numbers for the moving line: [n, times].
	Beat [][2]int
}

func (s told) picture(w, h int) picture {
	p := picture{
		state: s.State, scene: s.Scene, help: s.Help, said: s.Said, now: epoch, size: screen.Size{Width: w, Height: h},
		Look: look.New(false, look.Unicode),
	}
	p.state.Began = epoch.Add(-time.Duration(s.RunningMS) * time.Millisecond)
	if h, r := s.Hidden, &p.state.Results; h != nil {
		r.Runbook.Blocked, r.Runbook.Applied, r.Runbook.Said, r.Cut.How = h.Blocked, h.Applied, h.Notice, h.Known
	}
	for _, b := range s.Beat {
		for range b[1] {
			p.state.Traffic.Beats = append(p.state.Traffic.Beats, b[0])
		}
	}
	return p
}

// TestFrames compares each frame of each story. A story is the section state,
// as JSON, and sections "frame WIDTHxHEIGHT".
func TestFrames(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { play(t, path) })
	}
}

func play(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var story told
	for i, f := range archive.Files {
		if f.Name == "state" {
			if err := json.Unmarshal(f.Data, &story); err != nil {
				t.Fatal(err)
			}
			continue
		}
		var w, h int
		if _, err := fmt.Sscanf(f.Name, "frame %dx%d", &w, &h); err != nil {
			t.Fatalf("%q: %v", f.Name, err)
		}
		got := trimmed(story.picture(w, h).draw())
		if *update {
			archive.Files[i].Data = []byte(got)
			continue
		}
		if diff := cmp.Diff(string(f.Data), got); diff != "" {
			t.Errorf("%s: %s", f.Name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// trimmed is a frame without colour and without spaces at line ends.
func trimmed(frame string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(frame, "\n") {
		b.WriteString(strings.TrimRight(plain(line), " ") + "\n")
	}
	return b.String()
}

func plain(s string) string {
	for {
		head, rest, ok := strings.Cut(s, "\x1b[")
		if !ok {
			return s
		}
		_, tail, _ := strings.Cut(rest, "m")
		s = head + tail
	}
}

// Every scene fills exactly its terminal, whatever its size, and colour adds no
// text.
func TestEverySize(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range files {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var story told
		if err := json.Unmarshal(archive.Files[0].Data, &story); err != nil {
			t.Fatal(err)
		}
		for w := screen.Smallest.Width; w < 140; w += 7 {
			for _, h := range []int{screen.Smallest.Height, 20, 24, 40} {
				p := story.picture(w, h)
				frame := p.draw()
				lines := strings.Split(frame, "\n")
				if len(lines) != h {
					t.Errorf("%s at %dx%d: %d lines", path, w, h, len(lines))
				}
				for _, l := range lines {
					if n := look.Width(plain(l)); n > w {
						t.Errorf("%s at %dx%d: a line of %d: %q", path, w, h, n, l)
					}
				}
				p.Look = look.New(true, look.Unicode)
				if trimmed(p.draw()) != trimmed(frame) {
					t.Errorf("%s at %dx%d: colour changes the text", path, w, h)
				}
			}
		}
	}
}
