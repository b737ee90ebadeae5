package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// afterName is what follows belay's name in a text, and how it is set apart.
var afterName = regexp.MustCompile("([`\"]?)\\bbelay ([a-z-]+[^\n]*)")

// inSentence are the words that follow belay's name where it is the subject of a sentence, or
// stands within one. No command has such a name; a word that is neither is a command that
// is not there.
var inSentence = strings.Fields(`
	acts adds again allows and as ask asked asks at be before binary but by can cancelled cancels cannot
	checks closes comes compares connects could counts counted creates deletes did does drops each encrypts
	ended ends finds for from gave gets gives goes had hands has have in into is it itself judges keeps kept knew
	knows left leaves like logs looked looks looking made make makes may measured measures met must named names
	needs never of offers on only opens or ought parses process proves puts read reads refuses remembers requests
	restores reviewed reviews run-level runs said says searches sends sent sets should shows speaks started starts
	steps stops than that the then takes took tells to turns understands used uses walks waits was watches went
	where which will with wants without would writes wrote works yet approval bring holds ran judged
`)

// call is a call of belay that a text names: the command's path and its words.
type call struct {
	place string
	words []string
	// whole is true where it is known where the call ends, so that its words can be counted.
	whole bool
}

// callsNamed are all calls of belay in the texts of the program's own code, and those that
// are none.
func callsNamed(t *testing.T, root *cobra.Command) (all []call) {
	t.Helper()
	for _, a := range advices(t) {
		for rest := a.text; ; {
			m := afterName.FindStringSubmatchIndex(rest)
			if m == nil {
				break
			}
			quote, after := rest[m[2]:m[3]], rest[m[4]:m[5]]
			before := rest[:m[0]]
			rest = rest[m[4]:]
			first, _, _ := strings.Cut(after, " ")
			first = strings.Trim(regexp.MustCompile(`^[a-z-]+`).FindString(first), "-")
			if c, _, err := root.Find([]string{first}); err != nil || c == root {
				if first != "help" && !slices.Contains(inSentence, first) {
					t.Errorf("%s: belay %s is neither a command nor a sentence: %.160q", a.place, first, a.text)
				}
				continue
			}
			c := call{place: a.place}
			switch end := strings.IndexAny(after, "`;,()"); {
			case quote != "":
				after, _, c.whole = strings.Cut(after, quote)
				c.whole = c.whole && !strings.HasSuffix(before, " by ")
			case end >= 0:
				after = after[:end]
			default:
				c.whole = strings.HasSuffix(before, "\n  ") || before == "" || strings.HasSuffix(before, ": ")
			}
			after, _, _ = strings.Cut(after, " >") // into a file
			c.words = wordsOf(strings.ReplaceAll(strings.ReplaceAll(after, value, "…"), "%s", "…"))
			all = append(all, c)
		}
	}
	return all
}

// command finds the command of a call, and what is given to it.
func commandOf(root *cobra.Command, words []string) (c *cobra.Command, path string, rest []string) {
	c, _, err := root.Find(words[:1])
	if err != nil || c == root {
		return nil, "", nil
	}
	rest = words[1:]
	if c.HasSubCommands() && len(rest) > 0 {
		if below, _, err := c.Find(rest[:1]); err == nil && below != c {
			return below, words[0] + " " + rest[0], rest[1:]
		}
	}
	return c, words[0], rest
}

// flagsOf are the flags of a call, without what they are given.
func flagsOf(words []string) (all []string) {
	for _, w := range words {
		if flag, is := strings.CutPrefix(w, "--"); is {
			flag, _, _ = strings.Cut(strings.TrimRight(flag, ".:,\"'"), "=")
			all = append(all, flag)
		}
	}
	return all
}

// wordsOf are the words of a call as a shell would take them apart.
func wordsOf(text string) (all []string) {
	for _, m := range regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`).FindAllString(text, -1) {
		all = append(all, strings.Trim(m, `"'`))
	}
	return all
}

