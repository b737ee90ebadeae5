package house

// outlets are the files that may name standard output and standard error: the
// program's own, which makes what others wrote visible, and the screens', whose
// spans are clean.
var outlets = []string{"cmd/belay/main.go", "tui/tui.go"}

// outlet holds text to the one way by which it leaves. Whoever prints past it
// lets a name or a message of a database steer the terminal.
func outlet(house *tree) []finding {
	var all []finding
	for _, s := range house.goFiles() {
		if s.test || under("belay/"+s.dir(), forTests) || under(s.path, outlets) {
			continue
		}
		for _, use := range uses(s, "os", []string{"Stdout", "Stderr"}) {
			all = append(all, finding{
				path: s.path, line: house.line(use),
				what: "writes to os." + use.Sel.Name + ": lines leave through the outlet of cmd/belay",
			})
		}
		for _, use := range uses(s, "fmt", []string{"Print", "Printf", "Println"}) {
			all = append(all, finding{
				path: s.path, line: house.line(use),
				what: "uses fmt." + use.Sel.Name + ": lines leave through the outlet of cmd/belay",
			})
		}
	}
	return all
}
