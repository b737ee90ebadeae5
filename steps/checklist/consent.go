package checklist

import (
	"fmt"
	"strings"

	"belay/steps"
	"belay/steps/journal"
	"belay/steps/project"
)

const consentID = "trust.commands"

// wishes are what the repository's belay.toml would do on this host: the command
// lines that it would run, and the folder that dumps would go into.
func wishes(c project.Config) []string {
	all := append([]string{}, c.Smoke.Command...)
	if c.Monitor.LogCommand != "" {
		all = append(all, c.Monitor.LogCommand)
	}
	if c.Backup.Directory != "" {
		all = append(all, "dumps into "+c.Backup.Directory)
	}
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
		Text: fmt.Sprintf("%s wants to run commands on this host: %s. Allow them?", project.FileName,
			strings.Join(all, "; ")),
		Why: "they run as you, without a shell and without the database's password; the yes is bound to the file's " +
			"bytes (sha256 " + sum + ") and remembered in your user configuration",
	}}, nil
}
