package migration

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"belay/sqlview/pattern"
)

// Sign is one way by which a folder is known to be a tool's: everything that is
// set in it must hold.
type Sign struct {
	// Score is how sure the sign is, 1 to 100; 100 is a marker of the tool's own.
	Score int
	// Why says what was seen, behind "it has".
	Why string
	// File stands in the folder, Inside in one of its sub-folders.
	File, Inside string
	// SQL and Code match the head of one of the .sql and of the program files.
	SQL, Code *pattern.Pattern
	// Words stand in whatever Code matches, all of them: they are looked for first, because
	// a repository has thousands of programs and few migrations.
	Words []string
	// Name takes the name of one of the folder's files.
	Name func(name string) bool
	// Below takes the name of a file in one of its sub-folders.
	Below func(name string) bool
	// Path is how the folder's own path ends.
	Path string
	// Beside and NotBeside are files above the folder: at the root or in a folder
	// between. Mentions is a text in Beside.
	Beside, Mentions, NotBeside string
}

// place is a folder that is looked at for signs; its heads are read once.
type place struct {
	root fs.FS
	dir  string
	listing
	sql, code [][]byte
}

func lookAt(root fs.FS, dir string) (place, bool) {
	l, err := list(root, dir)
	if err != nil {
		return place{}, false
	}
	p := place{root: root, dir: dir, listing: l}
	p.readHeads()
	return p, true
}

// first is the first of the signs that the folder has.
func (p place) first(signs []Sign) (Sign, bool) {
	if i := slices.IndexFunc(signs, p.has); i >= 0 {
		return signs[i], true
	}
	return Sign{}, false
}

func (p place) has(s Sign) bool {
	return (s.File == "" || there(p.root, path.Join(p.dir, s.File))) &&
		(s.Inside == "" || p.anyInside(s.Inside)) &&
		(s.SQL == nil || slices.ContainsFunc(p.sql, s.SQL.Match)) &&
		(s.Code == nil || slices.ContainsFunc(p.code, s.inCode)) &&
		(s.Name == nil || slices.ContainsFunc(p.files, s.Name)) &&
		(s.Below == nil || p.anyBelow(s.Below)) &&
		(s.Path == "" || strings.HasSuffix("/"+p.dir, "/"+s.Path)) &&
		(s.Beside == "" || p.above(s.Beside, s.Mentions)) &&
		(s.NotBeside == "" || !p.above(s.NotBeside, ""))
}

func (s Sign) inCode(head []byte) bool {
	lacks := func(word string) bool { return !bytes.Contains(head, []byte(word)) }
	return !slices.ContainsFunc(s.Words, lacks) && s.Code.Match(head)
}

// anyInside looks into at most eight sub-folders.
func (p place) anyInside(name string) bool {
	return slices.ContainsFunc(p.folders[:min(len(p.folders), 8)], func(folder string) bool {
		return there(p.root, path.Join(p.dir, folder, name))
	})
}

// anyBelow looks into at most eight sub-folders, too; those of the root are places of
// their own.
func (p place) anyBelow(takes func(name string) bool) bool {
	return p.dir != "." && slices.ContainsFunc(p.folders[:min(len(p.folders), 8)], func(folder string) bool {
		l, err := list(p.root, path.Join(p.dir, folder))
		return err == nil && slices.ContainsFunc(l.files, takes)
	})
}

// above looks for a file in the folder's parents up to the root.
func (p place) above(name, mentions string) bool {
	for dir := p.dir; ; dir = path.Dir(dir) {
		if at := path.Join(dir, name); there(p.root, at) && (mentions == "" || mentionsText(p.root, at, mentions)) {
			return true
		}
		if dir == "." || dir == "/" {
			return false
		}
	}
}

// readHeads reads the beginnings of the first files: a marker stands near the
// top, and a folder is written by one tool.
func (p *place) readHeads() {
	for _, name := range p.files {
		ext := path.Ext(name)
		switch {
		case ext == ".sql" && len(p.sql) < 8:
			p.sql = append(p.sql, head(p.root, path.Join(p.dir, name)))
		case strings.Contains(".py.rb.js.ts.go.cjs.mjs", ext) && ext != "" && len(p.code) < 8:
			p.code = append(p.code, head(p.root, path.Join(p.dir, name)))
		}
	}
}

// head reads at most 8 kB; nothing where the file cannot be read.
func head(root fs.FS, name string) []byte {
	file, err := root.Open(name)
	if err != nil {
		return nil
	}
	defer file.Close()
	b, _ := io.ReadAll(io.LimitReader(file, 8<<10))
	return b
}

// there reports whether a file stands under root.
func there(root fs.FS, name string) bool {
	_, err := fs.Stat(root, name)
	return err == nil
}

func mentionsText(root fs.FS, name, text string) bool {
	b, err := fs.ReadFile(root, name)
	return err == nil && strings.Contains(string(b), text)
}
