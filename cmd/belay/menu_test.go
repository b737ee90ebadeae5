package main

import (
	"regexp"
	"testing"

	"belay/steps/menu"
)

// The menu sends nobody to a command that is not there.
func TestMenuNamesCommandsThatExist(t *testing.T) {
	known := map[string]bool{}
	for _, c := range (&app{}).root().Commands() {
		known[c.Name()] = true
	}
	named := regexp.MustCompile(`(?m)^    belay ([a-z]+)|` + "`belay ([a-z]+)")
	for _, e := range menu.All() {
		for _, m := range named.FindAllStringSubmatch(e.Text(menu.Place{}), -1) {
			if c := m[1] + m[2]; !known[c] {
				t.Errorf("%s names `belay %s`", e.Name, c)
			}
		}
	}
}
