package migration

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// How far Near looks.
const (
	nearDepth   = 4
	nearFolders = 1000
	nearFound   = 5
	// nearScore leaves out what only looks a little like migrations.
	nearScore = 60
	// nearSure is a mark of the tool's own, which counts in a folder of any name.
	nearSure = 90
)

// passed are folders that nobody keeps migrations of his own in.
var passed = []string{"node_modules", "vendor", "target", "dist", "build", "testdata", "venv"}

// Near looks further below dir than Detect does, for the folders to name where it found
// none: of a part of a repository, of an application of many, below the folder itself.
func Near(root fs.FS, dir string) []Detection {
	var found []Detection
	queue, looked := []string{dir}, 0
	for len(queue) > 0 && looked < nearFolders && len(found) < nearFound {
		at := queue[0]
		queue = queue[1:]
		looked++
		best := Detection{Score: nearScore - 1}
		for _, d := range detectDir(root, at) {
			if d.Tool != "" && d.Score > best.Score {
				best = d
			}
		}
		if best.Tool != "" && (strings.Contains(at, "migrat") || best.Score >= nearSure) {
			found = append(found, best)
			continue
		}
		if strings.Count(at, "/") >= nearDepth {
			continue
		}
		l, err := list(root, at)
		if err != nil {
			continue
		}
		for _, name := range l.folders {
			if !slices.Contains(passed, name) {
				queue = append(queue, path.Join(at, name))
			}
		}
	}
	return found
}
