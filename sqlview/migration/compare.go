package migration

import (
	"cmp"
	"slices"
	"strconv"
)

// Status is a folder held against a history table. All lists are in the order
// in which the tool runs migrations.
type Status struct {
	Applied []Migration
	Pending []Migration
	// Late are not applied and lower than the newest applied version.
	Late []Migration
	// Doubtful count as applied by the tool's one row, but Doubt was told that
	// they are new: the tool passes over them without a word.
	Doubtful []Migration
	// Dirty are rows of a migration whose outcome the tool does not know. Their
	// migrations stand in no other list.
	Dirty []Dirty
	// Missing are rows that no file has: a wrong folder, or a wrong database.
	Missing    []Row
	Duplicates [][]Migration
	// Edited are applied, and the tool's own checksum is of another text. They
	// stand in Applied too.
	Edited []Migration
	// Newest is the newest version the database names, clean or dirty; "" = none.
	Newest string
	// Agreement is the share of rows that a file has, 0 to 1; 1 without rows.
	Agreement float64
	// Several are the rows where the tool keeps one alone: it reads any of them.
	Several []Row
	// UpTo is true where the tool keeps one row for all versions up to it.
	UpTo   bool
	folder Folder
}

// Dirty is a row that the tool left half done. Migration is nil where no file
// has the version.
type Dirty struct {
	Row       Row
	Migration *Migration
}

// Compare holds a folder against the rows of its history table.
func Compare(f Folder, rows []Row, h History) Status {
	s := Status{folder: f, Agreement: 1, UpTo: h.UpTo, Duplicates: f.Twins()}
	if h.UpTo && len(rows) > 1 {
		s.Several = rows
	}
	if h.Expand != nil {
		rows = h.Expand(f, rows)
	}
	if h.UpTo {
		s.compareUpTo(f, rows)
	} else {
		s.compareRows(f, rows)
	}
	return s
}

// LateToo counts what is late as pending: there are tools that run it without a word.
func (s Status) LateToo() Status {
	s.Pending = slices.DeleteFunc(slices.Clone(s.folder.Migrations), func(m Migration) bool {
		same := func(o Migration) bool { return placeOf(o) == placeOf(m) }
		return !slices.ContainsFunc(s.Pending, same) && !slices.ContainsFunc(s.Late, same)
	})
	s.Late = nil
	return s
}

// TakenBack lists what a command of the tool's takes back, newest first: by the tool's
// own rule; of plain files what was recorded last, else the newest applied.
func (s Status) TakenBack(f Format, rows []Row, command string) []string {
	switch n := len(s.Applied); {
	case n == 0:
		return nil
	case f.Back != nil:
		return f.Back(rows, command)
	case f.Name == "plain":
		for _, r := range rows {
			if m := fileOf(s.folder, r); m != nil {
				return []string{m.Version}
			}
		}
	}
	return []string{s.Applied[len(s.Applied)-1].Version}
}

// Ran reports whether the database has run the migration, or may have.
func (s Status) Ran(m Migration) bool {
	same := func(o Migration) bool { return o.Up.Path == m.Up.Path }
	return slices.ContainsFunc(s.Applied, same) || slices.ContainsFunc(s.Doubtful, same) ||
		slices.ContainsFunc(s.Dirty, func(d Dirty) bool { return d.Migration != nil && same(*d.Migration) })
}

// Twins are the migrations of one version, for each that several have, in order.
func (f Folder) Twins() [][]Migration {
	all := f.Migrations
	var groups [][]Migration
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && all[j].Compare(all[i]) == 0 {
			j++
		}
		if j-i > 1 {
			groups = append(groups, slices.Clone(all[i:j]))
		}
		i = j
	}
	return groups
}

// compareUpTo reads one row as "everything up to here". -1 is golang-migrate's
// word for "nothing", which it keeps only when dirty.
func (s *Status) compareUpTo(f Folder, rows []Row) {
	row, at, ok := newestRow(rows)
	if !ok {
		s.Pending = slices.Clone(f.Migrations)
		return
	}
	s.Newest = row.Version
	s.checkRow(f, row)
	for _, m := range f.Migrations {
		switch {
		case at < 0 || m.Number > uint64(at):
			s.Pending = append(s.Pending, m)
		case m.Number < uint64(at) || !row.Dirty:
			s.Applied = append(s.Applied, m)
		}
	}
}

func (s *Status) checkRow(f Folder, row Row) {
	m := f.Find(row.Version)
	if row.Dirty {
		s.Dirty = append(s.Dirty, Dirty{Row: row, Migration: m})
	}
	if m == nil && row.Version != strconv.Itoa(nilVersion) {
		s.Missing = append(s.Missing, row)
		s.Agreement = 0
	}
}

