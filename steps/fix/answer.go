package fix

import (
	"fmt"
	"slices"
	"strconv"

	"belay/steps/fact"
	"belay/steps/journal"
)

// Question asks for the yes before anything is written into the folder. It
// starts on No; a screen's yes says which proposal it means: see fact.Rewrite.Yes.
func Question(r fact.Rewrite) journal.QuestionAsked {
	what := fmt.Sprintf("write %s", count(len(r.Files), "file"))
	why := "the original " + r.Original
	if r.Replaces {
		what += " and take " + r.Path + " away"
		if r.Down != "" && !slices.ContainsFunc(r.Files, func(f fact.RewriteFile) bool { return f.Down != "" }) {
			what += " with " + r.Down
			why += "; the new files have no way back, for what " + r.Down + " does is not carried over: write one " +
				"first where you need it"
		}
	}
	return journal.QuestionAsked{
		ID: fact.WriteQuestion, Text: what + "?", Options: []string{"no", "yes"}, Default: "no",
		Detailed: []string{"yes"}, Dialog: true,
		Why: why,
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
