package inspect

import (
	"slices"

	"belay/sqlview/catalog"

	"github.com/jackc/pgx/v5"
)

// place is a column by its table's oid and its number.
type place struct {
	oid    int64
	number int32
}

// numbered is a column that waits for its place and the spelling of its type.
type numbered struct {
	number int32
	typ    typeKey
	column catalog.Column
}

// The bits of columns.sql.
const (
	columnNotNull  = 1
	columnIdentity = 2
	columnStored   = 4
	columnVirtual  = 8
	columnLocal    = 16
	columnParents  = 32 // times the number of parents that it comes from
)

func generated(bits int) string {
	switch {
	case bits&columnStored != 0:
		return "stored"
	case bits&columnVirtual != 0:
		return "virtual"
	}
	return ""
}

func (b *builder) column(r pgx.Rows) error {
	var (
		oid           int64
		names         []string
		types         []int64
		numbers, mods []int32
		bits          []int32
	)
	if err := r.Scan(&oid, &numbers, &names, &types, &mods, &bits); err != nil {
		return err
	}
	if b.relations[oid] == nil {
		return nil
	}
	all, byNumber := make([]numbered, len(numbers)), make(map[int]string, len(numbers))
	for i, n := range numbers {
		k, x := typeKey{types[i], mods[i]}, int(bits[i])
		all[i] = numbered{n, k, catalog.Column{Name: names[i], NotNull: x&columnNotNull != 0,
			Identity: x&columnIdentity != 0, Generated: generated(x),
			Local: x&columnLocal != 0, Inherited: x / columnParents}}
		b.formats[k], byNumber[int(n)] = "", names[i]
	}
	b.columnsOf[oid], b.attnums[oid] = all, byNumber
	return nil
}

func (b *builder) defaultOf(r pgx.Rows) error   { return textAt(r, b.exprs) }
func (b *builder) collationOf(r pgx.Rows) error { return textAt(r, b.collated) }

func textAt(r pgx.Rows, to map[place]string) error {
	var p place
	var s string
	err := r.Scan(&p.oid, &p.number, &s)
	to[p] = s
	return err
}

func (b *builder) finishColumns() {
	for oid, all := range b.columnsOf {
		rel := b.relations[oid]
		slices.SortFunc(all, func(x, y numbered) int { return int(x.number - y.number) })
		rel.Columns = make([]catalog.Column, len(all))
		for i, c := range all {
			at := place{oid, c.number}
			c.column.Type, c.column.Default, c.column.Collation = b.formats[c.typ], b.exprs[at], b.collated[at]
			rel.Columns[i] = c.column
			if c.typ.oid >= firstUserOID {
				b.typeCols[c.typ.oid] = append(b.typeCols[c.typ.oid], rel.Name+"."+c.column.Name)
			}
		}
	}
	for _, uses := range b.typeCols {
		slices.Sort(uses)
	}
}
