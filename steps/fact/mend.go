package fact

import "strings"

// The questions before files of the folder are changed.
const (
	// UneditQuestion is asked before edited migrations get their text back.
	UneditQuestion = "unedit.write"
	// RenumberQuestion is asked before migrations get later versions.
	RenumberQuestion = "renumber.write"
	// NewQuestion is asked before new migrations are written.
	NewQuestion = "new.write"
	// AskPrefix begins the questions of the start menu, for a person's own names; an
	// entry's name follows.
	AskPrefix = "menu."
)

// MendsFiles reports whether a yes to the question changes files of the folder.
func MendsFiles(question string) bool {
	return question == UneditQuestion || question == RenumberQuestion || question == NewQuestion
}

// Offers reports whether a question only offers what a key of the screens opens: a run
// goes on without an answer.
func Offers(question string) bool {
	return question == WriteQuestion || MendsFiles(question) || strings.HasPrefix(question, AskPrefix)
}

// Mends are what could be put right in the folder, or written into it, by a key.
type Mends struct {
	List []Mend `json:"list"`
}

// Fact is the name under which the observation is kept.
func (Mends) Fact() string { return "mends" }

// Of is the mend of a question; nil = there is none.
func (m *Mends) Of(question string) *Mend {
	if m == nil {
		return nil
	}
	for i := range m.List {
		if m.List[i].Question == question {
			return &m.List[i]
		}
	}
	return nil
}

// Mend is one change of the folder's files. Paths are as a person names them.
type Mend struct {
	// Question is the id by which a yes is asked.
	Question string `json:"question"`
	// Asks is that question in words: what becomes of how many files.
	Asks string `json:"asks"`
	// Says are what would be done to files that are there, a line each.
	Says []string `json:"says"`
	// Doubt is what a person has to know before a yes, because nobody else does; "" =
	// nothing.
	Doubt string `json:"doubt,omitempty"`
	// Files are those that would be written.
	Files []MendFile `json:"files"`
	// Next are the commands of a shell that go on, where no file does; empty = none.
	Next []string `json:"next,omitempty"`
	// Begins is true where the first of Next can go on in the screen's place.
	Begins bool `json:"begins,omitempty"`
	// Refused says why nothing can be written, and Advice what to do; "" = it can.
	Refused string `json:"refused,omitempty"`
	Advice  string `json:"advice,omitempty"`
	// Commit is a proposed commit message; "" = none.
	Commit string `json:"commit,omitempty"`
	// SHA256 is over all of it. Bound is what a yes counts for: this, once.
	SHA256 string `json:"sha256"`
	Bound  string `json:"bound"`
}

// MendFile is a new file with its text. Down is true for a way back of its own.
type MendFile struct {
	Path string `json:"path"`
	SQL  string `json:"sql"`
	Down bool   `json:"down,omitempty"`
}
