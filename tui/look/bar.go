package look

import (
	"charm.land/bubbles/v2/progress"
	"charm.land/bubbles/v2/spinner"
)

// Bar is a progress bar of w columns for a part of 0 to 1.
func (k *Look) Bar(part float64, w int) string {
	bar := progress.New(progress.WithWidth(max(w, 1)), progress.WithoutPercentage(),
		progress.WithFillCharacters(k.bar[0], k.bar[1]))
	bar.FullColor, bar.EmptyColor = k.Style(Accent).GetForeground(), k.Style(Quiet).GetForeground()
	return bar.ViewAs(min(max(part, 0), 1))
}

// Spark is a graph of values on one line, a column each, from 0 to their highest. What
// is unknown, a negative value, is a space.
func (k *Look) Spark(r Role, values []float64) string {
	top := 0.0
	for _, v := range values {
		top = max(top, v)
	}
	out := make([]rune, len(values))
	for i, v := range values {
		switch {
		case v < 0:
			out[i] = ' '
		case top == 0:
			out[i] = k.Sparks[0]
		default:
			out[i] = k.Sparks[min(int(v/top*float64(len(k.Sparks)-1)+0.5), len(k.Sparks)-1)]
		}
	}
	return k.paint(r, string(out))
}

// Spin is the one cell that shows that something works which reports nothing. tick
// counts frames, no faster than somebody pays for: each is bytes over SSH.
func (k *Look) Spin(tick int64) string {
	frames := spinner.MiniDot.Frames
	if k.bar[0] == '#' {
		frames = spinner.Line.Frames
	}
	return k.paint(Accent, frames[int(tick%int64(len(frames)))])
}
