package look

import (
	"charm.land/bubbles/v2/viewport"
)

// Stack sets panels one below the other in w columns and exactly h lines. Where there
// are too few lines, the most willing give theirs up first; where there are too many,
// the last panel that grows takes them.
func (k *Look) Stack(panels []Panel, w, h int, boxed bool) ([]string, []Placed) {
	all := make([]slot, 0, len(panels))
	for _, p := range panels {
		s := slot{Panel: p, chrome: p.Around(boxed)}
		if p.Draw != nil {
			s.total = p.Total
		} else {
			s.lines = p.Lines(p.inside(w, boxed))
			s.total = len(s.lines)
		}
		if s.total == 0 && !p.Grow {
			continue // nothing to say is not worth a border
		}
		s.height = s.total
		all = append(all, s)
	}
	fit(all, h)
	var out []string
	var placed []Placed
	for _, s := range all {
		if s.gone {
			placed = append(placed, Placed{Name: s.Name, Total: s.total})
			continue
		}
		at, body := s.seen(w, boxed)
		placed = append(placed, at)
		out = append(out, k.draw(s.Panel, body, at, w, s.height, boxed)...)
	}
	for len(out) < h {
		out = append(out, "")
	}
	return out[:h], placed
}

// slot is a panel while the height is shared out.
type slot struct {
	Panel
	lines                 []string
	chrome, total, height int
	gone                  bool
}

// seen is the part of the body that has room.
func (s slot) seen(w int, boxed bool) (Placed, []string) {
	from := s.from()
	at := Placed{Name: s.Name, Height: s.height, Total: s.total, From: from, Tail: s.Tail, Focus: s.Focus}
	if s.Draw != nil {
		return at, s.Draw(s.inside(w, boxed), s.height)
	}
	v := viewport.New(viewport.WithWidth(s.inside(w, boxed)), viewport.WithHeight(s.height))
	v.SetContentLines(s.lines)
	v.SetYOffset(from)
	return at, s.lines[v.YOffset():min(v.YOffset()+s.height, len(s.lines))]
}

// from is the first line that is seen.
func (s slot) from() int {
	last := max(s.total-s.height, 0)
	switch {
	case s.Tail:
		return max(last-s.Offset, 0)
	case s.Cursor > 0 && s.Cursor >= s.height-1:
		// The line after the cursor's belongs to it: a hazard under its line of SQL.
		return min(max(s.Cursor-s.height/2, 0), last)
	case s.Cursor > 0:
		return 0
	}
	return min(max(s.Offset, 0), last)
}

// fit gives every slot its height, so that all together are h lines or fewer.
func fit(all []slot, h int) {
	used := 0
	for _, s := range all {
		used += s.height + s.chrome
	}
	for give := highest(all); give > 0 && used > h; give-- {
		used = shrink(all, give, used, h, true)
		used = shrink(all, give, used, h, false)
	}
	if used > h {
		used = shrinkLast(all, used, h)
	}
	used = giveBack(all, used, h)
	for i := len(all) - 1; i >= 0 && used < h; i-- {
		if all[i].Grow && !all[i].gone {
			all[i].height += h - used
			return
		}
	}
}

func highest(all []slot) int {
	n := 0
	for _, s := range all {
		n = max(n, s.Give)
	}
	return n
}

// shrink takes lines from the slots of one willingness, the last first: down to what
// they want to keep, then whole. Fewer lines than that say nothing.
func shrink(all []slot, give, used, h int, keep bool) int {
	for i := len(all) - 1; i >= 0 && used > h; i-- {
		s := &all[i]
		if s.Give != give || s.gone {
			continue
		}
		if !keep && s.Stay {
			continue
		}
		if !keep {
			used -= s.height + s.chrome
			s.height, s.gone = 0, true
			continue
		}
		to := max(min(max(s.Min, 1), s.height), s.height-(used-h))
		used -= s.height - to
		s.height = to
	}
	return used
}

// giveBack shares the lines that are left over among those that gave some, the least
// willing first.
func giveBack(all []slot, used, h int) int {
	for give := 0; give <= highest(all) && used < h; give++ {
		for i := range all {
			s := &all[i]
			if s.Give != give || s.gone || used >= h {
				continue
			}
			more := min(max(s.total-s.height, 0), h-used)
			s.height += more
			used += more
		}
	}
	return used
}

// shrinkLast is for a terminal too low even for what never gives way: the longest body
// is scrolled instead, and keeps a line.
func shrinkLast(all []slot, used, h int) int {
	for used > h {
		longest := -1
		for i, s := range all {
			if !s.gone && s.height > 1 && (longest < 0 || s.height > all[longest].height) {
				longest = i
			}
		}
		if longest < 0 {
			return used
		}
		all[longest].height--
		used--
	}
	return used
}
