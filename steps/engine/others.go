package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"belay/steps"
	"belay/steps/journal"
	"belay/steps/project"
)

// FindOthers finds a run of another OS user, by id or the beginning of one, among those
// that their group may see; "" = the one that an engine works on, a look too.
func FindOthers(o project.Others, id string) (Known, error) {
	entries, err := os.ReadDir(o.Dir)
	if err != nil {
		return Known{}, &steps.Refused{
			Problem: "the runs of " + o.Who + " cannot be seen: " + err.Error(),
			Advice:  o.Who + " names a group of yours in " + project.PairingName,
		}
	}
	var hits []Known
	closed := 0
	for _, e := range entries {
		name := strings.TrimPrefix(e.Name(), lookPrefix)
		if !e.IsDir() || strings.HasPrefix(name, ".") || !strings.HasPrefix(name, id) {
			continue
		}
		k, err := readOthers(filepath.Join(o.Dir, e.Name()), o.UID)
		switch {
		case errors.Is(err, fs.ErrPermission):
			closed++
		case err == nil && k.Live:
			hits = append(hits, k)
		}
	}
	switch {
	case len(hits) == 1:
		return hits[0], nil
	case len(hits) > 1:
		return Known{}, &steps.Refused{
			Problem: fmt.Sprintf("%d runs of %s are at work: %s", len(hits), o.Who, idsOf(hits)),
			Advice:  "name one of them",
		}
	case closed > 0:
		return Known{}, &steps.Refused{
			Problem: fmt.Sprintf("no run of %s that you may see works now; %d are closed", o.Who, closed),
			Advice: "a run that began before " + o.Who + " named the group in " + project.PairingName +
				" stays closed",
		}
	}
	return Known{}, &steps.Refused{
		Problem: "no engine of " + o.Who + " is at work: there is nothing to watch",
		Advice:  o.Who + " goes on with what was left by `belay attach`",
	}
}

func idsOf(all []Known) string {
	var ids []string
	for _, k := range all {
		ids = append(ids, k.ID)
	}
	return strings.Join(ids, ", ")
}

// readOthers reads a folder of another user's, where all of it is theirs.
func readOthers(folder string, uid int) (Known, error) {
	for _, path := range []string{folder, filepath.Join(folder, journal.FileName)} {
		i, err := os.Lstat(path)
		if err != nil {
			return Known{}, err
		}
		st, ok := i.Sys().(*syscall.Stat_t)
		if !ok || int(st.Uid) != uid || !(i.IsDir() || i.Mode().IsRegular()) {
			return Known{}, fmt.Errorf("%s is not what it should be", path)
		}
	}
	w, err := recorded(folder) // the plan has the secrets of the files, and stays its owner's
	k := w.Known
	k.Live = err == nil && journal.Held(folder)
	return k, err
}

// LiveLook finds a look that an engine works on at this moment, by id or the beginning
// of one; "" = the newest.
func LiveLook(id string) (Known, bool) {
	for _, k := range looks() {
		if k.Live && k.Run.Finished == nil && strings.HasPrefix(k.ID, id) {
			return k, true
		}
	}
	return Known{}, false
}
