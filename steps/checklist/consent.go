package checklist

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/secret"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/project"
)

const consentID = "trust.commands"

// wishes are what the repository's belay.toml would have done here, as the person: the
// command lines that it would run, the SQL that it would have the database run, the
// addresses that it would have asked, and the folder that dumps would go into. That a
// transaction is READ ONLY holds back little of what SQL can do.
func wishes(c project.Config) []string {
	var all []string
	add := func(what string, texts ...string) {
		for _, t := range texts {
			if t != "" {
				all = append(all, what+" "+t)
			}
		}
	}
	for _, line := range append(slices.Clone(c.Smoke.Command), c.Monitor.LogCommand) {
		add("run", secret.Line(line))
	}
	// Not masked: behind a mask a stranger could hide what runs.
	add("have the database run", append(slices.Clone(c.Smoke.SQL), c.Throttle.SQL)...)
	for _, url := range c.Smoke.URL {
		add("request", secret.Line(url))
	}
	add("write dumps into", c.Backup.Directory)
	return all
}

// consent reports whether the wishes of belay.toml may be carried out here. The yes is
// bound to the file's bytes and kept in the person's own store: whoever edits the
// file asks again. The question is open until it is answered.
func consent(e *steps.Env) (may bool, asks []journal.QuestionAsked, err error) {
	all := wishes(e.Project.Config)
	sum := e.Project.Config.SHA256
	if len(all) == 0 || e.Project.Store.Consented(e.Project.ConfigPath, sum) {
		return len(all) > 0, nil, nil
	}
	answer, by, ok := e.Engine.Given(consentID)
	switch {
	case ok && (answer == sum || answer == "yes" && by != steps.AnswersFile):
		return true, nil,
			e.Project.Store.SetConsent(project.Consent{Path: e.Project.ConfigPath, SHA256: sum, At: e.Now().UTC()})
	case ok && answer == "no":
		return false, nil, nil
	}
	return false, []journal.QuestionAsked{{
		ID: consentID, Options: []string{"no", "yes"}, Default: "no", Scripted: sum,
		Text: fmt.Sprintf("%s wants to do this as you: %s. Allow it?", project.FileName,
			strings.Join(all, "; ")),
		Why: "commands run as you, without a shell and without the database's password; SQL runs as your role there, " +
			"and READ ONLY does not keep it from starting programs; the yes is bound to the file's bytes " +
			"(sha256 " + sum + ") and remembered in your user configuration",
	}}, nil
}
