package dbtest

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"belay/db/scratch"
)

//go:embed shadow.sql
var shadowSQL string

//go:embed shadow_types.sql
var shadowTypesSQL string

// ShadowPath is the search_path under which every name without a schema means an
// object of a shadowed database's public schema; ShadowOptions asks for it in a DSN.
const (
	ShadowPath    = "public,pg_catalog"
	ShadowOptions = "&options=-csearch_path%3D" + ShadowPath
)

// shadows are the databases to copy that were made in the shared cluster: making
// one takes seconds.
var shadows struct {
	mu   sync.Mutex
	made []string
}

const shadowRole = "lesser"

// Shadowed makes a database in whose schema public a role without any right but
// CREATE there has put an operator, a function, an aggregate and a view of the
// same name for each that belay's own SQL names, see [SQLWords]; in the long form for
// nearly each of pg_catalog. The function shadow_session there puts them in the way of
// the session that calls it, as temporary objects. Whoever reaches one, under ShadowPath or
// because it fits better, is named by [DB.Reached]. types adds a domain for each of
// its types, and casts: under ShadowPath a column of type text then has the domain's.
func Shadowed(t testing.TB, name string, types bool) *DB {
	t.Helper()
	c := sharedCluster(t)
	template, sql := "shadow_names", shadowSQL
	if types {
		template, sql = "shadow_types", shadowSQL+shadowTypesSQL
	}
	ours := "CREATE TEMP TABLE ours (name pg_catalog.name);\n"
	if words := SQLWords(t); !Long() {
		ours += "INSERT INTO ours VALUES ('" + strings.Join(quotedWords(words), "'), ('") + "');\n"
	}
	makeShadow(t, c, template, ours+sql)
	return copied(t, c, name, template)
}

func makeShadow(t testing.TB, c *scratch.Cluster, template, sql string) {
	t.Helper()
	shadows.mu.Lock()
	defer shadows.mu.Unlock()
	if slices.Contains(shadows.made, template) {
		return
	}
	if len(shadows.made) == 0 {
		admin(t, c, "CREATE ROLE "+shadowRole+" LOGIN")
	}
	admin(t, c, "CREATE DATABASE "+template)
	d := At(c, template)
	d.Exec(t, "GRANT CREATE ON SCHEMA public TO "+shadowRole)
	d.Exec(t, "SET SESSION AUTHORIZATION "+shadowRole+";"+sql)
	shadows.made = append(shadows.made, template)
}

// quotedWords are names of the catalog: what is longer is none.
func quotedWords(words []string) (all []string) {
	for _, w := range words {
		if len(w) < 64 {
			all = append(all, strings.ReplaceAll(w, "'", "''"))
		}
	}
	return all
}

// Reached is one reaching of an object of a shadowed database.
type Reached struct {
	What        string // such as "operator ="
	As          string // current_user
	Query       string // the statement that did
	Application string
}

// String is one line.
func (r Reached) String() string {
	return fmt.Sprintf("%s: %s as %s by %s", r.Application, r.What, r.As, strings.Join(strings.Fields(r.Query), " "))
}

// Reached lists what sessions of this database reached since it was made.
func (db *DB) Reached(t testing.TB) []Reached {
	t.Helper()
	var all []Reached
	for _, e := range db.ServerLog(t) {
		text, ok := strings.CutPrefix(e.Text, "reached ")
		if !ok || e.Level != "LOG" {
			continue
		}
		what, rest, _ := strings.Cut(text, " as ")
		as, query, _ := strings.Cut(rest, " by ")
		all = append(all, Reached{What: what, As: as, Query: query, Application: e.Application})
	}
	return all
}
