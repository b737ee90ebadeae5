package live

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"belay/tui"
	"belay/tui/screen"
)

// castGap is the longest time that an asciicast stands still: in a longer gap nothing
// was seen.
const castGap = 2 * time.Second

// Cast writes a tape as an asciicast of version 2 (docs.asciinema.org/manual/asciicast/v2):
// each moment as the replay draws it.
func Cast(out io.Writer, c tui.Config, t Tape, size screen.Size) error {
	m := newPlayer(c, t)
	m.size = size
	header := map[string]any{
		"version": 2, "width": size.Width, "height": size.Height, "timestamp": m.first.Unix(),
		"title": "belay: " + t.Title, "env": map[string]string{"TERM": "xterm-256color"},
	}
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(header); err != nil {
		return err
	}
	shown := 0.0
	for i := range t.Moments {
		if i > 0 {
			shown += min(t.Moments[i].At.Sub(t.Moments[i-1].At), castGap).Seconds()
		}
		m.to(t.Moments[i].At)
		m.playing = true
		frame := "\x1b[H\x1b[2J" + strings.ReplaceAll(m.frame(), "\n", "\r\n")
		if err := lines.Encode([]any{shown, "o", frame}); err != nil {
			return fmt.Errorf("asciicast: %w", err)
		}
	}
	return nil
}
