package effect

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/pattern"
)

// Package synctrigger writes functions that keep two columns in step, line by line.
// They are known again by their lines.
var (
	pairLine = pattern.New(`^(BEGIN|END;?|ELSE|END IF;|NULL;|RETURN NEW;|DECLARE|made record;|apart boolean := true;|made := NEW;|EXCEPTION WHEN OTHERS THEN .*|` +
		`(IF|ELSIF) .* THEN|apart := .*;|(NEW|made)\..* := .*;|)$`)
	pairStep = pattern.New(
		`(?m)^\s*ELSIF pg_catalog\.record_image_eq\(ROW\(NEW\.("(?:[^"]|"")+"|[\w$]+)\), ROW\(OLD\.("(?:[^"]|"")+"|[\w$]+)\)\) THEN$`,
	)
	pairSets = pattern.New(`(?m)^\s*NEW\.("(?:[^"]|"")+"|[\w$]+) := `)
)

// inStep are the columns that a function keeps in step with others, by its body;
// nil = it is no such function. Old code does not notice it.
func inStep(f *catalog.Function) []string {
	if f == nil || f.Language != "plpgsql" || !pairStep.MatchString(f.Body) {
		return nil
	}
	for line := range strings.Lines(f.Body) {
		if !pairLine.MatchString(strings.TrimSpace(line)) {
			return nil
		}
	}
	var columns []string
	for _, m := range pairSets.FindAllStringSubmatch(f.Body, -1) {
		name := m[1]
		if strings.HasPrefix(name, `"`) {
			name = strings.ReplaceAll(strings.Trim(name, `"`), `""`, `"`)
		}
		columns = append(columns, name)
	}
	return columns
}

func (r *routines) known(name string) *catalog.Function {
	if r.cat == nil {
		return nil
	}
	return r.cat.Functions.Get(name)
}

// servesOne reports whether a function only writes a column that no code reads yet.
func (r *routines) servesOne(function string) bool {
	columns := inStep(r.known(function))
	slices.Sort(columns)
	return len(slices.Compact(columns)) == 1
}

// keptInStep reports whether a trigger keeps one of the columns in step with
// another: what is demanded of it holds for that one already.
func (fn *routines) keptInStep(table string, columns ...string) bool {
	r := fn.cat.Seen(table)
	if r == nil {
		return false
	}
	for _, t := range r.Triggers {
		if !t.Enabled {
			continue
		}
		if slices.ContainsFunc(inStep(fn.known(t.Function)), func(c string) bool {
			return slices.Contains(columns, c)
		}) {
			return true
		}
	}
	return false
}
