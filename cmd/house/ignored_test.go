package house

import (
	"io/fs"
	"path"
	"strings"
)

// ignored are the patterns of .gitignore: names, and paths from the root where
// a pattern begins with a slash.
type ignored []string

func readIgnored(fsys fs.FS) ignored {
	text, err := fs.ReadFile(fsys, ".gitignore")
	if err != nil {
		return nil
	}
	var all ignored
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			all = append(all, strings.TrimSuffix(line, "/"))
		}
	}
	return all
}

func (all ignored) match(name string) bool {
	for _, pattern := range all {
		against := path.Base(name)
		if rooted, ok := strings.CutPrefix(pattern, "/"); ok {
			pattern, against = rooted, name
		}
		if ok, _ := path.Match(pattern, against); ok {
			return true
		}
	}
	return false
}
