package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"belay/db/dsn"
	"belay/sqlview/lint/rules"
	"belay/sqlview/migration"
	"belay/sqlview/rewrite/ways"
	"belay/steps"
	"belay/steps/menu"
	"belay/steps/playbook"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [NAME|questions|menu]",
		Short: "Explain a rule, a rewrite, a step, a format, a question or an entry of the start menu",
		Args:  cobra.MaximumNArgs(1),
		Example: `  belay explain
  belay explain index-nonconcurrent
  belay explain questions
  belay explain rename-column-safely`,
		RunE: command(func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.explainAll()
			}
			return a.explain(args[0])
		}),
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
			a.out.put(fmt.Sprintf("%s: %s\n\n%s\n", doc.name, doc.summary, strings.TrimSpace(doc.text())))
			return nil
		}
	}
	for _, q := range steps.Questions() {
		if q.Prefix && len(name) > len(q.ID) && strings.HasPrefix(name, q.ID) {
			return a.explain(questionName(q))
		}
	}
	advice := "`belay explain` lists all names"
	if near := nearest(name, a.documentNames()); len(near) > 0 {
		advice = "is " + strings.Join(near, " or ") + " meant? " + advice
	}
	return &usageError{problem: "nothing is called " + name, advice: advice}
}

// explainAll lists what can be explained, a line each, by kind.
func (a *app) explainAll() error {
	a.out.say("`belay explain NAME` explains:")
	said := map[string]bool{} // a step of several playbooks is one
	for _, d := range a.documents() {
		if !said[d.name] {
			a.out.say("  %-40s %s", d.name, d.summary)
		}
		said[d.name] = true
	}
	a.out.say("  %-40s %s", "menu", "the entries of the start menu")
	a.out.say("  %-40s %s", "questions", "all questions with their answers")
	return nil
}

// mostNear is how many names are offered for one that is not known.
const mostNear = 3

// nearest are the names that are most like one, those that hold it first; none where
// nothing is like it.
func nearest(name string, all []string) []string {
	name = strings.ToLower(name)
	far := map[string]int{}
	for _, n := range all {
		switch d := dsn.Edits(name, n); {
		case len(name) > 2 && strings.Contains(n, name):
			far[n] = 0
		case d <= max(2, len(name)/3):
			far[n] = d
		}
	}
	near := slices.SortedFunc(maps.Keys(far), func(x, y string) int {
		return cmp.Or(cmp.Compare(far[x], far[y]), cmp.Compare(len(x), len(y)), strings.Compare(x, y))
	})
	return near[:min(len(near), mostNear)]
}

func questionName(q steps.QuestionDoc) string {
	if q.Prefix {
		return q.ID + "RULE"
	}
	return q.ID
}

// document is anything that carries its own doc.
type document struct {
	name, summary string
	text          func() string
}

// written is a text that is there already.
func written(text string) func() string { return func() string { return text } }

func (a *app) documents() []document {
	var all []document
	for _, r := range rules.All() {
		text := func() string { return r.Doc + rewrittenBy(r.ID) }
		all = append(all, document{r.ID, r.Severity.String() + ", " + r.Summary, text})
	}
	for _, f := range migration.Formats() {
		all = append(all, document{f.Name, "format", written(f.Doc)})
	}
	for _, f := range migration.Watched() {
		all = append(all, document{f.Name, "format, run by its own command", written(f.Doc)})
	}
	for _, p := range playbook.All() {
		for _, s := range p.Lines {
			all = append(all, document{s.ID, "step", written(s.Doc)})
		}
	}
	for _, w := range ways.All() {
		all = append(all, document{
			w.ID, "rewrite, " + w.Summary,
			written(w.Doc + "\n`belay review --fix` shows it. It lifts " + strings.Join(w.Lifts, ", ") + ".\n"),
		})
	}
	at := sync.OnceValue(a.place) // reads the project's folders: for who asks for such an entry alone
	for _, m := range menu.All() {
		all = append(all, document{m.Name, m.Title, func() string { return m.Text(at()) }})
	}
	all = append(all, document{"pairing", "two people on one run", written(pairingDoc)})
	for _, q := range steps.Questions() {
		all = append(all, document{questionName(q), "question, answers: " + q.Answers, written(q.Doc)})
	}
	return all
}

func (a *app) documentNames() []string {
	names := []string{"menu", "questions"}
	for _, d := range a.documents() {
		names = append(names, d.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
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
	if err != nil || p.Picked.Tool == "" || p.PickError != nil {
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

// pairingDoc is what `belay explain pairing` says.
const pairingDoc = `Any number of screens watch a run, and one holds the keys: the first of who began it. The others
read: nothing that they press or send changes anything, and what they try is written down.

  K  asks for the keys; who holds them answers by K. Where the screen that held them is gone, or does not
     answer its owner for ten seconds, K takes them.
  h  hands them over to another screen, with a note that goes into the report.

Other OS users watch by ` + "`belay attach --of USER`" + `, where that user's own store names a group of theirs:
$XDG_CONFIG_HOME/belay/pairing.toml with [pairing] and below it group = "deploy". Before a run is confirmed the keys
are given, never taken, by another user. ` + "`belay stop`" + ` of the run's own user works whoever holds them.

  a  where belay.toml says [approve] second_person: reads all that would run, then takes your name as the
     approval of a second person. ` + "`belay approve --of USER`" + ` does the same in a shell.
`
