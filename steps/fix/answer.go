package fix

import (
	"fmt"
	"strconv"

	"belay/steps/fact"
	"belay/steps/journal"
)

// Question asks for the yes before anything is written into the folder. It
// starts on No; a screen's yes says which proposal it means: see fact.Rewrite.Yes.
func Question(r fact.Rewrite) journal.QuestionAsked {
	what := fmt.Sprintf("write %s", count(len(r.Files), "file"))
	if r.Replaces {
		what += " and take " + r.Path + " away"
	}
	return journal.QuestionAsked{
		ID: fact.WriteQuestion, Text: what + "?", Options: []string{"no", "yes"}, Default: "no",
		Detailed: []string{"yes"}, Dialog: true,
		Why: "the original " + r.Original,
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
