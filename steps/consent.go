package steps

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/sqlview/secret"
	"belay/steps/journal"
	"belay/steps/project"
)

// TrustCommands is the question whether what belay.toml names may be done here.
const TrustCommands = "trust.commands"

// Trust is all that a repository's files would have done here as the person, and the bytes
// that a yes to it is bound to.
type Trust struct {
	// Wishes are in words; none = nothing is asked for.
	Wishes []string
	// SHA256 is of belay.toml, with the files of the team's command behind it.
	SHA256 string

	project     *project.Project
	from, files string
}

// Wishes are what the repository's belay.toml would have done here, as the person: the
// command lines that it would run, the SQL that it would have the database run, the
// addresses that it would have asked, and the folder that dumps would go into. That a
// transaction is READ ONLY holds back little of what SQL can do.
func Wishes(c project.Config) []string {
	var all []string
	add := func(what string, texts ...string) {
		for _, t := range texts {
			if t != "" {
				all = append(all, what+" "+t)
			}
		}
	}
	for _, line := range append(slices.Clone(c.Smoke.Command), c.Monitor.LogCommand, c.Campaign.DeployCommand) {
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

// TrustOf is what a project asks for. c is the team's own command, where that runs the
// migrations; nil = belay does.
func TrustOf(p *project.Project, c *project.Command) Trust {
	t := Trust{
		Wishes: Wishes(p.Config), SHA256: p.Config.SHA256, project: p, from: project.FileName,
		files: "the file's bytes",
	}
	if c == nil {
		return t
	}
	t.Wishes = append([]string{"run the migrations by " + secret.Line(c.String()) +
		", with your environment and so with the database's password"}, t.Wishes...)
	t.SHA256, t.from = c.SHA256, "this repository"
	bound := slices.Clone(c.Files)
	if p.Config.SHA256 != "" {
		bound = append([]string{project.FileName}, bound...)
	}
	t.files = "the bytes of " + strings.Join(bound, ", ")
	return t
}

// Given reports whether the yes to these bytes was given before.
func (t Trust) Given() bool { return t.project.Store.Consented(t.project.ConfigPath, t.SHA256) }

// Question asks for the yes.
func (t Trust) Question() journal.QuestionAsked {
	return journal.QuestionAsked{
		ID: TrustCommands, Options: []string{"no", "yes"}, Default: "no", Scripted: t.SHA256,
		Text: fmt.Sprintf("%s wants to do this as you: %s. Allow it?", t.from, strings.Join(t.Wishes, "; ")),
		Why: "commands run as you, without a shell, and probes without the database's password; SQL runs as your " +
			"role " +
			"there, and READ ONLY does not keep it from starting programs; the yes is bound to " + t.files +
			" (sha256 " + t.SHA256 + ") and remembered in your user configuration",
	}
}

// Take takes an answer; a file of answers has to name the bytes. A yes is remembered.
func (t Trust) Take(answer string, ofFile bool, now time.Time) (may bool, err error) {
	if answer != t.SHA256 && (answer != "yes" || ofFile) {
		return false, nil
	}
	return true, t.project.Store.SetConsent(project.Consent{
		Path: t.project.ConfigPath, SHA256: t.SHA256, At: now.UTC(),
	})
}
