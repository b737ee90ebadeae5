package effect

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"
)

// A folder may say what no server would do: circles of every kind. Whatever the
// catalog becomes by them, each statement is judged, in time.
func TestCirclesEnd(t *testing.T) {
	diamonds := "create table v0 (x int);"
	for i := 1; i < 60; i++ {
		diamonds += fmt.Sprintf("create view v%d as select a.x from v%d a join v%d b on a.x = b.x;", i, i-1,
			max(0, i-2))
	}
	for name, sql := range map[string]string{
		"inheritance": "create table a (i int); create table b () inherits (a); alter table a inherit b; drop table " +
			"b cascade;",
		"views": "create view a as select 1 as x; create view b as select * from a; create or replace view a as " +
			"select * from b; select * from a; update a set x = 1; drop view a cascade;",
		"partitions": "create table a (i int) partition by list (i); create table b partition of a for values in (1) " +
			"partition by list (i); alter table b attach partition a for values in (2);" +
			"alter table a attach partition a default; create index on a (i); alter table a add primary key (i); " +
			"alter table a add column j int; alter table a drop column i; drop table a;",
		"domains": "create domain d as d; create table t (a d, b int); alter table t alter a type int; alter table " +
			"t alter b type d; alter domain d add check (value > 0); drop domain d cascade;",
		"rows": "create table a (i int); create table b (a a); alter table a add column b b; drop table a " +
			"cascade; drop table b cascade;",
		"keys": "create table a (i int primary key, j int references a on delete cascade on update cascade); " +
			"alter table a add foreign key (i) references a (j) on update cascade; update a set i = 1; delete from " +
			"a; truncate a cascade; drop table a;",
		"bodies": "create table a (i int); create function f() returns trigger language plpgsql as 'begin update a " +
			"set i = 1; call p(); end'; create procedure p() language plpgsql as 'begin call p(); end'; create " +
			"trigger g after update on a for each row execute function f(); update a set i = 1; call p(); drop " +
			"function f cascade;",
		"diamonds": diamonds + "select * from v59; update v59 set x = 1; drop view v1 cascade;",
	} {
		files, err := parse.Parse(context.Background(), []byte(sql))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(sql, ";"); files[0].Analysed() == 0 || n == 0 {
			t.Fatalf("%s: nothing was read: %+v", name, files[0].Problem)
		}
		snap := catalog.FromStatements(catalog.SourceHistory, nil, 15)
		for _, st := range files[0].Statements {
			Of(st, snap, 0)
			snap.Apply(st, 15)
		}
	}
}
