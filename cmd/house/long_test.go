package house

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	// hasLong is a test that plays more in the long form.
	hasLong = regexp.MustCompile(`dbtest\.(Long|LongAlone|InShort|OneIn)\(|"BELAY_TEST_LONG"`)
	// longAlone is one that nothing but the long form plays.
	longAlone = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\) \{\n\tdbtest\.LongAlone\(t\)$`)
	// longLeg is a call of the tests in .ci/run that plays long forms.
	longLeg = regexp.MustCompile(`(?m)^BELAY_TEST_LONG=1 .*run_tests .*$`)
)

// TestLongFormsArePlayed: what the README's command plays in a short form .ci/run plays
// whole. Each package that has such a test is in one of its long legs, and one that takes
// the tests by name names those that only the long form plays.
func TestLongFormsArePlayed(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	legs := longLeg.FindAllString(strings.ReplaceAll(string(text), "\\\n", ""), -1)
	packages := map[string][]string{} // the tests of the long form alone, by package
	for _, s := range load(t, os.DirFS(root(t))).files {
		if dir := filepath.Dir(s.path); strings.HasSuffix(s.path, "_test.go") && hasLong.MatchString(s.text) &&
			dir != "cmd/house" && dir != "db/dbtest" {
			packages[dir] = slices.Concat(packages[dir], nil)
			for _, m := range longAlone.FindAllStringSubmatch(s.text, -1) {
				packages[dir] = append(packages[dir], m[1])
			}
		}
	}
	for dir, alone := range packages {
		of := slices.DeleteFunc(slices.Clone(legs), func(l string) bool {
			return !slices.Contains(strings.Fields(l), "./"+dir)
		})
		if len(of) == 0 {
			t.Errorf("%s has tests with a long form, and no long leg of .ci/run plays them", dir)
			continue
		}
		for _, name := range alone {
			if !slices.ContainsFunc(of, func(l string) bool {
				// $alone are those that .ci/run itself finds in the packages of its leg.
				return strings.Contains(l, name) || strings.Contains(l, "$alone") || !strings.Contains(l, " -run ")
			}) {
				t.Errorf("%s: %s is played in the long form alone, and .ci/run does not name it", dir, name)
			}
		}
	}
}
