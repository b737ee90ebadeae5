package house

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// atRoot are the names that may stand beside the five folders.
var atRoot = regexp.MustCompile(`^(go\.mod|go\.sum|README\.md|LICENSE|\..+)$`)

// shapeless are package names that say nothing of what lies in them.
var shapeless = []string{"util", "utils", "common", "helper", "helpers", "types", "models", "misc", "shared"}

// layout holds the module to its five folders and packages to telling names.
func layout(house *tree) []finding {
	var all []finding
	for _, s := range house.files {
		top := floor(s.path)
		switch {
		case !slices.Contains(floors, top) && !atRoot.MatchString(top):
			all = append(all, finding{path: s.path, what: "lies outside " + strings.Join(floors, ", ")})
		case s.syntax == nil:
		case !slices.Contains(floors, top):
			all = append(all, finding{path: s.path, what: "Go code outside " + strings.Join(floors, ", ")})
		case slices.Contains(shapeless, s.syntax.Name.Name):
			all = append(all, finding{path: s.path, what: "package " + s.syntax.Name.Name + ": name what is in it"})
		case misnamed(s):
			all = append(all, finding{
				path: s.path, what: "package " + s.syntax.Name.Name + " is not called as its folder",
			})
		}
	}
	return all
}

// misnamed is true where the name to write is not the name to import.
func misnamed(s *source) bool {
	name := strings.TrimSuffix(s.syntax.Name.Name, "_test")
	return name != "main" && name != path.Base(s.dir())
}
