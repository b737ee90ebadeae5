package facts

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/effect"
	"belay/sqlview/lock"
)

// Wrong lists where a prediction differs from what was seen; empty = right.
func (f Fact) Wrong(e effect.Effect) []string {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if e.Transactional != f.Transactional {
		say("transactional %v, seen %v", e.Transactional, f.Transactional)
	}
	// 25001 is the transaction block's fault, which Transactional says.
	if f.Code != e.Fails.Code && f.Code != "25001" {
		say("fails with %q, seen %q", e.Fails.Code, f.Code)
	}
	if !f.LocksSeen {
		return wrong
	}
	target, rest := f.compareLocks(e)
	wrong = append(wrong, rest...)
	if f.Rewrite != "unknown" && (f.Rewrite == "yes") != (len(e.Rewrites) > 0) {
		say("rewrites %v, seen %s", e.Rewrites, f.Rewrite)
	}
	if f.Scan == "unknown" {
		return wrong
	}
	want := f.Scanned
	if f.Scan == "yes" && want == nil && target != "" {
		want = []string{target}
	}
	for _, w := range want {
		if !slices.ContainsFunc(e.Scans, func(s string) bool { return short(s) == w }) {
			say("does not scan %s", w)
		}
	}
	if f.Scan == "no" && len(e.Scans) > 0 {
		say("scans %v, seen none", e.Scans)
	}
	return wrong
}

// compareLocks finds the target: the one relation that is not among the others.
func (f Fact) compareLocks(e effect.Effect) (target string, wrong []string) {
	others := map[string]lock.Mode{}
	for _, l := range e.Locks {
		name := short(l.Relation)
		if want, ok := f.Others[name]; ok {
			if others[name] = l.Mode; want != l.Mode {
				wrong = append(wrong, fmt.Sprintf("%s: %s, seen %s", name, l.Mode, want))
			}
			continue
		}
		if target != "" || f.Target == lock.None {
			wrong = append(wrong, fmt.Sprintf("%s: %s, not seen", name, l.Mode))
			continue
		}
		if target = name; l.Mode != f.Target {
			wrong = append(wrong, fmt.Sprintf("target %s: %s, seen %s", name, l.Mode, f.Target))
		}
	}
	if target == "" && f.Target != lock.None {
		wrong = append(wrong, "no lock on the target, seen "+f.Target.String())
	}
	for name, mode := range f.Others {
		if _, ok := others[name]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s: no lock, seen %s", name, mode))
		}
	}
	return target, wrong
}

func short(name string) string { return strings.TrimPrefix(name, "public.") }
