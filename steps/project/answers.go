package project

import (
	"fmt"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// ReadAnswers reads an answers file: TOML whose dotted tables are joined to
// question ids, such as run.confirm. known says whether an id exists; all lists
// the ids for the nearest match. A value may be a string, a number or a boolean.
func ReadAnswers(path string, known func(id string) bool, all []string) (map[string]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, &UsageError{Problem: err.Error(), Advice: "give the answers as a TOML file"}
	}
	var tree map[string]any
	if err := toml.Unmarshal(b, &tree); err != nil {
		return nil,
			&UsageError{Problem: path + ": " + strings.TrimPrefix(err.Error(), "toml: "), Advice: "fix the file"}
	}
	answers := map[string]string{}
	flatten("", tree, answers)
	for id := range answers {
		if !known(id) {
			return nil, &UsageError{
				Problem: fmt.Sprintf("%s: no question is called %q", path, id),
				Advice:  "did you mean " + nearest(id, all) + "? `belay explain questions` lists all",
			}
		}
	}
	return answers, nil
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
