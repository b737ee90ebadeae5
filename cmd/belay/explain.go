package main

import (
	"fmt"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"belay/sqlview/lint/rules"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/playbook"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain NAME|questions", Short: "Explain a rule, a step, a format or a question", Args: cobra.ExactArgs(1),
		Example: `  belay explain index-nonconcurrent
  belay explain questions`,
		RunE: command(func(_ *cobra.Command, args []string) error { return a.explain(args[0]) }),
	}
}

func (a *app) explain(name string) error {
	if name == "questions" {
		for _, q := range steps.Questions() {
			fmt.Fprintf(a.out, "%s\n  answers: %s\n  %s\n\n", questionName(q), q.Answers, q.Doc)
		}
		return nil
	}
	for _, doc := range documents() {
		if doc.name == name {
			fmt.Fprintf(a.out, "%s: %s\n\n%s\n", doc.name, doc.summary, strings.TrimSpace(doc.text))
			return nil
		}
	}
	return &steps.Refused{Problem: "nothing is called " + name, Advice: "there are " + strings.Join(documentNames(), ", ")}
}

func questionName(q steps.QuestionDoc) string {
	if q.Prefix {
		return q.ID + "RULE"
	}
	return q.ID
}

// document is anything that carries its own doc.
type document struct{ name, summary, text string }

func documents() []document {
	var all []document
	for _, r := range rules.All() {
		all = append(all, document{r.ID, r.Severity.String() + ", " + r.Summary, r.Doc})
	}
	for _, f := range migration.Formats() {
		all = append(all, document{f.Name, "format", f.Doc})
	}
	for _, p := range playbook.All() {
		for _, s := range p.Steps {
			all = append(all, document{s.ID, "step", s.Doc})
		}
	}
	for _, q := range steps.Questions() {
		all = append(all, document{questionName(q), "question, answers: " + q.Answers, q.Doc})
	}
	return all
}

func documentNames() []string {
	names := []string{"questions"}
	for _, d := range documents() {
		names = append(names, d.name)
	}
	sort.Strings(names)
	return names
}
