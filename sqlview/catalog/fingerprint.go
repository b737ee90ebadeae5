package catalog

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"

	"belay/sqlview/pattern"
)

// Fingerprint is the hex SHA-256 of what a schema is: relations, columns,
// indexes, constraints, triggers and types by name and shape. Owners, sizes,
// oids and the spelling of casts do not count, so that a restored copy has the
// fingerprint of its original. "" = nothing is known.
func (s *Snapshot) Fingerprint() string {
	if !s.Known() {
		return ""
	}
	h := sha256.New()
	for _, r := range s.Relations.All() {
		r.print(h)
	}
	for _, t := range s.Types.All() {
		fmt.Fprintf(h, "type %q %q %t %t %q %t\n", t.Name, t.Enum, t.Domain, t.Composite, t.Base, t.NotNull)
		printConstraints(h, t.Constraints)
	}
	for _, f := range s.Functions.All() {
		fmt.Fprintf(h, "function %q %q %q\n", f.Name, f.Volatility, f.Language)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Schemas)) {
		fmt.Fprintf(h, "schema %q\n", name)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (r *Relation) print(w io.Writer) {
	fmt.Fprintf(w, "%s %q %q %q %t %t\n", r.Kind, r.Name, r.PartitionBound, r.PartitionStrategy, r.RowSecurity,
		r.Unlogged)
	for _, c := range r.Columns {
		fmt.Fprintf(w, " column %q %q %t %q %q %t\n", c.Name, c.Type, c.NotNull, folded(c.Default), c.Generated,
			c.Identity)
	}
	for _, i := range slices.SortedFunc(slices.Values(r.Indexes), func(a, b IndexDef) int {
		return cmp.Compare(a.Name, b.Name)
	}) {
		fmt.Fprintf(w, " index %q %q %q %t %t %t %q %q %q\n", i.Name, i.Columns, i.Include, i.Unique, i.Primary,
			i.Valid,
			folded(i.Predicate), folded(i.Expressions), i.Method)
	}
	printConstraints(w, r.Constraints)
	for _, t := range slices.SortedFunc(slices.Values(r.Triggers), func(a, b Trigger) int {
		return cmp.Compare(a.Name, b.Name)
	}) {
		fmt.Fprintf(w, " trigger %q %q %t %t %q\n", t.Name, t.Function, t.Enabled, t.ForEachRow, t.Events)
	}
}

func printConstraints(w io.Writer, all []Constraint) {
	for _, c := range slices.SortedFunc(slices.Values(all), func(a, b Constraint) int {
		return cmp.Compare(a.Name, b.Name)
	}) {
		fmt.Fprintf(w, " constraint %q %s %q %q %t %q %q\n", c.Name, c.Type, c.Columns, folded(c.Expression), c.Valid,
			c.References, c.RefColumns)
	}
}

var spelling = pattern.New(
	`::[a-z_]+( varying| precision| with(out)? time zone)?(\(\d+(,\d+)?\))?(\[\])?|[()\s]`,
)

// folded is an expression without what the server spells differently once it was
// dumped and restored.
func folded(expression string) string { return spelling.ReplaceAllString(expression, "") }
