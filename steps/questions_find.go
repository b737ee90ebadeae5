package steps

import (
	"slices"
	"sort"
	"strings"
)

// Questions lists every question, sorted by id.
func Questions() []QuestionDoc {
	all := slices.Concat(questionDocs, campaignDocs)
	sort.Slice(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	return all
}

// KnownQuestion reports whether an answers file may name id.
func KnownQuestion(id string) bool {
	if id == anyWaiver {
		return false
	}
	return IsWaiver(id) || slices.ContainsFunc(Questions(), func(q QuestionDoc) bool {
		if q.Prefix {
			return len(id) > len(q.ID) && strings.HasPrefix(id, q.ID)
		}
		return q.ID == id
	})
}

// ClosedAnswers are all that may be answered to a question, where its words are all; nil =
// a text too, or it is not known.
func ClosedAnswers(id string) []string {
	i := slices.IndexFunc(Questions(), func(q QuestionDoc) bool { return q.ID == id && !q.Prefix })
	if i < 0 {
		return nil
	}
	q := Questions()[i]
	var words []string
	for _, w := range q.Words {
		words = append(words, w.Answer)
	}
	if strings.Join(words, ", ") != q.Answers {
		return nil
	}
	return words
}

// QuestionIDs lists the ids, for the nearest match of an unknown one.
func QuestionIDs() []string {
	ids := make([]string, 0, len(questionDocs))
	for _, q := range Questions() {
		ids = append(ids, q.ID)
	}
	return ids
}

// Labels says what each option of a question does, in their order; "" = the word says
// it. run is how the run is named.
func Labels(id string, options []string, run string) []string {
	all := Questions()
	i := slices.IndexFunc(all, func(q QuestionDoc) bool { return q.ID == id })
	if i < 0 || len(all[i].Words) == 0 {
		return nil
	}
	out := make([]string, len(options))
	for n, o := range options {
		for _, w := range all[i].Words {
			if w.Answer == o {
				out[n] = strings.ReplaceAll(w.Does, "RUN", run)
			}
		}
	}
	return out
}
