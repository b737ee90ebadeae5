package report

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// hostile are texts that a file's name, a table's, a server or an answer may hold.
var hostile = []string{
	"[x](https://evil.example)", "[x](evil)", "![x](evil.png)", "[x]: evil", "[^1]",
	"<img src=x onerror=y>", "<!-- x", "</td>", "<https://evil.example>", "https://evil.example",
	"HTTPS://EVIL.example",
	"www.evil.example", "a@evil.example", "@evil",
	"# x", "x\n# x", "x\r\n\r\n# x", "x\v# x", "x\n---", "x\n===", "- x", "- [x] x", "1. x", "> x", "    x", "\tx",
	"***", "|x|y|",
	"x |\n| y", `\|x`, `\\|x`, "`x`", "``", "`", "x`", "``` x", "**x**", "*x*", "__x__",
	"_x_", "~~x~~", "&lt;b&gt;", "&#x202e;",
	"x\u202ey", "\x1b[2J", `\`, "x\u2028# x", "x\u0085# x", "x|https://evil.example|`y`",
}

// plain is a Markdown text without what is code, escaped or an entity: what is left of
// it is markup, or nothing.
func plain(markdown string) string {
	var out []string
	for line := range strings.Lines(markdown) {
		// An escaped mark opens no code, and one in code escapes nothing.
		var b strings.Builder
		for line != "" {
			switch run := line[:len(line)-len(strings.TrimLeft(line, "`"))]; {
			case line[0] == '\\' && len(line) > 1:
				b.WriteByte('e')
				line = line[2:]
			case run != "":
				line = line[len(run):]
				if at := fence(line, run); at >= 0 {
					line = line[at+len(run):]
				} else {
					b.WriteString(run)
				}
			default:
				b.WriteByte(line[0])
				line = line[1:]
			}
		}
		out = append(out, entity.ReplaceAllString(b.String(), "e"))
	}
	return strings.Join(out, "")
}

var entity = regexp.MustCompile(`&(lt|gt|amp);`)

// fence is where a run of just these backticks stands next; -1 = nowhere.
func fence(text, run string) int {
	for at := 0; ; {
		n := strings.Index(text[at:], run)
		if n < 0 {
			return -1
		}
		at += n
		end := at + len(text[at:]) - len(strings.TrimLeft(text[at:], "`"))
		if end-at == len(run) {
			return at
		}
		at = end
	}
}

// markup is what Markdown and GitHub make something of.
var markup = regexp.MustCompile("[\\[\\]<>*~`|&\\\\]|(?i:://|www\\.)|@|\\b_|_\\b|(?m:^\\s*([#>=+-]|\\d+[.)]))")

// Every text of a report may come from outside. Whatever one holds, the report has the
// lines and the markup that it has of plain words: nothing becomes a link, an image, a
// heading, a list or HTML.
func TestNothingFromOutsideIsMarkup(t *testing.T) {
	shape := func(text string) (lines int, marks []string) {
		md := plain(full(text).Markdown())
		return strings.Count(md, "\n"), markup.FindAllString(md, -1)
	}
	wantLines, wantMarks := shape("word")
	if wantLines < 30 {
		t.Fatalf("only %d lines:\n%s", wantLines, full("word").Markdown())
	}
	for _, h := range hostile {
		lines, marks := shape(h)
		if lines != wantLines || !reflect.DeepEqual(marks, wantMarks) {
			t.Errorf("%q: %d lines with %q, want %d with %q:\n%s", h, lines, marks, wantLines, wantMarks,
				full(h).Markdown())
		}
		if said := full(h).Markdown(); strings.ContainsAny(said, "\x1b\r\v\u0085\u2028\u202e") {
			t.Errorf("%q: a control character is left", h)
		}
	}
}

// full is a report of which every text is this one, every list has one and every number
// is 3.
func full(text string) (r Report) {
	filled(reflect.ValueOf(&r).Elem(), text)
	return r
}

func filled(v reflect.Value, text string) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.CanInt():
		v.SetInt(3)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), text)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		filled(v.Index(0), text)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				filled(v.Field(i), text)
			}
		}
	}
}
