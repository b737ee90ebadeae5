package printed

import (
	"strings"

	"belay/tui/look"
)

// Markdown draws a report of belay's own: headings, two columns as labelled rows, lists
// with their wrapped lines below each other, bold and code. It is for the Markdown that
// steps/report writes, not for any other.
func (p Paper) Markdown(text string) []string {
	var out []string
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		out = append(out, p.markdownLine(line)...)
	}
	return out
}

// labels is how wide the first column of a report's table is.
const labels = 10

func (p Paper) markdownLine(line string) []string {
	body := strings.TrimLeft(line, " ")
	indent := len(line) - len(body)
	switch {
	case body == "", body == "| | |":
		return emptyOnce(body)
	case strings.HasPrefix(body, "|---"):
		return nil
	case strings.HasPrefix(body, "| "):
		cells := strings.SplitN(strings.TrimSuffix(strings.TrimPrefix(body, "| "), " |"), " | ", 2)
		if len(cells) == 2 {
			return p.RowOf(labels, cells[0], p.inline(cells[1]), p.Width)
		}
	case strings.HasPrefix(body, "# "):
		return look.Wrap(p.Text(look.Accent, plainly(body[2:])), p.Width)
	case strings.HasPrefix(body, "## "):
		return []string{p.Text(look.Strong, plainly(body[3:]))}
	case strings.HasPrefix(body, "- "):
		return p.indented(indent+1, p.Marked(look.Quiet, p.Marks.Dot, p.inline(body[2:]), p.Width-indent-1))
	}
	return look.Wrap(p.inline(body), p.Width)
}

// emptyOnce keeps an empty line, and drops the head of a table that has none.
func emptyOnce(body string) []string {
	if body == "" {
		return []string{""}
	}
	return nil
}

// inline draws a text with its bold and code parts.
func (p Paper) inline(text string) string {
	var b strings.Builder
	for text != "" {
		at := strings.IndexAny(text, "*`")
		if at < 0 {
			break
		}
		mark := "`"
		if strings.HasPrefix(text[at:], "**") {
			mark = "**"
		}
		inner, rest, found := strings.Cut(text[at+len(mark):], mark)
		if text[at] == '*' && mark == "`" || !found {
			b.WriteString(p.Plain(plainly(text[:at+1])))
			text = text[at+1:]
			continue
		}
		b.WriteString(p.Plain(plainly(text[:at])) + p.Text(look.Strong, plainly(inner)))
		text = rest
	}
	return b.String() + p.Plain(plainly(text))
}

// unescape are the marks that the report's writer puts in the place of Markdown's own.
var unescape = strings.NewReplacer(`\|`, "|", "&lt;", "<", "&gt;", ">")

// plainly takes back what the report's writer escaped.
func plainly(text string) string {
	return unescape.Replace(text)
}
