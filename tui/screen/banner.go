package screen

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/tui/look"
)

// environment is the word of the first line, in reverse video.
func (p page) environment() string {
	t := p.f.Target
	if t == nil {
		return p.Text(look.Unset, " ? ")
	}
	return Environment(p.Look, t.Environment)
}

// Environment is the word of a database as every screen shows it: production, staging
// or local; "" = nobody said, and that counts as production.
func Environment(l *look.Look, word string) string {
	switch word {
	case "production":
		return l.Text(look.Production, " PRODUCTION ")
	case "staging":
		return l.Text(look.Staging, " STAGING ")
	case "local":
		return l.Text(look.Local, " LOCAL ")
	}
	return l.Text(look.Unset, " PRODUCTION? ")
}

// banner names the target, and at the right what goes on now and the time. What
// matters less goes first where the line is short.
func banner(p page, w int) string {
	parts := bannerParts(p)
	right := []string{p.Plain(p.now.Format("15:04 -07"))}
	if word := goesOn(p); word != "" {
		right = append([]string{word}, right...)
	}
	separator := " " + p.Text(look.Quiet, p.Border.Left) + " "
	for {
		left := " " + p.environment() + " " + strings.Join(parts, separator)
		end := strings.Join(right, "  ")
		switch {
		case look.Width(left)+look.Width(end)+1 <= w:
			return p.Ends(left, end, w)
		case len(parts) > 2:
			parts = parts[:len(parts)-1]
		case len(right) > 1:
			right = right[:1]
		case len(parts) > 1:
			parts = parts[:1]
		default:
			return p.Cut(left, w)
		}
	}
}

func bannerParts(p page) []string {
	t := p.f.Target
	switch {
	case t == nil && p.run.Engine.PID == 0:
		return []string{p.Text(look.Strong, "belay is starting")}
	case t == nil:
		return []string{p.Text(look.Strong, "connecting to the database")}
	case !t.Connected:
		return []string{p.Text(look.Danger, "NOT CONNECTED") + " " + p.Plain(address(t))}
	}
	server := "PostgreSQL "
	if p.w < boxedWidth {
		server = ""
	}
	return []string{
		p.Text(look.Strong, t.Database) + p.Plain(" on "+address(t)),
		p.Plain(server + t.Version + " " + roleOf(t)),
		p.Plain("role " + t.Role),
	}
}

// goesOn is what a person must know before anything else: it runs, it waits, it asks.
func goesOn(p page) string {
	switch f := p.run.Finished; {
	case f != nil && f.Exit == 0:
		return p.Text(look.OK, p.Marks.Done+" "+string(f.Outcome))
	case f != nil:
		return p.Text(look.Danger, p.Marks.Failed+" "+p.stopped())
	case p.local.Lost:
		return p.Text(look.Danger, p.Marks.Failed+" engine gone")
	case p.run.Unapproved() != nil:
		return p.Text(look.Attention, p.Marks.Asking+" needs approval")
	case p.run.Question("run.confirm") == nil && asks(p) && p.run.Opened != nil:
		return p.Text(look.Attention, p.Marks.Asking+" needs you")
	}
	for _, s := range p.run.Steps {
		if f := Filling(p.run, p.f); f != nil && isPaused(f) && s.ID == "run" {
			return p.Text(look.Attention, p.Marks.Paused+" PAUSED "+running(p.now.Sub(f.PausedSince)))
		}
		if s.ID == "run" && s.Status == journal.Running && Busy(p.run) {
			return p.Text(look.Accent, p.Marks.Live+" RUNNING "+running(p.now.Sub(s.Since)))
		}
	}
	if Watching(p.run) {
		return p.Text(look.Accent, p.Marks.Live+" WATCHING")
	}
	if asks(p) {
		return p.Text(look.Attention, p.Marks.Asking+" needs you")
	}
	return ""
}

// asks reports whether a question waits for somebody.
func asks(p page) bool {
	for i := range p.run.Questions {
		if p.run.Questions[i].Waits() {
			return true
		}
	}
	return false
}

// running is a time that runs, to the second: it does not flicker.
func running(d time.Duration) string {
	if d < 10*time.Second {
		return strconv.Itoa(int(max(d, 0).Seconds())) + " s"
	}
	return measure.Elapsed(d)
}

func address(t *fact.Target) string {
	if t.Port == 0 || strings.HasPrefix(t.Host, "/") {
		return t.Host
	}
	return fmt.Sprintf("%s:%d", t.Host, t.Port)
}

func roleOf(t *fact.Target) string {
	switch {
	case t.Standby:
		return "STANDBY"
	case t.Pooler:
		return "POOLER"
	}
	return "primary"
}
