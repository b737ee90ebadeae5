package main

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"belay/sqlview/lint/rules"
	"belay/sqlview/migration"
	"belay/sqlview/rewrite/ways"
	"belay/steps"
	"belay/steps/menu"
	"belay/steps/playbook"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain NAME|questions|menu",
		Short: "Explain a rule, a rewrite, a step, a format, a question or an entry of the start menu",
		Args:  cobra.ExactArgs(1),
		Example: `  belay explain index-nonconcurrent
  belay explain questions
  belay explain rename-column-safely`,
		RunE: command(func(_ *cobra.Command, args []string) error { return a.explain(args[0]) }),
	}
}

func (a *app) explain(name string) error {
	if name == "questions" {
		for _, q := range steps.Questions() {
			a.out.put(fmt.Sprintf("%s\n  answers: %s\n  %s\n\n", questionName(q), q.Answers, q.Doc))
		}
		return nil
	}
	if name == "menu" {
		for _, m := range menu.All() {
			a.out.say("%-22s%s", m.Name, m.Title)
		}
		return nil
	}
	for _, doc := range a.documents() {
		if doc.name == name {
			a.out.put(fmt.Sprintf("%s: %s\n\n%s\n", doc.name, doc.summary, strings.TrimSpace(doc.text)))
			return nil
		}
	}
	for _, q := range steps.Questions() {
		if q.Prefix && len(name) > len(q.ID) && strings.HasPrefix(name, q.ID) {
			return a.explain(questionName(q))
		}
	}
	return &usageError{
		problem: "nothing is called " + name, advice: "there are " + strings.Join(a.documentNames(), ", "),
	}
}

func questionName(q steps.QuestionDoc) string {
	if q.Prefix {
		return q.ID + "RULE"
	}
	return q.ID
}

// document is anything that carries its own doc.
type document struct{ name, summary, text string }

func (a *app) documents() []document {
	var all []document
	for _, r := range rules.All() {
		all = append(all, document{r.ID, r.Severity.String() + ", " + r.Summary, r.Doc + rewrittenBy(r.ID)})
	}
	for _, f := range migration.Formats() {
		all = append(all, document{f.Name, "format", f.Doc})
	}
	for _, p := range playbook.All() {
		for _, s := range p.Lines {
			all = append(all, document{s.ID, "step", s.Doc})
		}
	}
	for _, w := range ways.All() {
		all = append(all, document{
			w.ID, "rewrite, " + w.Summary,
			w.Doc + "\n`belay review --fix` shows it. It lifts " + strings.Join(w.Lifts, ", ") + ".\n",
		})
	}
	at := a.place()
	for _, m := range menu.All() {
		all = append(all, document{m.Name, m.Title, m.Text(at)})
	}
	for _, q := range steps.Questions() {
		all = append(all, document{questionName(q), "question, answers: " + q.Answers, q.Doc})
	}
	return all
}

func (a *app) documentNames() []string {
	names := []string{"menu", "questions"}
	for _, d := range a.documents() {
		names = append(names, d.name)
	}
	sort.Strings(names)
	return names
}

// rewrittenBy points from a rule to the ways that lift its hazards; "" = none.
func rewrittenBy(rule string) string {
	var names []string
	for _, w := range ways.All() {
		if slices.Contains(w.Lifts, rule) {
			names = append(names, "`belay explain "+w.ID+"`")
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "\n`belay review --fix`, and f in the review, write it as files: " + strings.Join(names, ", ") + ".\n"
}

// place is the folder that an entry of the menu names its files for. Where there
// is none, or its tool is not known, the names stay general.
func (a *app) place() menu.Place {
	p, err := a.project()
	if err != nil || p.Picked.Tool == "" {
		return menu.Place{}
	}
	f, err := migration.Find(p.Picked.Tool)
	if err != nil {
		return menu.Place{}
	}
	folder, err := p.ReadFolder(f)
	if err != nil {
		return menu.Place{}
	}
	at := menu.Place{Folder: p.Shown(), Tool: f.Name, Now: time.Now().UTC().Format("20060102150405")}
	if n := len(folder.Migrations); n > 0 {
		at.Last = folder.Migrations[n-1].Up.Path
	}
	return at
}
