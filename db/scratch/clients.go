package scratch

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// ClientDirs lists the folders where client programs such as pg_dump may lie,
// the most deliberate choice first, without asking what is in them. A binDir
// that is not empty is the only one, as for Find; a machine may have clients
// and no server.
func ClientDirs(binDir string) []string {
	if binDir != "" {
		return []string{binDir}
	}
	if dir := os.Getenv("BELAY_PG_BIN"); dir != "" {
		return []string{dir}
	}
	var dirs []string
	if program, err := exec.LookPath("pg_dump"); err == nil && !isWrapper(program) {
		dirs = append(dirs, filepath.Dir(program))
	}
	for p := range places() {
		for _, d := range p.dirs {
			if !slices.Contains(dirs, d) {
				dirs = append(dirs, d)
			}
		}
	}
	return dirs
}

// isWrapper tells whether a program is Debian's Perl script, which asks for a
// cluster's version and then becomes a program of /usr/lib/postgresql. That is
// among the places, and starts in a fifth of the time.
func isWrapper(program string) bool {
	real, err := filepath.EvalSymlinks(program)
	return err == nil && filepath.Base(real) == "pg_wrapper"
}

// FindMajor is Find for a server of one major version. Where there is none, it
// is what Find gives: look at the Major of the answer.
func FindMajor(binDir string, want int) (Binaries, error) {
	for _, dir := range ClientDirs(binDir) {
		if b, err := open(dir); err == nil && b.Major == want {
			return b, nil
		}
	}
	return Find(binDir)
}
