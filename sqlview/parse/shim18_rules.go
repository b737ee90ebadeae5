package parse

// generated reads GENERATED ALWAYS AS (…) [VIRTUAL] as STORED.
func (s *shim) generated(i int) int {
	if !s.words(i, "generated", "always", "as", "(") {
		return 0
	}
	end := s.closing(i + 3)
	if end < 0 || s.words(end+1, "stored") {
		return 0
	}
	if s.words(end+1, "virtual") {
		s.replace(end+1, end+1, "STORED")
		s.found(Virtual, end+1)
		return end + 2 - i
	}
	s.replace(end, end, ") STORED")
	s.found(Virtual, i)
	return end + 1 - i
}

// tableNotNull reads [CONSTRAINT n] NOT NULL col as a table constraint, by way
// of a CHECK that is turned back in the tree.
func (s *shim) tableNotNull(i int) int {
	if !s.words(i, "not", "null") || !s.isName(i+2) || !s.atElement(i) {
		return 0
	}
	first := i
	if s.isName(i-1) && s.words(i-2, "constraint") {
		first = i - 2
	}
	if !s.beginsElement(first) {
		return 0
	}
	column := s.tokens[i+2]
	s.replace(i, i+2, "CHECK ("+column.text(s.src)+" IS NOT NULL)")
	s.fixes = append(s.fixes, turnNotNull(s.tokens[first].start))
	s.found(NotNullTable, i)
	if s.notValidFollows(i + 3) {
		s.features[len(s.features)-1].Name = NotNullNotValid
	}
	return 3
}

// beginsElement says whether a table element may begin at i: after ADD, or in
// the list of CREATE TABLE.
func (s *shim) beginsElement(i int) bool {
	if s.elements == 0 {
		return s.words(i-1, "add")
	}
	return s.words(i-1, "(") || s.words(i-1, ",")
}

func (s *shim) notValidFollows(i int) bool {
	for ; i < len(s.tokens) && s.depth[i] >= s.elements && !s.words(i, ","); i++ {
		if s.words(i, "not", "valid") {
			return true
		}
	}
	return false
}

// columnNotNullNoInherit reads NOT NULL NO INHERIT of a column.
func (s *shim) columnNotNullNoInherit(i int) int {
	if !s.words(i, "not", "null", "no", "inherit") || !s.atElement(i) {
		return 0
	}
	s.blank(i+2, i+3)
	s.found(NoInherit, i+2)
	return 4
}

// enforced takes [NOT] ENFORCED from a constraint's attributes. After ADD,
// COLUMN, a comma and the like it is a column of that name.
func (s *shim) enforced(i int) int {
	if !s.atElement(i) {
		return 0
	}
	if s.words(i, "not", "enforced") {
		s.blank(i, i+1)
		s.found(NotEnforced, i)
		return 2
	}
	if !s.words(i, "enforced") || i == 0 || !s.endsConstraint(i-1) {
		return 0
	}
	s.blank(i, i)
	s.found(Enforced, i)
	return 1
}

// endsConstraint says whether an attribute of a constraint may follow token i.
func (s *shim) endsConstraint(i int) bool {
	t := s.tokens[i]
	if t.isSymbol(s.src, ')') || t.kind == quotedName {
		return true
	}
	for _, no := range []string{"add", "column", "exists", "drop", "alter", "to", "only", "table", "constraint"} {
		if t.is(s.src, no) {
			return false
		}
	}
	return t.kind == word
}

// alterInherit reads ALTER CONSTRAINT n [NO] INHERIT.
func (s *shim) alterInherit(i int) int {
	if !s.words(i, "alter", "constraint") || !s.isName(i+2) || s.elements != 0 {
		return 0
	}
	s.fixes = append(s.fixes, placeAlterConstraint(s.tokens[i+1].start))
	switch {
	case s.words(i+3, "no", "inherit"):
		s.blank(i+3, i+4)
		s.found(NoInherit, i+3)
		return 5
	case s.words(i+3, "inherit"):
		s.blank(i+3, i+3)
		s.found(Inherit, i+3)
		return 4
	}
	return 3
}

func (s *shim) withoutOverlaps(i int) int {
	if s.elements < 0 || !s.words(i, "without", "overlaps", ")") {
		return 0
	}
	s.blank(i, i+1)
	s.found(WithoutOverlaps, i)
	return 2
}

// period reads PERIOD in the two column lists of a foreign key.
func (s *shim) period(i int) int {
	if s.elements < 0 || !s.words(i, "period") || !s.isName(i+1) || !s.words(i+2, ")") || !s.inKeyColumns(i) {
		return 0
	}
	s.blank(i, i)
	s.found(Period, i)
	return 2
}

// inKeyColumns says whether token i stands in FOREIGN KEY (…) or REFERENCES t (…).
func (s *shim) inKeyColumns(i int) bool {
	before := s.opener[i] - 1
	if s.words(before-1, "foreign", "key") {
		return true
	}
	for s.isName(before) && s.words(before-1, ".") {
		before -= 2
	}
	return s.isName(before) && s.words(before-1, "references")
}

// returningWith takes the aliases of OLD and NEW out; columns that use them
// parse as columns of tables of that name.
func (s *shim) returningWith(i int) int {
	if !s.words(i, "returning", "with", "(") {
		return 0
	}
	end := s.closing(i + 2)
	if end < 0 {
		return 0
	}
	s.blank(i+1, end)
	s.found(ReturningWith, i+1)
	return end + 1 - i
}

// vacuumOnly reads VACUUM ONLY t and ANALYZE ONLY (t).
func (s *shim) vacuumOnly(i int) int {
	vacuums := s.words(0, "vacuum") || s.words(0, "analyze") || s.words(0, "analyse")
	if !vacuums || s.depth[i] > 0 || !s.words(i, "only") {
		return 0
	}
	name, end := i+1, -1
	if s.words(name, "(") {
		end = s.closing(name)
		name++
	}
	if !s.isName(name) {
		return 0
	}
	s.blank(i, name-1)
	if end > 0 {
		s.blank(end, end)
	}
	s.found(VacuumOnly, i)
	s.features[len(s.features)-1].Node = s.tokens[name].start
	s.fixes = append(s.fixes, setOnly(s.tokens[name].start))
	return name - i
}

// largeObjects reads ALTER DEFAULT PRIVILEGES … ON LARGE OBJECTS.
func (s *shim) largeObjects(i int) int {
	if !s.words(0, "alter", "default", "privileges") || !s.words(i, "on", "large", "objects") {
		return 0
	}
	s.replace(i+1, i+2, "SCHEMAS")
	s.found(LargeObjects, i+1)
	s.fixes = append(s.fixes, setLargeObject)
	return 3
}
