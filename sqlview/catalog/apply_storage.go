package catalog

import (
	"maps"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// tablespace is the one that a statement names, or that the session makes things in.
func (e *evolution) tablespace(named string) string {
	if named == "" {
		return e.Tablespace
	}
	return named
}

// storageOf is the tablespace of a relation that the catalog knows.
func (e *evolution) storageOf(name string) string {
	if r := e.Relations.Get(name); r != nil {
		return r.Storage.Tablespace
	}
	return ""
}

func createServer(e *evolution, n *pg.Node) {
	s := n.GetCreateForeignServerStmt()
	if _, ok := e.Servers[s.Servername]; !ok {
		e.setServer(s.Servername, s.Fdwname)
	}
}

// setServer notes a server's wrapper; "" takes the server away.
func (e *evolution) setServer(name, wrapper string) {
	all := maps.Clone(e.Servers)
	if all == nil {
		all = map[string]string{}
	}
	if all[name] = wrapper; wrapper == "" {
		delete(all, name)
	}
	e.Servers = all
}

// renameServer gives a server another name, also behind its tables.
func (e *evolution) renameServer(old, fresh string) {
	wrapper, ok := e.Servers[old]
	if !ok {
		return
	}
	e.setServer(fresh, wrapper)
	e.setServer(old, "")
	for name, r := range e.Relations.All() {
		if r.Storage.Server == old {
			e.edit(name).Storage.Server = fresh
		}
	}
}

func (e *evolution) renameWrapper(old, fresh string) {
	for name, wrapper := range e.Servers {
		if wrapper == old {
			e.setServer(name, fresh)
		}
	}
}

// moveAll puts all of a tablespace into another.
func moveAll(e *evolution, n *pg.Node) {
	s := n.GetAlterTableMoveAllStmt()
	for _, name := range e.InTablespace(s) {
		e.edit(name).Storage.Tablespace = s.NewTablespacename
	}
}

// InTablespace lists the relations that ALTER … ALL IN TABLESPACE moves, as far as they
// are known. Where both are the same, none is.
func (s *Snapshot) InTablespace(m *pg.AlterTableMoveAllStmt) []string {
	if s == nil || m.OrigTablespacename == m.NewTablespacename {
		return nil
	}
	owners := map[string]bool{}
	for _, r := range m.Roles {
		owners[r.GetRoleSpec().GetRolename()] = true
	}
	kinds := map[pg.ObjectType]map[Kind]bool{
		pg.ObjectType_OBJECT_TABLE:   {Table: true, PartitionedTable: true},
		pg.ObjectType_OBJECT_INDEX:   {Index: true},
		pg.ObjectType_OBJECT_MATVIEW: {MaterializedView: true},
	}[m.Objtype]
	var all []string
	for name, r := range s.Relations.All() {
		if kinds[r.Kind] && r.Tablespaced() == m.OrigTablespacename && Schema(name) != TempSchema &&
			(len(owners) == 0 || r.Owner == "" && s.Source == SourceLive || owners[r.Owner]) {
			all = append(all, name)
		}
	}
	return all
}
