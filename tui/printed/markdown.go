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
	plain := 0 // where what is drawn plainly began
	for at := 0; at < len(text); {
		mark := markAt(text[at:])
		if mark == "" {
			at += width(text[at:])
			continue
		}
		inner, rest, found := cutMark(text[at+len(mark):], mark)
		if !found {
			at += len(mark)
			continue
		}
		if mark == "**" {
			inner = plainly(inner)
		} else if len(inner) > 2 && strings.Trim(inner, " ") != inner && strings.Contains(inner, "`") {
			inner = inner[1 : len(inner)-1] // a blank keeps a mark of the text off the fence
		}
		b.WriteString(p.Plain(plainly(text[plain:at])) + p.Text(look.Strong, inner))
		text, plain, at = rest, 0, 0
	}
	return b.String() + p.Plain(plainly(text[plain:]))
}

// markAt is what opens bold or code at the beginning of text; "" = nothing does.
func markAt(text string) string {
	if strings.HasPrefix(text, "**") {
		return "**"
	}
	return text[:len(text)-len(strings.TrimLeft(text, "`"))]
}

// width is 2 where a mark is escaped.
func width(text string) int {
	if text[0] == '\\' && len(text) > 1 {
		return 2
	}
	return 1
}

// cutMark cuts at the next mark. Within code nothing is escaped, and a longer run of
// backticks is none.
func cutMark(text, mark string) (inner, rest string, found bool) {
	for at := 0; at < len(text); {
		switch m := markAt(text[at:]); {
		case m == mark:
			return text[:at], text[at+len(m):], true
		case mark == "**":
			at += max(width(text[at:]), len(m))
		default:
			at += max(len(m), 1)
		}
	}
	return "", "", false
}

// entities are the marks that HTML has instead of an escape.
var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// plainly takes back what the report's writer escaped.
func plainly(text string) string {
	var b strings.Builder
	for text != "" {
		n := width(text)
		b.WriteString(text[n-1 : n])
		text = text[n:]
	}
	return entities.Replace(b.String())
}