// callsPlayed are the calls of belay that stories and tests make, as words.
func callsPlayed(t *testing.T) (all [][]string) {
	t.Helper()
	stories, err := filepath.Glob(filepath.Join("testdata", "script", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range stories {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)\bbelay ([a-z][^&\n]*)`).FindAllStringSubmatch(string(b), -1) {
			all = append(all, strings.Fields(strings.ReplaceAll(m[1], "'", "")))
		}
	}
	tests, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tests {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			var of []ast.Expr
			switch n := n.(type) {
			case *ast.CallExpr:
				of = n.Args
			case *ast.CompositeLit:
				of = n.Elts
			}
			var words []string
			for _, e := range of {
				if s, ok := literalOf(e); ok {
					words = append(words, s)
				}
			}
			for i := range words {
				all = append(all, words[i:])
			}
			return true
		})
	}
	return all
}

// unplayed are commands and flags that no story gives, each with the reason.
var unplayed = map[string]string{
	"demo --fetch": "it fetches from a registry: TestDemoOffersPrograms plays it up to there",
}

// TestCallsInTexts finds every call of belay that a text of the program names: the command
// and its flags exist, it takes the words that it is given, and a story or a test gives it.
func TestCallsInTexts(t *testing.T) {
	root := (&app{}).root()
	given, everywhere := map[string]bool{}, map[string]bool{}
	for _, words := range callsPlayed(t) {
		if _, path, rest := commandOf(root, words); path != "" {
			given[path] = true
			for _, f := range flagsOf(rest) {
				given[path+" --"+f], everywhere[f] = true, true
			}
		}
	}
	calls, forms, wrong := callsNamed(t, root), map[string]bool{}, 0
	for _, c := range calls {
		if problem := c.problem(root); problem != "" {
			wrong++
			t.Errorf("%s: belay %s: %s", c.place, strings.Join(c.words, " "), problem)
			continue
		}
		_, path, rest := commandOf(root, c.words)
		if slices.Contains(rest, "--help") {
			continue // every command has it: TestHelp
		}
		needs := []string{path}
		for _, f := range flagsOf(rest) {
			if root.PersistentFlags().Lookup(f) == nil || !everywhere[f] {
				needs = append(needs, path+" --"+f)
			}
		}
		for _, n := range needs {
			if forms[n] = true; !given[n] && unplayed[n] == "" {
				wrong++
				t.Errorf("%s: no story and no test gives belay %s", c.place, n)
			}
		}
	}
	for n := range unplayed {
		if !forms[n] || given[n] {
			t.Errorf("no text names belay %s any more, or a story gives it", n)
		}
	}
	t.Logf("%d calls named, of %d commands and flags, %d not played, %d wrong", len(calls), len(forms), len(unplayed),
		wrong)
}

// titles are of windows, and name what is shown.
const titles = "tui/board/board.go"

// goesOn tells that a sentence goes on behind a call without quotes.
func goesOn(word string) bool { return word == "takes" || word == "makes" }

func (c call) problem(root *cobra.Command) string {
	cmd, _, rest := commandOf(root, c.words)
	if cmd.HasSubCommands() && !cmd.Runnable() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return "there is no such command below it"
	}
	cmd.InitDefaultHelpFlag()
	for _, f := range flagsOf(rest) {
		if cmd.Flags().Lookup(f) == nil && cmd.InheritedFlags().Lookup(f) == nil &&
			root.PersistentFlags().Lookup(f) == nil {
			return "it has no --" + f
		}
	}
	if !c.whole || strings.Contains(c.place, titles) || slices.Contains(flagsOf(rest), "help") ||
		slices.ContainsFunc(rest, goesOn) {
		return ""
	}
	// A root of its own: flags that were given stay given.
	cmd, _, rest = commandOf((&app{}).root(), c.words)
	for i, w := range rest {
		rest[i] = strings.ReplaceAll(w, "…", "x")
	}
	if err := cmd.ParseFlags(rest); err != nil && !strings.Contains(err.Error(), "invalid argument") {
		return err.Error()
	}
	if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
		return err.Error()
	}
	return ""
}
