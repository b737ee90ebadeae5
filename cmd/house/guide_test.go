package house

import (
	"fmt"
	"go/ast"
	"regexp"
	"strings"
)

// guideFile is the page for whoever comes new.
const guideFile = "cmd/house/doc.go"

// waypoint is a line of the page that names code: an indented folder, two blanks
// or more, the names that a walk passes there.
var waypoint = regexp.MustCompile(`^//\t([a-z]+(?:/[a-z]+)*) {2,}([A-Za-z_.]+(?:, [A-Za-z_.]+)*)(?: {2,}.*)?$`)

// guide holds the page to the code: each name that it gives is declared in the
// folder that it gives, and both walks are there.
func guide(house *tree) []finding {
	declared := house.declared()
	var all []finding
	walked := map[string]bool{}
	for _, s := range house.goFiles() {
		if s.path != guideFile {
			continue
		}
		for number, line := range numbered(s.text) {
			m := waypoint.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			walked[floor(m[1])] = true
			for _, name := range strings.Split(m[2], ", ") {
				if !declared[m[1]+" "+name] {
					all = append(all, finding{
						path: s.path, line: number, what: fmt.Sprintf("%s has no %s", m[1], name),
					})
				}
			}
		}
	}
	for _, f := range floors {
		if !walked[f] {
			all = append(all, finding{path: guideFile, what: "the page leads through nothing of " + f})
		}
	}
	return all
}

// declared has "folder Name" for each function, type, variable and constant, and
// "folder Type.Method" for each method. Of tests only the tests themselves count.
func (house *tree) declared() map[string]bool {
	all := map[string]bool{}
	for _, s := range house.goFiles() {
		for _, decl := range s.syntax.Decls {
			for _, name := range namesOf(decl) {
				if !s.test || strings.HasPrefix(name, "Test") {
					all[s.dir()+" "+name] = true
				}
			}
		}
	}
	return all
}

func namesOf(decl ast.Decl) (names []string) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil {
			of := d.Recv.List[0].Type
			if pointer, ok := of.(*ast.StarExpr); ok {
				of = pointer.X
			}
			return []string{typeName(of) + "." + d.Name.Name}
		}
		return []string{d.Name.Name}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names = append(names, n.Name)
				}
			}
		}
	}
	return names
}
