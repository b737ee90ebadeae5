package inspect

import (
	"strconv"
	"strings"

	"belay/sqlview/catalog"

	"github.com/jackc/pgx/v5"
)

// partitioned reads the key of a partitioned table; 0 is an expression.
func (b *builder) partitioned(r pgx.Rows) error {
	var oid int64
	var strategy, numbers string
	if err := r.Scan(&oid, &strategy, &numbers); err != nil {
		return err
	}
	rel := b.relations[oid]
	if rel == nil {
		return nil
	}
	rel.PartitionStrategy = strategy
	for _, k := range strings.Fields(numbers) {
		n, _ := strconv.Atoi(k)
		rel.PartitionColumns = append(rel.PartitionColumns, b.attnums[oid][n])
	}
	return nil
}

func (b *builder) statistics(r pgx.Rows) error {
	var oid int64
	var name string
	err := r.Scan(&oid, &name)
	if rel := b.relations[oid]; rel != nil {
		rel.Statistics = append(rel.Statistics, name)
	}
	return err
}

// attached reads what depends on columns of a table and is no relation.
func (b *builder) attached(r pgx.Rows) error {
	var oid int64
	var name, kind string
	var numbers []int32
	if err := r.Scan(&oid, &name, &kind, &numbers); err != nil {
		return err
	}
	if rel := b.relations[oid]; rel != nil {
		rel.Dependents = append(rel.Dependents, catalog.Dependent{
			Name: name, Kind: catalog.Kind(kind), Columns: b.columns(oid, numbers)})
	}
	return nil
}
