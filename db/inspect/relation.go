package inspect

import (
	"strconv"
	"strings"

	"belay/sqlview/catalog"

	"github.com/jackc/pgx/v5"
)

var kinds = map[string]catalog.Kind{
	"r": catalog.Table, "p": catalog.PartitionedTable, "v": catalog.View,
	"m": catalog.MaterializedView, "S": catalog.Sequence, "f": catalog.ForeignTable,
}

func (b *builder) relation(r pgx.Rows) error {
	var (
		rel                   catalog.Relation
		oid, owner            int64
		schema, name, kind    string
		heap, pages, policies int64
		size                  catalog.Size
		bound                 *string
		defaultOID, tableOID  *int64
		ofType                *string
	)
	err := r.Scan(&oid, &schema, &name, &kind, &owner, &rel.ReplicaIdentity, &rel.RowSecurity, &rel.Unlogged,
		&heap, &pages, &size.Rows, &bound, &rel.Partial, &defaultOID, &policies, &tableOID, &ofType,
		&rel.Storage.Tablespace, &rel.Storage.AccessMethod, &rel.Storage.Server)
	if err != nil {
		return err
	}
	rel.OID, rel.Name, rel.Kind = uint32(oid), schema+"."+name, kinds[kind]
	rel.Owner, rel.Policies, rel.PartitionBound = b.roles[owner], int(policies), text(bound)
	rel.OfType, rel.Listed = text(ofType), true
	switch rel.Kind {
	case catalog.Table, catalog.PartitionedTable, catalog.MaterializedView:
		size.HeapBytes, size.Bytes = heap*b.block, pages*b.block
		rel.Size = &size
	default:
		rel.ReplicaIdentity = ""
	}
	b.relations[oid] = &rel
	if defaultOID != nil && *defaultOID != 0 {
		b.defaults[&rel] = *defaultOID
	}
	if tableOID != nil {
		b.sequences[&rel] = *tableOID
	}
	return nil
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (b *builder) format(r pgx.Rows) error {
	var k typeKey
	var s string
	err := r.Scan(&k.oid, &k.mod, &s)
	b.formats[k] = s
	return err
}

// firstUserOID is FirstNormalObjectId: smaller ones are the server's own.
const firstUserOID = 16384

func (b *builder) index(r pgx.Rows) error {
	var (
		d                    catalog.IndexDef
		oid, owner, table    int64
		schema, name, keys   string
		pages                int64
		keyCount             int
		pred, exprs, conname *string
		definition           *string
		clustered            bool
		tablespace           string
	)
	err := r.Scan(&oid, &schema, &name, &owner, &table, &pages, &d.Unique, &d.Primary, &d.Valid, &d.Ready,
		&d.Immediate,
		&keys, &keyCount, &d.Method, &pred, &exprs, &conname, &clustered, &definition, &tablespace)
	if err != nil {
		return err
	}
	rel := b.relations[table]
	if rel == nil {
		return nil
	}
	d.Name, d.Predicate, d.Expressions, d.Constraint = schema+"."+name, text(pred), text(exprs), text(conname)
	d.Definition = text(definition)
	for i, k := range strings.Fields(keys) {
		n, _ := strconv.Atoi(k) // 0 is an expression, which has no name
		if i < keyCount {
			d.Columns = append(d.Columns, b.attnums[table][n])
		} else {
			d.Include = append(d.Include, b.attnums[table][n])
		}
	}
	if clustered {
		rel.ClusteredOn = d.Name
	}
	rel.Indexes = append(rel.Indexes, d)
	if rel.Size != nil {
		rel.Size.Bytes += pages * b.block
	}
	b.relations[oid] = &catalog.Relation{Name: d.Name, OID: uint32(oid), Kind: catalog.Index,
		Owner: b.roles[owner], FromTable: rel.Name, Storage: catalog.Storage{Tablespace: tablespace},
		Size: &catalog.Size{Bytes: pages * b.block, HeapBytes: pages * b.block, Rows: -1}}
	return nil
}
