package project

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/pelletier/go-toml/v2"

	"belay/sqlview/visible"
)

// Group is the OS group whose members may watch this user's runs. The zero value is
// none: nobody else may.
type Group struct {
	Name string
	GID  int
}

// Some reports whether there is a group.
func (g Group) Some() bool { return g.Name != "" }

// PairingName is the file of the user's own store that names the group.
const PairingName = "pairing.toml"

// pairingFile is that file: it is written by hand, and no repository can say it.
type pairingFile struct {
	Pairing struct {
		Group string `toml:"group"`
	} `toml:"pairing"`
}

// Pairing reads which group may watch this user's runs. A group that is not there, or
// that the user is not in, is refused: who wrote it meant somebody.
func Pairing() (Group, error) {
	dir, err := StoreDir()
	if err != nil {
		return Group{}, err
	}
	path := filepath.Join(dir, PairingName)
	b, err := readOrdinary(path, maxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return Group{}, nil
	}
	refuse := func(problem, advice string) (Group, error) {
		return Group{}, &Refusal{Problem: path + ": " + problem, Advice: advice}
	}
	var f pairingFile
	if err == nil {
		d := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields()
		err = d.Decode(&f)
	}
	if err != nil {
		return refuse(strings.TrimPrefix(err.Error(), "toml: "),
			"it says [pairing] and below it group = \"NAME\", no more")
	}
	name := f.Pairing.Group
	if name == "" {
		return Group{}, nil
	}
	g, err := user.LookupGroup(name)
	if err != nil {
		return refuse(fmt.Sprintf("there is no group %q on this host", name), "`getent group` lists them")
	}
	gid, err := strconv.Atoi(g.Gid)
	if err != nil {
		return refuse(err.Error(), "name another group")
	}
	mine, err := os.Getgroups()
	if err != nil || (!slices.Contains(append(mine, os.Getegid()), gid) && os.Getuid() != 0) {
		return refuse(fmt.Sprintf("you are not in the group %q", name),
			"an administrator adds you; then log in again")
	}
	return Group{Name: name, GID: gid}, nil
}

// open gives a folder of ours to the group, with a mode.
func (g Group) open(path string, mode fs.FileMode) error {
	if !g.Some() {
		return nil
	}
	if err := os.Chown(path, -1, g.GID); err != nil {
		return fmt.Errorf("pairing: %w", err)
	}
	return os.Chmod(path, mode)
}

// The modes of what a group may see: a run's folder, where its members write to the
// engine, and a file. Nobody takes a file of another away.
const (
	watchMode = fs.ModeSetgid | 0o750
	speakMode = fs.ModeSetgid | fs.ModeSticky | 0o770
	readMode  = 0o640
)

// Watch lets the group look into a folder.
func (g Group) Watch(folder string) error { return g.open(folder, watchMode) }

// Speak lets the group write into a folder, each member its own files.
func (g Group) Speak(folder string) error { return g.open(folder, speakMode) }

// Read lets the group read a file.
func (g Group) Read(file string) error { return g.open(file, readMode) }

// Others is where the runs of another OS user are.
type Others struct {
	// Dir holds their run folders; Of is how --of names it.
	Dir, Of string
	// Who is the user, UID as the system counts them.
	Who string
	UID int
}

// OthersOf finds the runs of another OS user: of is their name, or, where their
// $XDG_STATE_HOME leads elsewhere than their home, that folder. What lies there must be
// one user's alone: a folder that a stranger could have changed is refused.
func OthersOf(of string) (Others, error) {
	o := Others{Of: of}
	base, uid := of, -1
	if !strings.Contains(of, "/") {
		u, err := user.Lookup(of)
		if err != nil {
			return o, &Refusal{
				Problem: fmt.Sprintf("there is no user %q on this host", of),
				Advice:  "give the name of who runs it, or the folder that their screen shows",
			}
		}
		base = filepath.Join(u.HomeDir, ".local", "state")
		if uid, err = strconv.Atoi(u.Uid); err != nil {
			return o, err
		}
	}
	o.Dir = filepath.Join(base, "belay", "runs")
	i, err := os.Lstat(o.Dir)
	if err != nil {
		return o, &Refusal{
			Problem: "the runs of " + of + " cannot be seen: " + err.Error(), Advice: closedAt(o.Dir, of),
		}
	}
	o.UID = ownerOf(i)
	switch {
	case !i.IsDir():
		return o, &Refusal{Problem: o.Dir + " is no folder", Advice: "ask whose run it is where it lies"}
	case uid >= 0 && o.UID != uid:
		return o, &Refusal{
			Problem: fmt.Sprintf("%s belongs to uid %d, not to %s", o.Dir, o.UID, of),
			Advice:  "trust nothing that lies there: somebody else put it there",
		}
	case i.Mode().Perm()&noWrite != 0:
		return o, &Refusal{
			Problem: fmt.Sprintf("%s can be written by others: its mode is %04o", o.Dir, i.Mode().Perm()),
			Advice:  "trust nothing that lies there until its owner has looked at it",
		}
	}
	o.Who = "uid " + strconv.Itoa(o.UID)
	if u, err := user.LookupId(strconv.Itoa(o.UID)); err == nil {
		o.Who = u.Username
	}
	return o, nil
}

// closedAt says how far one gets on the way to another user's runs.
func closedAt(dir, of string) string {
	at := filepath.Dir(dir)
	i, err := os.Stat(at)
	for err != nil && at != filepath.Dir(at) {
		at = filepath.Dir(at)
		i, err = os.Stat(at)
	}
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("you get as far as %s, mode %04o: %s names a group of yours in %s, and lets it through here", at,
		i.Mode().Perm(), of, PairingName)
}

// Closed is the folder on the way to dir through which the group does not get, as its
// mode says; "" = it gets through.
func (g Group) Closed(dir string) string {
	closed := ""
	for at := dir; g.Some(); at = filepath.Dir(at) {
		if i, err := os.Stat(at); err == nil && !g.passes(i) {
			closed = at
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	return closed
}

func (g Group) passes(i fs.FileInfo) bool {
	st, ok := i.Sys().(*syscall.Stat_t)
	return i.Mode().Perm()&0o001 != 0 || ok && int(st.Gid) == g.GID && i.Mode().Perm()&0o010 != 0
}

// Invite says how others of the group come to watch what is in a folder below the runs,
// and what keeps them out; "" = there is no group.
func (g Group) Invite(folder string) string {
	if !g.Some() {
		return ""
	}
	if at := g.Closed(folder); at != "" {
		return fmt.Sprintf("the group %s may watch, and cannot come in: %s is closed to it; chmod o+x %s lets it "+
			"through", g.Name, at, visible.Shell(at))
	}
	return fmt.Sprintf("the group %s may watch: belay attach --of %s", g.Name, NameOf(filepath.Dir(folder)))
}

// NameOf is how --of names this user, given one of the folders that belay has in their
// state folder.
func NameOf(dir string) string {
	base := filepath.Dir(filepath.Dir(dir))
	if u, err := user.Current(); err == nil && base == filepath.Join(u.HomeDir, ".local", "state") {
		base = u.Username
	}
	return visible.Shell(base)
}
