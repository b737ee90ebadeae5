package inspect

import (
	"time"

	"belay/sqlview/catalog"

	"github.com/jackc/pgx/v5"
)

// builder puts rows together. The server gives oids and numbers; the names are
// found here, which is cheaper than a join for every row.
type builder struct {
	snapshot  *catalog.Snapshot
	block     int64
	roles     map[int64]string
	relations map[int64]*catalog.Relation
	attnums   map[int64]map[int]string // column names by number
	formats   map[typeKey]string
	columnsOf map[int64][]numbered
	exprs     map[place]string // defaults
	collated  map[place]string
	types     map[int64]*catalog.Type
	typeCols  map[int64][]string // "schema.table.column" by type oid
	defaults  map[*catalog.Relation]int64
	sequences map[*catalog.Relation]int64
	keys      []foreignKey
	needs     []need
}

type typeKey struct {
	oid int64
	mod int32
}

// foreignKey waits until the columns of both sides are known.
type foreignKey struct {
	from, to *catalog.Relation
}

func newBuilder() *builder {
	return &builder{
		snapshot: &catalog.Snapshot{Source: catalog.SourceLive, Schemas: map[string]bool{}, Roles: map[string]bool{},
			Extensions: map[string]bool{}, OtherTypes: map[string]bool{}, Callable: map[string]int{}},
		roles: map[int64]string{}, relations: map[int64]*catalog.Relation{},
		attnums: map[int64]map[int]string{}, columnsOf: map[int64][]numbered{},
		exprs: map[place]string{}, collated: map[place]string{}, formats: map[typeKey]string{},
		types: map[int64]*catalog.Type{}, typeCols: map[int64][]string{},
		defaults: map[*catalog.Relation]int64{}, sequences: map[*catalog.Relation]int64{},
	}
}

func (b *builder) session(r pgx.Rows) error {
	var number int
	var at int64
	var schemas, owners []string
	var rights catalog.Rights
	var owns, uses, creates, ownSchemas []string
	err := r.Scan(&number, &b.snapshot.TimeZone, &at, &b.block, &schemas, &owners, &rights.Role, &rights.Super,
		&rights.Database, &owns, &uses, &creates, &ownSchemas)
	rights.Owns, rights.Uses, rights.Creates, rights.OwnsSchemas = set(owns), set(uses), set(creates), set(ownSchemas)
	b.snapshot.Rights = &rights
	b.snapshot.ServerVersion, b.snapshot.ServerMinor = number/10000, number%10000
	b.snapshot.TakenAt = time.UnixMicro(at).UTC()
	b.snapshot.SchemaOwners = make(map[string]string, len(schemas))
	for i, s := range schemas {
		b.snapshot.Schemas[s], b.snapshot.SchemaOwners[s] = true, owners[i]
	}
	return err
}

func set(names []string) map[string]bool {
	all := make(map[string]bool, len(names))
	for _, n := range names {
		all[n] = true
	}
	return all
}

func (b *builder) role(r pgx.Rows) error {
	var oid int64
	var name string
	err := r.Scan(&oid, &name)
	b.roles[oid], b.snapshot.Roles[name] = name, true
	return err
}

func (b *builder) name(oid int64) string {
	if r := b.relations[oid]; r != nil {
		return r.Name
	}
	return ""
}

func (b *builder) columns(relation int64, numbers []int32) []string {
	out := make([]string, 0, len(numbers))
	for _, n := range numbers {
		out = append(out, b.attnums[relation][int(n)])
	}
	return out
}

func (b *builder) inherit(r pgx.Rows) error {
	var child, parent int64
	if err := r.Scan(&child, &parent); err != nil {
		return err
	}
	c, p := b.relations[child], b.relations[parent]
	if c != nil && p != nil {
		c.Parents, p.Children = append(c.Parents, p.Name), append(p.Children, c.Name)
	}
	return nil
}

func (b *builder) dependent(r pgx.Rows) error {
	var of, by int64
	var numbers []int32
	if err := r.Scan(&of, &by, &numbers); err != nil {
		return err
	}
	rel, view := b.relations[of], b.relations[by]
	if rel == nil || view == nil {
		return nil
	}
	d := catalog.Dependent{Name: view.Name, Kind: view.Kind}
	for _, n := range numbers {
		if n > 0 { // 0 is the relation as a whole, which every rule names too
			d.Columns = append(d.Columns, b.attnums[of][int(n)])
		}
	}
	if len(d.Columns) == 0 {
		d.Columns = []string{catalog.NoColumn}
	}
	rel.Dependents = append(rel.Dependents, d)
	return nil
}

func (b *builder) publication(r pgx.Rows) error {
	var p catalog.Publication
	err := r.Scan(&p.Name, &p.AllTables, &p.Updates, &p.Deletes, &p.Tables, &p.Named, &p.Short)
	b.snapshot.Publications = append(b.snapshot.Publications, p)
	return err
}

func (b *builder) server(r pgx.Rows) error {
	var name, wrapper string
	err := r.Scan(&name, &wrapper)
	if b.snapshot.Servers == nil {
		b.snapshot.Servers = map[string]string{}
	}
	b.snapshot.Servers[name] = wrapper
	return err
}

// finish fills in what needs all relations at once.
func (b *builder) finish() *catalog.Snapshot {
	b.finishColumns()
	for rel, oid := range b.defaults {
		rel.DefaultPartition = b.name(oid)
	}
	for rel, oid := range b.sequences {
		rel.FromTable = b.name(oid)
	}
	for _, k := range b.keys {
		if n := len(k.to.ReferencedBy); n == 0 || k.to.ReferencedBy[n-1] != k.from.Name {
			k.to.ReferencedBy = append(k.to.ReferencedBy, k.from.Name)
		}
	}
	for oid, t := range b.types {
		t.UsedBy = b.typeCols[oid]
		b.snapshot.Types.Set(t.Name, t)
	}
	for _, r := range b.relations {
		b.snapshot.Relations.Set(r.Name, r)
	}
	b.finishNeeds()
	return b.snapshot
}
