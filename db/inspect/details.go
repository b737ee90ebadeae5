package inspect

import (
	"slices"

	"belay/sqlview/catalog"

	"github.com/jackc/pgx/v5"
)

// details are read of what a migration names, and never of a whole database.
func (b *builder) detailReads(args []any) []read {
	return []read{
		{"details", b.details, args}, {"details_columns", b.columnDetails, args},
		{"details_indexes", b.indexDetails, args},
		{"details_constraints", b.constraintDetails, args}, {"details_statistics", b.statisticsDetails, args},
		{"details_hangs", b.hanging, args},
	}
}

func (b *builder) details(r pgx.Rows) error {
	var oid int64
	d := catalog.Details{
		Columns: map[string]catalog.ColumnDetails{}, Indexes: map[string]catalog.IndexDetails{},
		Constraints: map[string]string{},
	}
	var grantees, privileges []string
	var grantable []bool
	if err := r.Scan(&oid, &d.ForcedRowSecurity, &d.Typed, &d.Extension, &grantees, &privileges,
		&grantable); err != nil {
		return err
	}
	d.Grants = granted(grantees, privileges, grantable)
	if rel := b.relations[oid]; rel != nil {
		rel.Details = &d
	}
	return nil
}

// detailsOf is what a row is added to; what is no table gets a place that nobody
// looks at.
func (b *builder) detailsOf(oid int64) *catalog.Details {
	if rel := b.relations[oid]; rel != nil && rel.Details != nil {
		return rel.Details
	}
	return &catalog.Details{
		Columns: map[string]catalog.ColumnDetails{}, Indexes: map[string]catalog.IndexDetails{},
		Constraints: map[string]string{},
	}
}

func (b *builder) columnDetails(r pgx.Rows) error {
	var oid int64
	var number int
	var c catalog.ColumnDetails
	var grantees, privileges []string
	var grantable []bool
	if err := r.Scan(&oid, &number, &c.Comment, &c.Statistics, &c.Options, &grantees, &privileges,
		&grantable); err != nil {
		return err
	}
	c.Grants = granted(grantees, privileges, grantable)
	b.detailsOf(oid).Columns[b.attnums[oid][number]] = c
	return nil
}

func granted(grantees, privileges []string, grantable []bool) []catalog.Privilege {
	var all []catalog.Privilege
	for i := range grantees {
		all = append(all, catalog.Privilege{Grantee: grantees[i], Name: privileges[i], Grantable: grantable[i]})
	}
	return all
}

func (b *builder) indexDetails(r pgx.Rows) error {
	var oid int64
	var name string
	var i catalog.IndexDetails
	if err := r.Scan(&oid, &name, &i.Tablespace, &i.Comment, &i.ReplicaIdentity, &i.Tuned); err != nil {
		return err
	}
	b.detailsOf(oid).Indexes[name] = i
	return nil
}

func (b *builder) constraintDetails(r pgx.Rows) error {
	var oid int64
	var name, comment string
	if err := r.Scan(&oid, &name, &comment); err != nil {
		return err
	}
	b.detailsOf(oid).Constraints[name] = comment
	return nil
}

func (b *builder) statisticsDetails(r pgx.Rows) error {
	var oid, owner int64
	var s catalog.StatisticsDef
	var definition *string
	var numbers []int32
	if err := r.Scan(&oid, &s.Name, &definition, &s.Comment, &owner, &s.Target, &numbers); err != nil {
		return err
	}
	s.Definition, s.Owner, s.Columns = text(definition), b.roles[owner], slices.Compact(b.columns(oid, numbers))
	d := b.detailsOf(oid)
	d.Statistics = append(d.Statistics, s)
	return nil
}

func (b *builder) hanging(r pgx.Rows) error {
	var oid int64
	var number int
	var h catalog.Hanging
	if err := r.Scan(&oid, &number, &h.Kind, &h.Name, &h.Own); err != nil {
		return err
	}
	switch {
	case number > 0:
		h.Column = b.attnums[oid][number]
	case number < 0:
		h.Column = catalog.RowType
	}
	d := b.detailsOf(oid)
	d.Hangs = append(d.Hangs, h)
	return nil
}
