package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"belay/sqlview/visible"
)

// What others may not have on a folder of belay's own: in the state folder are
// plans with the files' bytes, in the store the words that a run trusts.
const (
	noAccess fs.FileMode = 0o077
	noWrite  fs.FileMode = 0o022
)

// level is one of the folders, one in the other.
type level struct {
	name string
	// never is what others may not have of it; mode what the group gets, 0 = nothing.
	never, mode fs.FileMode
}

// owned makes the folders below base, one in the other, and refuses one that is
// somebody else's, that somebody else linked there, or that others reach.
func owned(base string, levels []level, variable string, g Group) (string, error) {
	elsewhere := "set $" + variable + " to a folder of your own"
	way := fs.FileMode(0o700)
	if g.Some() {
		way = 0o711 // the group goes through, and sees nothing
	}
	if err := os.MkdirAll(base, way); err != nil {
		return "", &Refusal{Problem: fmt.Sprintf("belay cannot keep what it must: %v", err), Advice: elsewhere}
	}
	if why := unsafeBase(base); why != "" {
		return "", &Refusal{Problem: why, Advice: elsewhere}
	}
	dir := base
	for _, l := range levels {
		dir = filepath.Join(dir, l.name)
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", &Refusal{Problem: fmt.Sprintf("belay cannot keep what it must: %v", err), Advice: elsewhere}
		}
		if err := ours(dir, elsewhere, l.never); err != nil {
			return "", err
		}
		if l.mode == 0 {
			continue
		}
		if err := g.open(dir, l.mode); err != nil {
			return "", &Refusal{Problem: err.Error(), Advice: "name another group in " + PairingName + ", or none"}
		}
	}
	return dir, nil
}

// unsafeBase says why whoever else is on this host could put a folder of their
// own in the place of ours; "" = nobody could.
func unsafeBase(base string) string {
	i, err := os.Stat(base)
	if err != nil {
		return err.Error()
	}
	uid := ownerOf(i)
	switch {
	case uid != os.Getuid() && uid != 0:
		return fmt.Sprintf("%s belongs to uid %d, not to you (uid %d)", base, uid, os.Getuid())
	case i.Mode().Perm()&0o002 != 0 && i.Mode()&fs.ModeSticky == 0:
		return base + " can be written by everybody"
	}
	return ""
}

// ours refuses a folder, or the link that stands in its place, of somebody else.
func ours(dir, elsewhere string, never fs.FileMode) error {
	link, err := os.Lstat(dir)
	if err != nil {
		return &Refusal{Problem: err.Error(), Advice: elsewhere}
	}
	i, err := os.Stat(dir)
	switch {
	case err != nil:
		return &Refusal{Problem: err.Error(), Advice: elsewhere}
	case ownerOf(link) != os.Getuid():
		return &Refusal{
			Problem: fmt.Sprintf("%s belongs to uid %d, not to you (uid %d)", dir, ownerOf(link), os.Getuid()),
			Advice:  elsewhere,
		}
	case ownerOf(i) != os.Getuid():
		return &Refusal{
			Problem: fmt.Sprintf("%s leads to a folder of uid %d, not of yours (uid %d)", dir, ownerOf(i), os.Getuid()),
			Advice:  elsewhere,
		}
	case !i.IsDir():
		return &Refusal{Problem: dir + " is no folder", Advice: elsewhere}
	case i.Mode().Perm()&never != 0:
		return &Refusal{
			Problem: fmt.Sprintf("%s is open to others: its mode is %04o", dir, i.Mode().Perm()),
			Advice: fmt.Sprintf("look whether somebody has changed something in it, then: chmod %s %s", chmod(never),
				visible.Shell(dir)),
		}
	}
	return nil
}

// chmod is the mode that takes away what others may not have.
func chmod(never fs.FileMode) string {
	if never == noAccess {
		return "go-rwx"
	}
	return "go-w"
}

func ownerOf(i fs.FileInfo) int {
	if s, ok := i.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return -1
}
