package visible

import (
	"strings"
	"unicode"

	"belay/sqlview/pattern"
)

// Markdown makes a text of others safe in a line, a list or a table of Markdown, as
// GitHub reads it: it shows as it is and makes no markup, link, image or HTML. What
// would be made a link without any markup, an address, becomes code.
func Markdown(s string) string {
	words := strings.Split(strings.TrimSpace(Line(s)), " ")
	for i, w := range words {
		// Within a table no code holds a bar that stands by itself.
		parts := strings.Split(w, "|")
		for j, p := range parts {
			if address.MatchString(p) {
				parts[j] = Code(p)
			} else {
				parts[j] = unmarked(p)
			}
		}
		words[i] = strings.Join(parts, `\|`)
	}
	return beginning.ReplaceAllString(strings.Join(words, " "), `$1\$2$4$3`)
}

// Code is Line as code in Markdown. A bar ends a cell of a table there too: a text of
// others goes into one through Markdown.
func Code(s string) string {
	s = Line(s)
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.TrimSpace(s) == "" {
		s = " " + s + " "
	}
	return fence + s + fence
}

// address is what becomes a link without any markup.
var address = pattern.New(`(?i)://|www\.|@`)

// beginning is what makes a block of a line: a heading, a list, a rule.
var beginning = pattern.New(`^(?:(\d+)([.)])( |$)|([#+=-]))`)

var marks = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "~", `\~`, "<", "&lt;", ">", "&gt;", "&", "&amp;")

// unmarked takes the meaning of a word's marks away. A line below two letters has none,
// and names are full of it; nor has the tilde of "about", which nothing could close.
func unmarked(word string) string {
	var b strings.Builder
	if len(word) > 1 && word[0] == '~' && letter(rune(word[1])) {
		b.WriteString("~")
		word = word[1:]
	}
	before := ' '
	for word != "" {
		plain, rest := word, ""
		if at := strings.IndexByte(word, '_'); at >= 0 {
			plain, rest = word[:at], word[at:]
		}
		b.WriteString(marks.Replace(plain))
		for _, r := range plain {
			before = r
		}
		after := strings.TrimLeft(rest, "_")
		run := rest[:len(rest)-len(after)]
		next := ' '
		for _, r := range after {
			next = r
			break
		}
		if !letter(before) || !letter(next) {
			run = strings.ReplaceAll(run, "_", `\_`)
		}
		b.WriteString(run)
		word, before = after, '_'
	}
	return b.String()
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
