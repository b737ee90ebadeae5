package view

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"belay/tui/theme"
)

// Wrap breaks a text into lines of at most w columns, at spaces where it can.
// Nothing is left out. Further lines are indented by hang columns.
func Wrap(text string, w, hang int) []string {
	w = max(w, 8)
	hang = min(hang, w/2)
	var out []string
	line, n := "", 0
	room := func() int {
		if len(out) == 0 {
			return w
		}
		return w - hang
	}
	flush := func() {
		if len(out) > 0 {
			line = strings.Repeat(" ", hang) + line
		}
		out = append(out, strings.TrimRight(line, " "))
		line, n = "", 0
	}
	for _, word := range words(Clean(text)) {
		k := ansi.StringWidth(word)
		if n > 0 && n+k > room() && n+ansi.StringWidth(strings.TrimRight(word, " ")) > room() {
			flush()
		}
		for ansi.StringWidth(strings.TrimRight(word, " ")) > room() {
			head := ansi.Truncate(word, room(), "")
			if head == "" {
				break
			}
			line, word = head, word[len(head):]
			flush()
		}
		line += word
		n += ansi.StringWidth(word)
	}
	if n > 0 || len(out) == 0 {
		flush()
	}
	return out
}

// words splits a text after its spaces, so that joining gives the text again.
func words(s string) []string {
	var out []string
	start := 0
	for i := 1; i < len(s); i++ {
		if s[i-1] == ' ' && s[i] != ' ' {
			out = append(out, s[start:i])
			start = i
		}
	}
	return append(out, s[start:])
}

// Listing is a text whose own line breaks stay, such as DDL; longer lines are
// wrapped. It is for texts of ours: elsewhere a name could begin a line.
func Listing(role theme.Role, text string, w, indent int) []Line {
	var out []Line
	hang := 4
	if !strings.Contains(text, "\n") {
		hang = 0
	}
	for line := range strings.SplitSeq(text, "\n") {
		out = append(out, Paragraph(role, line, w, indent, hang)...)
	}
	return out
}

// Paragraph is a wrapped text as lines, set in by indent columns.
func Paragraph(role theme.Role, text string, w, indent, hang int) []Line {
	var out []Line
	for _, s := range Wrap(text, w-indent, hang) {
		out = append(out, L(T(strings.Repeat(" ", indent)), S(role, s)))
	}
	return out
}

// Labelled is a wrapped text behind a label of a fixed width.
func Labelled(label string, labelWidth int, role theme.Role, text string, w int) []Line {
	var out []Line
	for i, s := range Wrap(text, w-labelWidth-1, 0) {
		l := ""
		if i == 0 {
			l = label
		}
		out = append(out, L(T(" "+Pad(l, labelWidth)), S(role, s)))
	}
	return out
}
