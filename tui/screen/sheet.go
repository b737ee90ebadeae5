package screen

import (
	"path"
	"strings"

	"belay/sqlview"
	"belay/sqlview/lint"
	"belay/steps/fact"
	"belay/tui/look"
)

// Sheet is a review laid out once: every line of every file as a row, and the
// things that j and k stop at. Drawing reads only the rows that are seen.
type Sheet struct {
	Rows  []Row
	Items []Item
	// Digits is the width of the highest line number.
	Digits int
	// Worst is the item to look at first: the first hazard of the highest
	// severity that is neither waived nor accepted. 0 where there is none.
	Worst int
	// heads are the rows at which the files begin.
	heads []int
}

// Row is one line of a reviewed file; Statement -1 is the file's own head.
type Row struct {
	File, Statement int
	look.SourceLine
	// Findings index the file's hazards that stand under this line.
	Findings []int
}

// Item is a place of the cursor: a hazard, or a statement without one (Finding -1).
type Item struct{ File, Statement, Finding, Row int }

func newSheet(r *fact.Review) Sheet {
	s := Sheet{Digits: 2}
	for i, f := range r.Result.Files {
		s.Rows = append(s.Rows, Row{File: i, Statement: -1})
		first := len(s.Rows)
		s.heads = append(s.heads, first-1)
		for j, st := range f.Statements {
			s.statement(i, j, st)
		}
		s.findings(i, first, f)
	}
	for _, r := range s.Rows {
		s.Digits = max(s.Digits, len(itoa(r.Number)))
	}
	s.Worst = s.worst(r)
	return s
}

func (s *Sheet) worst(r *fact.Review) int {
	at, level := 0, lint.Severity(0)
	for i, it := range s.Items {
		if it.Finding < 0 {
			continue
		}
		h := r.Result.Files[it.File].Hazards[it.Finding]
		if h.Waived == nil && r.Accepted[h.Rule] == "" && h.Level() > level {
			at, level = i, h.Level()
		}
	}
	return at
}

func (s *Sheet) statement(file, n int, st sqlview.StatementResult) {
	for _, l := range look.Source(st.SQL, max(st.Line, 1)) {
		s.Rows = append(s.Rows, Row{File: file, Statement: n, SourceLine: l})
	}
}

// findings hangs each hazard under its line and lists the cursor's places in
// the order of the file.
func (s *Sheet) findings(file, first int, f sqlview.FileResult) {
	at := map[[2]int]int{}
	start := map[int]int{}
	for i := first; i < len(s.Rows); i++ {
		r := s.Rows[i]
		at[[2]int{r.Statement, r.Number}] = i
		if _, ok := start[r.Statement]; !ok {
			start[r.Statement] = i
		}
	}
	of := map[int][]Item{}
	for k, h := range f.Hazards {
		row, ok := at[[2]int{h.Statement, h.Line}]
		if !ok {
			if row, ok = start[h.Statement]; !ok {
				row = max(first-1, 0)
			}
		}
		s.Rows[row].Findings = append(s.Rows[row].Findings, k)
		of[h.Statement] = append(of[h.Statement], Item{file, h.Statement, k, row})
	}
	for j := range f.Statements {
		if items := of[j]; len(items) > 0 {
			s.Items = append(s.Items, items...)
			continue
		}
		s.Items = append(s.Items, Item{file, j, -1, start[j]})
	}
	// A file that could not be split has hazards and no statement.
	for j, items := range of {
		if j < 0 || j >= len(f.Statements) {
			s.Items = append(s.Items, items...)
		}
	}
}

// Find is the next item after a cursor whose SQL or rule holds a text, going
// round; -1 = nowhere.
func (s Sheet) Find(r *fact.Review, text string, after int) int {
	text = strings.ToLower(text)
	for i := range s.Items {
		n := (after + 1 + i) % len(s.Items)
		it := s.Items[n]
		f := r.Result.Files[it.File]
		hay := ""
		if it.Statement >= 0 && it.Statement < len(f.Statements) {
			hay = f.Statements[it.Statement].SQL
		}
		if it.Finding >= 0 {
			hay += " " + f.Hazards[it.Finding].Rule
		}
		if strings.Contains(strings.ToLower(hay), text) {
			return n
		}
	}
	return -1
}

// File is the rows of a file, and the index of the first of them. A file without a
// statement has none.
func (s Sheet) File(n int) (first int, rows []Row) {
	if n < 0 || n >= len(s.heads) {
		return 0, nil
	}
	first, end := s.heads[n]+1, len(s.Rows)
	if n+1 < len(s.heads) {
		end = s.heads[n+1]
	}
	return first, s.Rows[first:end]
}

// First is the worst item of a file by its path; ok is false where it has none.
func (s Sheet) First(r *fact.Review, name string) (item int, ok bool) {
	level := lint.Severity(-1)
	for i, it := range s.Items {
		f := r.Result.Files[it.File]
		if f.Path != name && path.Base(f.Path) != path.Base(name) {
			continue
		}
		here := lint.Severity(0)
		if it.Finding >= 0 && f.Hazards[it.Finding].Waived == nil {
			here = f.Hazards[it.Finding].Level()
		}
		if here > level {
			item, level, ok = i, here, true
		}
	}
	return item, ok
}
