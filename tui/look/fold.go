package look

import "strings"

// Fold breaks a line of words for a terminal of w columns; further lines are set in by hang.
// Neither a word nor a number with its unit is broken, nor what stands between backquotes: a
// command is copied in one piece, and one too long for a line is left to the terminal. w 0 or
// less = a pipe, which gets the line as it is.
func Fold(line string, w, hang int) string {
	if w <= 0 || Width(line) <= w {
		return line
	}
	var out strings.Builder
	at := 0
	for i, word := range words(line) {
		n := Width(word)
		switch {
		case i == 0:
		case at+1+n > w && at > hang:
			out.WriteString("\n" + strings.Repeat(" ", hang))
			at = hang
		default:
			out.WriteByte(' ')
			at++
		}
		out.WriteString(word)
		at += n
	}
	return out.String()
}

// words are the parts of a line that stay whole.
func words(line string) []string {
	line = bound(line)
	var out []string
	var quoted bool
	from := 0
	for i, r := range line {
		switch {
		case r == '`':
			quoted = !quoted && strings.Contains(line[i+1:], "`")
		case r == ' ' && !quoted:
			out, from = append(out, written.Replace(line[from:i])), i+1
		}
	}
	return append(out, written.Replace(line[from:]))
}
