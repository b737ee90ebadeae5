package sqlview

import "belay/sqlview/lint"

// Counts is how many hazards there are of each severity. Waived ones stand apart.
type Counts struct{ Stop, Warn, Notice, Waived int }

// Count counts the hazards of all files, and what is wrong with the folder.
func (r Result) Count() Counts {
	var c Counts
	for _, p := range r.Folder {
		c.add(Finding{Severity: p.Severity})
	}
	for _, f := range r.Files {
		for _, h := range f.Hazards {
			c.add(h)
		}
	}
	return c
}

// Count counts the hazards of the file.
func (f FileResult) Count() Counts {
	var c Counts
	for _, h := range f.Hazards {
		c.add(h)
	}
	return c
}

func (c *Counts) add(h Finding) {
	switch {
	case h.Waived != nil:
		c.Waived++
	case h.Severity == lint.Stop.String():
		c.Stop++
	case h.Severity == lint.Warn.String():
		c.Warn++
	default:
		c.Notice++
	}
}

// Reaches reports whether a hazard that is not waived is at or above the
// threshold. Threshold 0 is reached by nothing.
func (r Result) Reaches(threshold lint.Severity) bool {
	for _, p := range r.Folder {
		if threshold != 0 && p.Level() >= threshold {
			return true
		}
	}
	for _, f := range r.Files {
		for _, h := range f.Hazards {
			if threshold != 0 && h.Waived == nil && h.Level() >= threshold {
				return true
			}
		}
	}
	return false
}

// Level is the severity as the rules know it; 0 for a label nobody knows.
func (h Finding) Level() lint.Severity {
	level, err := lint.ParseSeverity(h.Severity)
	if err != nil {
		return 0
	}
	return level
}
