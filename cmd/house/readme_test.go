package house

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// A path in the README is the target of a link, and any word that begins with
// one of the five folders or a dot-folder of ours, with or without ./ before it.
var (
	readmeWord = regexp.MustCompile("[^\\s`\"'()<>|,;]+")
	readmeLink = regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	readmeRoot = regexp.MustCompile(`^(cmd|tui|steps|db|sqlview|\.ci|\.github)/`)
	// readmeStandIn is a part of a path that stands for many: NAME, *, ….
	readmeStandIn = regexp.MustCompile(`[*…{}]|\b[A-Z]{2,}\b`)
)

// readme holds the paths that README.md names to files that exist. While there
// is no README there is nothing to hold.
func readme(house *tree) []finding {
	i := slices.IndexFunc(house.files, func(s *source) bool { return s.path == "README.md" })
	if i < 0 {
		return nil
	}
	var all []finding
	for number, line := range numbered(house.files[i].text) {
		for _, name := range namedPaths(line) {
			if !exists(house.fsys, name) {
				all = append(all, finding{path: "README.md", line: number, what: name + " does not exist"})
			}
		}
	}
	return all
}

func namedPaths(line string) []string {
	var all []string
	for _, link := range readmeLink.FindAllStringSubmatch(line, -1) {
		if !strings.Contains(link[1], ":") {
			all = append(all, path.Clean(link[1]))
		}
	}
	for _, word := range readmeWord.FindAllString(line, -1) {
		word = strings.TrimSuffix(strings.TrimRight(word, ".:"), "/...")
		word = path.Clean(strings.TrimPrefix(word, "./"))
		if readmeRoot.MatchString(word+"/") && strings.Contains(word, "/") && !readmeStandIn.MatchString(word) {
			all = append(all, word)
		}
	}
	return all
}
