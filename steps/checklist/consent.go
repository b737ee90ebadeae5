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
	sum, files, from := e.Project.Config.SHA256, "the file's bytes", project.FileName
	c, err := teamCommand(e)
	if err != nil {
		return false, nil, err
	}
	if c != nil {
		all = append([]string{"run the migrations by " + secret.Line(c.String()) +
			", with your environment and so with the database's password"}, all...)
		sum, from = c.SHA256, "this repository"
		files = "the bytes of " + strings.Join(boundFiles(e, c), ", ")
	}
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
		Text: fmt.Sprintf("%s wants to do this as you: %s. Allow it?", from, strings.Join(all, "; ")),
		Why: "commands run as you, without a shell, and probes without the database's password; SQL runs as your " +
			"role " +
			"there, and READ ONLY does not keep it from starting programs; the yes is bound to " + files +
			" (sha256 " + sum + ") and remembered in your user configuration",
	}}, nil
}

// boundFiles are the files that a yes to a command is bound to, together.
func boundFiles(e *steps.Env, c *project.Command) []string {
	files := slices.Clone(c.Files)
	if e.Project.Config.SHA256 != "" {
		files = append([]string{project.FileName}, files...)
	}
	return files
}

// mayCommand reports whether a folder may be run as it would be: belay needs no yes,
// the team's command one that is bound to its bytes.
func mayCommand(e *steps.Env, b *steps.Folder) (may bool, asks []journal.QuestionAsked, err error) {
	if b.Command == nil {
		asks, err = offerCommand(e, b)
		return true, asks, err
	}
	if len(b.Chosen) == 0 {
		return true, nil, nil
	}
	return consent(e)
}