// newestRow is the row with the highest number; a version that is no number
// counts as nothing.
func newestRow(rows []Row) (newest Row, at int64, ok bool) {
	for _, r := range rows {
		n, err := strconv.ParseInt(r.Version, 10, 64)
		if err == nil && (!ok || n > at) {
			newest, at, ok = r, n, true
		}
	}
	return newest, at, ok
}

// compareRows takes one row a version, in any order.
func (s *Status) compareRows(f Folder, rows []Row) {
	has := map[string]*Row{}
	matched := 0
	var newest, base *Migration
	for i, r := range rows {
		m := fileOf(f, r)
		at := m
		if m == nil {
			if v, ok := f.at(r.Version); ok {
				at = &v
			}
		}
		switch {
		case r.Baseline:
			if at != nil && (base == nil || at.Compare(*base) > 0) {
				base = at
			}
			matched++
		case m == nil:
			s.Missing = append(s.Missing, r)
		default:
			matched++
			has[placeOf(*m)] = &rows[i]
		}
		if at != nil && (newest == nil || at.Compare(*newest) >= 0) {
			newest, s.Newest = at, at.Version
		}
	}
	if len(rows) > 0 {
		s.Agreement = float64(matched) / float64(len(rows))
	}
	for i := range f.Migrations {
		m := &f.Migrations[i]
		if row := has[placeOf(*m)]; row == nil && base != nil && m.Compare(*base) <= 0 {
			s.Applied = append(s.Applied, *m)
		} else {
			s.sort(m, row, newest != nil && m.Compare(*newest) <= 0)
		}
	}
}

// placeOf tells migrations apart: several may stand in one file.
func placeOf(m Migration) string { return m.Up.Path + "\x00" + m.Version }

func (s *Status) sort(m *Migration, row *Row, low bool) {
	switch {
	case row != nil && row.Dirty:
		s.Dirty = append(s.Dirty, Dirty{Row: *row, Migration: m})
	case row != nil:
		s.Applied = append(s.Applied, *m)
		if row.Checksum != "" && m.Checksum != "" && row.Checksum != m.Checksum &&
			!slices.Contains(m.Alike, row.Checksum) {
			s.Edited = append(s.Edited, *m)
		}
	case low:
		s.Late = append(s.Late, *m)
	default:
		s.Pending = append(s.Pending, *m)
	}
}

// fileOf finds the row's migration: by version, of several with that version by
// name, and by name alone where the row keeps no version.
func fileOf(f Folder, r Row) *Migration {
	if r.Version == "" {
		return byName(f, r.Name)
	}
	first := f.Find(r.Version)
	if first == nil {
		return nil
	}
	for i := range f.Migrations {
		if m := &f.Migrations[i]; m.Compare(*first) == 0 && named(*m, r.Name) {
			return m
		}
	}
	return first
}

// byName is nil where two files have the name: a guess would be worse.
func byName(f Folder, name string) *Migration {
	var found *Migration
	for i := range f.Migrations {
		if !named(f.Migrations[i], name) {
			continue
		}
		if found != nil {
			return nil
		}
		found = &f.Migrations[i]
	}
	return found
}

func named(m Migration, name string) bool {
	file, stem := stemOf(m)
	return name != "" && (name == file || name == stem || name == m.Title)
}

// Doubt moves applied migrations that are new to Doubtful where the tool keeps
// one row for all: isNew reports whether the file exists only on this branch or
// only in this working tree. The row's own version is not doubted, for it
// stands in the table. Other formats know what they ran, and stay as they are.
func (s Status) Doubt(isNew func(Migration) bool) Status {
	if !s.UpTo {
		return s
	}
	applied := s.Applied
	s.Applied, s.Doubtful = nil, nil
	for _, m := range applied {
		if m.Version != s.Newest && isNew(m) {
			s.Doubtful = append(s.Doubtful, m)
		} else {
			s.Applied = append(s.Applied, m)
		}
	}
	return s
}

// Settle moves back to Applied what was doubted and is known to have run: ran says so of a
// file with exactly these bytes.
func (s Status) Settle(ran func(Migration) bool) Status {
	doubted := s.Doubtful
	s.Doubtful, s.Applied = nil, slices.Clone(s.Applied)
	for _, m := range doubted {
		if ran(m) {
			s.Applied = append(s.Applied, m)
		} else {
			s.Doubtful = append(s.Doubtful, m)
		}
	}
	slices.SortStableFunc(s.Applied, func(a, b Migration) int { return cmp.Compare(a.Number, b.Number) })
	return s
}

// WrongPlace reports whether folder and database hardly belong together: under
// 80 % of the rows have a file.
func (s Status) WrongPlace() bool { return s.Agreement < 0.8 }
