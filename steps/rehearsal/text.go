package rehearsal

import (
	"fmt"
	"strings"

	"belay/sqlview/effect"
	"belay/sqlview/measure"
	"belay/sqlview/visible"
)

// Text is the record for people: what was predicted beside what was seen.
func (r Record) Text() string {
	var b strings.Builder
	visible.Fprintf(&b, "rehearsed on PostgreSQL %d, %s, in %s\n", r.ServerMajor, r.Place, measure.MS(r.TookMS))
	for _, u := range r.Units {
		visible.Fprintf(&b, "%s: %s\n", u.Path, u.Took())
		for _, s := range u.Statements {
			visible.Fprintf(&b, "  %s\n", s.Seen())
			for _, d := range s.Differs {
				visible.Fprintf(&b, "    differs: %s\n", d)
			}
		}
	}
	for _, d := range r.Diff {
		visible.Fprintf(&b, "after the way back: %s\n", d)
	}
	for _, m := range r.Missing {
		visible.Fprintf(&b, "not restored: %s\n", m)
	}
	for _, o := range r.LeftOut {
		visible.Fprintf(&b, "%s\n", LeftOutText(o))
	}
	for _, l := range r.Limits {
		visible.Fprintf(&b, "not shown: %s\n", l)
	}
	visible.Fprintf(&b, "%s\n", r.Verdict())
	return b.String()
}

// Took is what each direction of a file took.
func (u Unit) Took() string {
	return fmt.Sprintf("applied in %s%s%s, %s of WAL", measure.MS(u.ApplyMS),
		took(", rolled back in ", u.DownMS), took(", applied again in ", u.AgainMS), measure.Bytes(u.WALBytes))
}

func took(word string, ms int64) string {
	if ms < 0 {
		return ""
	}
	return word + measure.MS(ms)
}

// Seen is what a statement was predicted to lock, beside what it did.
func (s Statement) Seen() string {
	held := locks(s.Observed)
	if s.Unseen {
		held = "not observed (outside a transaction)"
	}
	text := fmt.Sprintf("line %d %s: predicted %s; held %s", s.Line, s.Kind, locks(s.Predicted), held)
	if len(s.Rewritten) > 0 {
		text += "; rewrote " + strings.Join(s.Rewritten, ", ")
	}
	return text
}

func locks(all []effect.On) string {
	var words []string
	for _, l := range all {
		words = append(words, fmt.Sprintf("%s on %s", l.Mode, l.Relation))
	}
	if len(words) == 0 {
		return "no lock"
	}
	return strings.Join(words, ", ")
}
