package look

import (
	"strings"

	"charm.land/lipgloss/v2"

	"belay/sqlview/pattern"
)

// Label is how wide the labels of a card are.
const Label = 10

// Row is a labelled text, wrapped beside its label. The text is drawn already.
func (k *Look) Row(label, text string, w int) []string { return k.RowOf(Label, label, text, w) }

// RowOf is a Row with a label of a width of its own.
func (k *Look) RowOf(width int, label, text string, w int) []string {
	if text == "" {
		return nil
	}
	width = max(width, Width(Visible(label))+1)
	out := Wrap(text, w-width)
	for i := range out {
		head := ""
		if i == 0 {
			head = Visible(label)
		}
		out[i] = Pad(head, width) + out[i]
	}
	return out
}

// Wrap breaks a drawn text into lines of at most w columns, at spaces where it can. A
// style goes on over the break. Nothing is left out.
func Wrap(text string, w int) []string {
	if Width(text) <= w {
		return []string{text}
	}
	// Lip Gloss breaks behind each hyphen, and counts a line that ends in one as a column
	// narrower than it is: a comment's "--" stood past the edge.
	text = bound(strings.ReplaceAll(text, "-", unbroken))
	lines := strings.Split(lipgloss.Wrap(text, max(w, 8), ""), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(written.Replace(lines[i]), " ")
	}
	return lines
}

// bound keeps numbers with what belongs to them.
func bound(text string) string {
	for range 2 { // a number of millions has two such spaces
		text = numbers.ReplaceAllString(text, "$1"+together+"$3")
	}
	return text
}

// unbroken stands for a hyphen while lines are broken, together for the space within a
// number or before its unit: characters as wide, of those that Unicode leaves to no one,
// which no text of a database is drawn with.
const (
	unbroken = "\ue0ff"
	together = "\ue0fe"
)

var written = strings.NewReplacer(unbroken, "-", together, " ")

// numbers are where a number goes on behind a space: with its thousands, or its unit. It may
// be styled, and its unit not.
var numbers = pattern.New(`(\d(\x1b\[[0-9;]*m)?) ((?:\d{3}\b|ms|s|min|h|B|kB|MB|GB|TB|k|M|%)(?:$|[^\pL\d]))`)

// Paragraph is a text of one role, wrapped; further lines are set in by hang columns.
func (k *Look) Paragraph(r Role, text string, w, hang int) []string {
	hang = min(hang, w/2)
	lines := Wrap(k.Text(r, text), w)
	if len(lines) < 2 || hang == 0 {
		return lines
	}
	first := lines[0]
	rest := Wrap(strings.Join(lines[1:], " "), w-hang)
	out := []string{first}
	for _, l := range rest {
		out = append(out, strings.Repeat(" ", hang)+l)
	}
	return out
}

// Marked is a text behind a mark, wrapped beside it.
func (k *Look) Marked(r Role, mark, text string, w int) []string {
	n := Width(mark) + 1
	out := Wrap(text, w-n)
	for i := range out {
		head := strings.Repeat(" ", n)
		if i == 0 {
			head = k.paint(r, mark) + " "
		}
		out[i] = head + out[i]
	}
	return out
}

// Listing is a text whose own line breaks stay, such as DDL; longer lines are wrapped.
// It is for texts of ours: elsewhere a name could begin a line.
func (k *Look) Listing(text string, w int) []string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		out = append(out, Wrap(Visible(line), w)...)
	}
	return out
}
