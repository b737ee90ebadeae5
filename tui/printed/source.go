package printed

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"belay/sqlview"
	"belay/sqlview/lint"
	"belay/sqlview/secret"
	"belay/tui/look"
)

// sources are the lines of a file as they may be shown, without its secrets.
type sources struct {
	lines  []look.SourceLine
	tokens []look.Token
	// exact are the lines as the columns of the findings count them.
	exact []string
}

// mostColoured is how long a file may be to be coloured, in bytes: more takes longer
// than one waits for a command.
const mostColoured = 64 << 10

func sourcesOf(f *lint.File) sources {
	text := string(f.Source)
	shown := secret.Without(secret.SQL(text), secret.Values(text))
	s := sources{lines: look.Source(shown, 1), exact: strings.Split(text, "\n")}
	if len(s.lines) != len(s.exact) {
		return sources{} // a secret of several lines: which is which is not known
	}
	if len(shown) <= mostColoured {
		s.tokens = look.Tokens(shown)
	}
	return s
}

// place is a finding's line of SQL behind its number, and a caret below the place. Where
// the statement began further up, its first line stands above.
func (p Paper) place(s sources, f sqlview.FileResult, h sqlview.Finding, role look.Role) []string {
	if h.Line < 1 || h.Line > len(s.lines) {
		return nil
	}
	numbers := []int{h.Line}
	if h.Statement >= 0 && h.Statement < len(f.Statements) {
		if first := f.Statements[h.Statement].Line; first >= 1 && first < h.Line {
			numbers = []int{first, h.Line}
		}
	}
	gutter := len(itoa(h.Line)) + 1
	bar := " " + p.Text(look.Quiet, p.Border.Left) + " "
	room := max(p.Width-gutter-look.Width(bar), 10)
	var out []string
	for i, n := range numbers {
		if i > 0 && n > numbers[i-1]+1 {
			out = append(out, strings.Repeat(" ", gutter-1)+p.Marks.Dot+bar+p.Text(look.Quiet, p.Marks.Ellipsis))
		}
		number := strings.Repeat(" ", gutter-len(itoa(n))) + itoa(n)
		line, column := s.lines[n-1], 1
		if n == h.Line {
			column = shownColumn(s.exact[n-1], line.Text, h.Column)
		}
		text, indent, length := p.around(line, s.tokens, column, room)
		out = append(out, p.Text(look.Quiet, number)+bar+text)
		if n == h.Line && column > 0 {
			out = append(out,
				strings.Repeat(" ", gutter)+bar+strings.Repeat(" ", indent)+p.Text(role, strings.Repeat("^", length)))
		}
	}
	for i := range out {
		out[i] = strings.TrimRight(out[i], " ")
	}
	return out
}

// shownColumn is where a column of a line stands once its secrets are hidden; 0 = it is
// within one, or nobody knows.
func shownColumn(exact, shown string, column int) int {
	exact = strings.TrimSuffix(exact, "\r")
	runes := []rune(exact)
	if column < 1 || column > len(runes)+1 {
		return 0
	}
	before, after := string(runes[:column-1]), string(runes[column-1:])
	switch {
	case strings.HasPrefix(shown, before):
		return column
	case strings.HasSuffix(shown, after):
		return len([]rune(shown)) - len([]rune(after)) + 1
	}
	return 0
}

// around is a line in so many columns, cut at both ends around the word at a column, and
// where that word stands in it.
func (p Paper) around(l look.SourceLine, tokens []look.Token, column, room int) (text string, indent, length int) {
	text = p.Code(l, tokens)
	indent, length = look.Under(l, column)
	if look.Width(text) <= room {
		return text, indent, min(length, max(room-indent, 1))
	}
	mark := look.Width(p.Marks.Ellipsis)
	if indent+length > room-mark {
		// A third of the room shows what comes before. A wide character is left whole.
		from := look.Width(ansi.Truncate(ansi.Strip(text), max(indent-room/3, 0), ""))
		text = p.Text(look.Quiet, p.Marks.Ellipsis) + ansi.TruncateLeft(text, from, "")
		indent += mark - from
	}
	return p.Cut(text, room), indent, max(min(length, room-mark-indent), 1)
}
