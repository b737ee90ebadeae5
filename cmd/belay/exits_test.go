package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	exitRow  = regexp.MustCompile(`(?m)^\| ([0-9]) \| (.*) \|$`)
	exitHead = regexp.MustCompile(`^# ([0-9]): (.*?)(?:: (\w+\.(?:txtar|go)))?$`)
	// between are the words of the README between the causes, and the command that ends so.
	between = regexp.MustCompile("\\(`[a-z ]+`,? ?|`[a-z ]+`|[():;,]|\\bor\\b|failed and undone|needs a person|\\s")
)

// TestExitTable holds the README's table of exit codes against the story exits: each
// cause that the one names is played by the other, or by the story or test that it
// names, and ends so.
func TestExitTable(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	story, err := os.ReadFile(filepath.Join("testdata", "script", "exits.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	means, causes := map[string]string{}, 0
	for _, m := range exitRow.FindAllStringSubmatch(string(readme), -1) {
		means[m[1]] = m[2]
	}
	if len(means) != 6 {
		t.Fatalf("the README has %d exit codes", len(means))
	}
	script, _, _ := strings.Cut(string(story), "\n-- ")
	parts := strings.Split(script, "\n\n")
	for _, part := range parts {
		for line := range strings.Lines(part) {
			m := exitHead.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
			if m == nil {
				continue
			}
			causes++
			if !strings.Contains(means[m[1]], m[2]) {
				t.Errorf("the README does not say %q of exit code %s", m[2], m[1])
			}
			means[m[1]] = strings.Replace(means[m[1]], m[2], "", 1)
			if !endsWith(t, m[1], part, m[3]) {
				t.Errorf("nothing ends with %s in %q", m[1], m[2])
			}
		}
	}
	for code, left := range means {
		if left = between.ReplaceAllString(left, ""); left != "" {
			t.Errorf("exit code %s: nobody plays %q", code, left)
		}
	}
	t.Logf("%d causes of 6 exit codes", causes)
}

// endsWith tells whether a part of the story, or the file that it names, has a call that
// ends with a code.
func endsWith(t *testing.T, code, part, file string) bool {
	t.Helper()
	if file != "" {
		if filepath.Ext(file) == ".txtar" {
			file = filepath.Join("testdata", "script", file)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		part = string(b)
	}
	for _, call := range []string{
		"\nexits " + code + " belay ", `"exit":` + code + ",", "wants(t, p, " + code + ",", "ends: " + code,
	} {
		if strings.Contains(part, call) {
			return true
		}
	}
	return code == "0" && strings.Contains(part, "\nexec belay ")
}
