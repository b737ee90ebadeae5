package steps

import (
	"slices"
	"strings"
)

// waive is the last part of a question that takes a reason for going on, and
// anyWaiver how such ids are listed.
const (
	waive     = ".waive"
	anyWaiver = "STEP" + waive
)

// waivable are the steps, and the deploy, whose stop a reason may lift. The
// names are part of the answers file, also where this belay has no such step.
var waivable = []string{
	"target", "preflight", "backup", "rehearse", "review", "deploy", "rollback", "estimate", "run", "verify", "smoke", "monitor", "report",
}

// later are questions whose ids are settled and that this belay does not ask
// yet: an answers file may name them. One that is asked has its own text in
// questionDocs, which then counts.
var later = []QuestionDoc{
	{ID: "backup.choice", Answers: "dump, or the snapshot or archive that is relied on",
		Doc: "Which way back there is if data is lost."},
	{ID: "rehearse.choice", Answers: "where the migration is tried first, or none",
		Doc: "Whether the migration is tried elsewhere before."},
	{ID: "smoke.url", Answers: "a URL; empty = none",
		Doc: "The application's health URL."},
	{ID: "rollback.confirm", Answers: "the database's name",
		Doc: "The yes to a way back. Nothing is written before."},
	{ID: "ledger.create", Answers: "yes, no",
		Doc: "Whether belay may keep its own table in this database."},
	{ID: "trust.commands", Answers: "the sha256 of the commands",
		Doc: "Whether the commands of belay.toml may run on this host."},
}

// notYet are the questions of later that nothing asks, marked as such.
func notYet() []QuestionDoc {
	var docs []QuestionDoc
	for _, d := range later {
		if slices.ContainsFunc(questionDocs, func(q QuestionDoc) bool { return q.ID == d.ID }) {
			continue
		}
		d.Later = true
		d.Doc += " Not asked yet by this version of belay; an answers file may hold an answer already."
		docs = append(docs, d)
	}
	return docs
}

// isWaiver reports whether id is STEP.waive.
func isWaiver(id string) bool {
	step, ok := strings.CutSuffix(id, waive)
	return ok && slices.Contains(waivable, step)
}
