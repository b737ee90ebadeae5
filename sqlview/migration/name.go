package migration

import (
	"errors"
	"fmt"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Move is one file to be renamed; both paths are relative to the folder.
type Move struct{ From, To string }

// Renumber gives m a version above everything: the folder's newest, and above,
// the highest version applied in any known database or merged anywhere. It
// keeps the folder's style (width, timestamp) and moves the way back along. now
// is UTC as YYYYMMDDhhmmss. A migration that is applied anywhere must not be
// renumbered; the caller asks that first.
func Renumber(m Migration, f Folder, above uint64, now string) (version string, moves []Move, err error) {
	version = laterVersion(newestName(f, m.Up.Path), max(newestNumber(f), above), now)
	number, err := parseVersion(version)
	if err != nil || number > math.MaxInt64 || number <= above {
		return "", nil, fmt.Errorf("renumber %s: no version above %d fits", m.Up.Path, above)
	}
	files := []File{m.Up}
	if m.Down != nil {
		files = append(files, *m.Down)
	}
	for _, file := range files {
		to, ok := withVersion(file.Path, version)
		if !ok {
			return "", nil, errors.New("renumber " + file.Path + ": the name has no version to replace")
		}
		moves = append(moves, Move{From: file.Path, To: to})
	}
	return version, moves, nil
}

var leadingVersion = regexp.MustCompile(`^(V?)([0-9]+)`)

func withVersion(name, version string) (string, bool) {
	base := path.Base(name)
	part := leadingVersion.FindStringSubmatch(base)
	if part == nil {
		return "", false
	}
	return strings.TrimSuffix(name, base) + part[1] + version + base[len(part[0]):], true
}

// nextVersion is the version after the folder's newest, in its style. An empty
// folder begins with 1 in width digits; 0 = with a timestamp.
func nextVersion(f Folder, now string, width int) string {
	if len(f.Migrations) == 0 {
		if width == 0 {
			return now
		}
		return fmt.Sprintf("%0*d", width, 1)
	}
	return laterVersion(newestName(f, ""), newestNumber(f), now)
}

// NextNames are the paths of the next migrations' up files, one after the other,
// in a folder whose newest up file is last; "" = an empty folder. now is UTC as
// YYYYMMDDhhmmss.
func NextNames(f Format, last string, titles []string, now string) []string {
	var folder Folder
	var names []string
	for _, title := range titles {
		if version, ok := f.VersionOf(path.Base(last)); ok {
			number, _ := parseVersion(version)
			folder.Migrations = []Migration{{Version: version, Number: number, Up: File{Path: last}}}
		}
		last = f.NextName(folder, title, now)
		names = append(names, last)
	}
	return names
}

func newestNumber(f Folder) uint64 {
	var newest uint64
	for _, m := range f.Migrations {
		newest = max(newest, m.Number)
	}
	return newest
}

// newestName is the file name whose style is kept, orElse in an empty folder.
func newestName(f Folder, orElse string) string {
	name, newest := orElse, uint64(0)
	for _, m := range f.Migrations {
		if m.Number >= newest {
			name, newest = m.Up.Path, m.Number
		}
	}
	return name
}

const stamp = "20060102150405"

// laterVersion is a version above number, in the style of the file name.
func laterVersion(name string, number uint64, now string) string {
	digits := ""
	if part := leadingVersion.FindStringSubmatch(path.Base(name)); part != nil {
		digits = part[2]
	}
	at, err := time.Parse(stamp, now)
	_, stamped := parseStamp(digits)
	switch {
	case err == nil && stamped:
		return laterStamp(at, number)
	case err == nil && len(digits) == 10 && digits[0] == '1':
		return strconv.FormatUint(max(uint64(at.Unix()), number+1), 10)
	}
	return fmt.Sprintf("%0*d", len(digits), number+1)
}

// laterStamp is now, or a second after the newest where a clock ran ahead.
func laterStamp(now time.Time, newest uint64) string {
	version := now.Format(stamp)
	if n, err := parseVersion(version); err == nil && n > newest {
		return version
	}
	if last, ok := parseStamp(strconv.FormatUint(newest, 10)); ok {
		return last.Add(time.Second).Format(stamp)
	}
	return strconv.FormatUint(newest+1, 10)
}

func parseStamp(digits string) (time.Time, bool) {
	if len(digits) != len(stamp) {
		return time.Time{}, false
	}
	t, err := time.Parse(stamp, digits)
	return t, err == nil
}

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

// slug spells a title as a file name does.
func slug(title string) string {
	s := strings.Trim(notWord.ReplaceAllString(strings.ToLower(title), "_"), "_")
	if s == "" {
		return "migration"
	}
	return s
}

// stemOf is the up file's base name, and the same without its extension.
func stemOf(m Migration) (file, stem string) {
	file = path.Base(m.Up.Path)
	return file, strings.TrimSuffix(file, path.Ext(file))
}
