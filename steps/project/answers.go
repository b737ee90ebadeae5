package project

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// ReadAnswers reads an answers file: TOML whose dotted tables are joined to question
// ids, such as run.confirm. known says whether an id exists, closed what may be answered
// to it (nil = any text); all lists the ids for the nearest match. A value may be a
// string, a number or a boolean.
func ReadAnswers(path string, known func(id string) bool, closed func(id string) []string, all []string,
) (map[string]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, &UsageError{Problem: err.Error(), Advice: "give the answers as a TOML file"}
	}
	var tree map[string]any
	if err := toml.Unmarshal(b, &tree); err != nil {
		return nil,
			&UsageError{
				Problem: path + whereIn(err) + ": " + strings.TrimPrefix(err.Error(), "toml: "),
				Advice:  "fix the file",
			}
	}
	answers := map[string]string{}
	flatten("", tree, answers)
	var problems, meant []string
	for _, id := range slices.Sorted(maps.Keys(answers)) {
		if words := closed(id); !known(id) {
			problems = append(problems, fmt.Sprintf("no question is called %q", id))
			meant = append(meant, nearest(id, all))
		} else if len(words) > 0 && !slices.Contains(words, answers[id]) {
			problems = append(problems, fmt.Sprintf("%s is %q: the words are %s", id, answers[id],
				strings.Join(words, ", ")))
		}
	}
	if len(problems) == 0 {
		return answers, nil
	}
	advice := "`belay explain questions` lists all"
	if len(meant) > 0 {
		advice = "did you mean " + strings.Join(meant, ", ") + "? " + advice
	}
	return nil, &UsageError{Problem: path + ": " + strings.Join(problems, "; "), Advice: advice}
}

// whereIn is ":3" for the line that a TOML file is wrong in; "" = none is known.
func whereIn(err error) string {
	var at *toml.DecodeError
	if !errors.As(err, &at) {
		return ""
	}
	row, _ := at.Position()
	return fmt.Sprintf(":%d", row)
}

func flatten(prefix string, tree map[string]any, into map[string]string) {
	for k, v := range tree {
		switch v := v.(type) {
		case map[string]any:
			flatten(prefix+k+".", v, into)
		case bool:
			into[prefix+k] = map[bool]string{true: "yes", false: "no"}[v]
		default:
			into[prefix+k] = fmt.Sprint(v)
		}
	}
}
