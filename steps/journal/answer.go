package journal

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/measure"
)

// Wants is what kind of text answers a question that has no options.
type Wants string

// The kinds of text.
const (
	// AnyText is every text, the empty one too.
	AnyText Wants = ""
	// Words are a person's own, such as a reason; nothing is no answer.
	Words Wants = "words"
	// Span is a time span longer than zero, such as 40s.
	Span Wants = "span"
)

// Refuses says in a sentence why a text is no answer; "" = it is one.
func (q QuestionAsked) Refuses(text string) string {
	switch {
	case q.Expect != "" && text == q.Expect:
		return ""
	case len(q.Options) > 0:
		return q.refusesWord(text)
	case q.Expect != "":
		return fmt.Sprintf("%q is not %q", text, q.Expect)
	case q.Wants == Words && text == "":
		return "words are needed here"
	case q.Wants == Span:
		if d, err := measure.ParseSpan(text); err != nil || d <= 0 {
			return fmt.Sprintf("%q is no time span; write it like 40s or 2min", text)
		}
	}
	return ""
}

// refusesWord is Refuses where there are words to choose from.
func (q QuestionAsked) refusesWord(text string) string {
	word, detail, detailed := strings.Cut(text, ":")
	if detailed && slices.Contains(q.Detailed, word) && strings.TrimSpace(detail) != "" {
		return ""
	}
	if slices.Contains(q.Options, text) {
		return ""
	}
	words := strings.Join(q.Options, ", ")
	if q.Expect != "" {
		words = fmt.Sprintf("%q or %s", q.Expect, words)
	}
	return fmt.Sprintf("%q is not one of: %s", text, words)
}
