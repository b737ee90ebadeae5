package house

import "regexp"

// The traces of one computer: its owner's folders, and the hosts that its
// package managers ask. Samples may show a person's home and temporary files.
var (
	machineWords = []word{
		{regexp.MustCompile(`/(?:root|work|workspace|farm|builds)/`), "a path of one machine"},
		{
			regexp.MustCompile(`\b(?:registry|proxy|deb|mirror|index)\.[a-z0-9-]+\.(?:org|com|io|net)\b`),
			"a package registry's host",
		},
	}
	personWords = []word{
		{regexp.MustCompile(`/(?:home|Users)/`), "a path of one person"},
		{regexp.MustCompile(`/(?:tmp)/[A-Za-z0-9]`), "a path below /tmp: ask for a temporary folder"},
	}
)

// machine holds every text file to saying nothing of the computers that it was
// written or built on.
func machine(house *tree) []finding {
	var all []finding
	for _, s := range house.files {
		if s.path == "go.sum" {
			continue
		}
		for number, line := range numbered(s.text) {
			all = append(all, s.say(machineWords, line, number)...)
			if !s.data() {
				all = append(all, s.say(personWords, line, number)...)
			}
		}
	}
	return all
}
