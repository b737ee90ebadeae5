package lint

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Parts are the headings that every rule's Doc has, in this order.
var Parts = []string{"Advice", "In practice", "Measured", "Instead"}

// Kinds are the classes of harm.
var Kinds = []string{
	"blocks", "fails", "breaks", "destroys", "silent", "corrupts", "deadlocks",
	"slow", "session", "hidden", "note", "style",
}

// Validate reports everything that is wrong with a set of rules: a missing
// part, a doubled id, a doc without one of its headings, a superseded rule
// that is not there.
func Validate(rules []Rule) error {
	var errs []error
	seen := map[string]bool{}
	for _, r := range rules {
		if seen[r.ID] {
			errs = append(errs, fmt.Errorf("%s: there are two rules of this id", r.ID))
		}
		seen[r.ID] = true
		errs = append(errs, validateRule(r)...)
	}
	for _, r := range rules {
		for _, s := range r.Supersedes {
			if !seen[s] {
				errs = append(errs, fmt.Errorf("%s: supersedes %q, which is no rule", r.ID, s))
			}
		}
	}
	return errors.Join(errs...)
}

func validateRule(r Rule) []error {
	var errs []error
	wrong := func(when bool, format string, args ...any) {
		if when {
			errs = append(errs, fmt.Errorf(r.ID+": "+format, args...))
		}
	}
	wrong(r.ID == "" || r.ID != strings.ToLower(r.ID) || strings.ContainsAny(r.ID, " _"), "id is not kebab-case")
	wrong(r.Severity.String() == "", "severity is none of stop, warn, notice")
	wrong(!slices.Contains(Kinds, r.Kind), "kind %q is not known", r.Kind)
	wrong(r.Summary == "" || strings.Contains(r.Summary, "\n"), "summary is not one line")
	wrong(r.Run == nil, "no Run")
	parts := r.Sections()
	for _, name := range Parts {
		wrong(parts[name] == "", "doc has no text under %q", name)
	}
	return errs
}

// Sections splits the Doc by its headings, "Advice" to its text.
func (r Rule) Sections() map[string]string {
	sections := map[string]string{}
	for _, part := range strings.Split("\n"+r.Doc, "\n## ") {
		name, text, ok := strings.Cut(part, "\n")
		if ok {
			sections[strings.TrimSpace(name)] = strings.TrimSpace(text)
		}
	}
	return sections
}
