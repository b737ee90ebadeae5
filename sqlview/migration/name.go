package migration

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"belay/sqlview/pattern"
)

var (
	leadingVersion = pattern.New(`^([VU]?)([0-9]+)`)
	// dashedStamp is diesel's spelling of a time.
	dashedStamp = pattern.New(`^[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{6}`)
)

// withVersion moves a file, or the folder that is called by the version where
// the tool keeps one for each migration.
func withVersion(name, version string) (Move, bool) {
	at, base := path.Dir(name), path.Base(name)
	part := leadingVersion.FindStringSubmatch(base)
	if part == nil {
		at, base = path.Dir(at), path.Base(at)
		part = leadingVersion.FindStringSubmatch(base)
	}
	if part == nil {
		return Move{}, false
	}
	was := part[0]
	if dashed := dashedStamp.FindString(base); dashed != "" && len(version) == len(stamp) {
		was, version = dashed, version[:4]+"-"+version[4:6]+"-"+version[6:8]+"-"+version[8:]
	}
	return Move{From: path.Join(at, base), To: path.Join(at, part[1]+version+base[len(was):])}, true
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
		if version, ok := f.VersionOf(last); ok {
			folder.Migrations = []Migration{{Version: version, Number: LeadingNumber(version), Up: File{Path: last}}}
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
	digits := leadingDigits(name)
	at, err := time.Parse(stamp, now)
	_, stamped := parseStamp(digits)
	switch {
	case err == nil && stamped:
		return laterStamp(at, number)
	case err == nil && len(digits) == 10 && digits[0] == '1':
		return strconv.FormatUint(max(uint64(at.Unix()), number+1), 10)
	case err == nil && len(digits) == 13 && digits[0] == '1':
		return strconv.FormatUint(max(uint64(at.UnixMilli()), number+1), 10)
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

var notWord = pattern.New(`[^a-z0-9]+`)

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
