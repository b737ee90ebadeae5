package effect

import (
	"reflect"
	"strings"
	"testing"

	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// inner are nodes whose name ends in Stmt and that never stand alone.
var inner = map[string]bool{
	"RawStmt": true, "SetOperationStmt": true, "ReturnStmt": true, "PLAssignStmt": true, "ReplicaIdentityStmt": true,
}

// Every statement that the grammar can build must have a family.
func TestEveryStatementHasAFamily(t *testing.T) {
	oneof := (&pg.Node{}).ProtoReflect().Descriptor().Oneofs().ByName("node")
	for i := range oneof.Fields().Len() {
		f := oneof.Fields().Get(i)
		name := string(f.Message().Name())
		if !strings.HasSuffix(name, "Stmt") || inner[name] {
			continue
		}
		m := (&pg.Node{}).ProtoReflect().New()
		m.Set(f, m.NewField(f))
		n := m.Interface().(*pg.Node)
		if families[reflect.TypeOf(n.Node)] == nil {
			t.Errorf("%s has no family", name)
		}
	}
}

// Every subcommand of ALTER TABLE that the grammar can build must be judged.
func TestEverySubcommandIsJudged(t *testing.T) {
	// These are made by the server itself, never written.
	made := []string{
		"CookedColumnDefault", "AddColumnToView", "CheckNotNull", "ReAdd", "AddIndex", "AddIndexConstraint",
	}
	for value, name := range pg.AlterTableType_name {
		written := strings.TrimPrefix(name, "AT_")
		for _, m := range made {
			if strings.HasPrefix(written, m) {
				written = ""
			}
		}
		if _, ok := subcommands[pg.AlterTableType(value)]; !ok && written != "" && value != 0 {
			t.Errorf("%s is not judged", name)
		}
	}
}

// A broken tree must not end the program: every family meets an empty node.
func TestFamiliesMeetEmptyNodes(t *testing.T) {
	oneof := (&pg.Node{}).ProtoReflect().Descriptor().Oneofs().ByName("node")
	for i := range oneof.Fields().Len() {
		f := oneof.Fields().Get(i)
		m := (&pg.Node{}).ProtoReflect().New()
		m.Set(f, m.NewField(f))
		n := m.Interface().(*pg.Node)
		if fam := families[reflect.TypeOf(n.Node)]; fam != nil {
			func() {
				defer func() {
					if r := recover(); r != nil {
						t.Errorf("%s: %v", f.Message().Name(), r)
					}
				}()
				fam(newJudge(parse.Statement{Node: n}, nil, 15), n)
			}()
		}
	}
}
