package migration

import "testing"

// constantTexts are migrations whose SQL stands in a constant or a variable.
var constantTexts = []programText{
	{"a constant, and both ways of one name", "a.py", `"""a"""
UP = text("""
    ALTER TABLE t ADD COLUMN a int
""")
NOTE = """no SQL"""
BACK = "DROP TABLE back"

def upgrade():
    op.execute(UP)
    sql = "CREATE TABLE b ()"
    op.execute(sql)
    sql = ("DROP TABLE c "
           "CASCADE")
    op.get_bind().execute(sa.text(sql))

def downgrade():
    sql = "DROP TABLE b"
    op.execute(sql)
    op.execute(BACK)
`, `
3 ALTER TABLE t ADD COLUMN a int
4 ;
10 CREATE TABLE b ();
12 DROP TABLE c
13 CASCADE;`, ""},
	{"sent behind what stands below it, and twice", "a.py", `
LATE = """CREATE INDEX i
  ON t (a)"""

def upgrade():
    op.execute("CREATE TABLE t (a int)")
    op.execute(LATE)
    op.execute(LATE)
    op.execute("DROP TABLE u")
`, `
6 CREATE TABLE t (a int);
7 CREATE INDEX i   ON t (a);
8 CREATE INDEX i   ON t (a);
9 DROP TABLE u;`, ""},
	{"what nobody can tell", "a.py", `
A = "DROP TABLE a"
B = "DROP TABLE b"
B += " CASCADE"
C = f"DROP TABLE {c}"
D = "DROP TABLE %s"
E = "DROP TABLE e"

def upgrade(E):
    op.execute(A.replace("a", "b"))
    op.execute(B)
    op.execute(C)
    op.execute(D % "x")
    op.execute(E)
    if x:
        f = "DROP TABLE f"
    else:
        f = "DROP TABLE g"
    op.execute(f)
    op.execute(nowhere)
    op.execute(A + B)
    op.execute("DROP TABLE "
               + name)
    for sql in all_of_them:
        op.execute(sql)
`, "\n", "10 op.execute made, 11 op.execute made, 12 op.execute made, 13 op.execute made, 14 op.execute made, " +
		"19 op.execute made, 20 op.execute made, 21 op.execute made, 22 op.execute made, 25 op.execute made"},
	{"django", "0001_a.py", `
FORWARD = "ALTER TABLE a ADD b int"
BACK = "ALTER TABLE a DROP b"
class Migration(migrations.Migration):
    operations = [
        migrations.RunSQL(FORWARD, BACK),
        migrations.RunSQL(
            sql=FORWARD,
            reverse_sql=BACK,
        ),
    ]
`, `
2 ALTER TABLE a ADD b int;
7 ALTER TABLE a ADD b int;`, ""},
	{"rails", "1_a.rb", `class A < ActiveRecord::Migration[7.1]
  SQL = <<~SQL.squish
    DROP TABLE a
  SQL
  OTHER = "DROP TABLE b".freeze
  def up
    execute SQL
    execute(OTHER)
    query = <<-SQL
      DROP TABLE c
    SQL
    execute query
  end
  def down
    execute OTHER
  end
end
`, `
3 DROP TABLE a
4 ;
5 DROP TABLE b;
10 DROP TABLE c
11 ;`, ""},
	{"knex", "1_a.js", "const sql = `\n  ALTER TABLE a ADD b int\n`\nconst DROP = 'DROP TABLE b'\n" +
		"export const MORE: string = 'DROP TABLE c'\nexports.up = async knex => {\n  await knex.raw(sql)\n" +
		"  await knex.schema.raw(DROP)\n  await knex.raw(MORE, [])\n}\nexports.down = knex => knex.raw(DROP)\n", `
2 ALTER TABLE a ADD b int
3 ;
4 DROP TABLE b;
5 DROP TABLE c;`, ""},
	{"knex in a function of its own", "1_a.js", "const sql = 'DROP TABLE a'\n" +
		"const run = (knex, sql) => knex.raw(sql)\n" +
		"exports.up = knex => run(knex, 'DROP TABLE b')\n", "\n", "2 raw made"},
	{"ecto", "1_a.exs", `defmodule A do
  @up """
  ALTER TABLE t ADD b int
  """
  @back "DROP TABLE back"
  def up do
    execute(@up)
    sql = "DROP TABLE a"
    execute sql
  end
  def down do
    execute(@back)
  end
end
`, `
3 ALTER TABLE t ADD b int
4 ;
8 DROP TABLE a;`, ""},
	{"goose", "1_a.go", "package migrations\n\nconst index = `CREATE INDEX i ON t (a)`\n\nfunc init() {\n" +
		"\tgoose.AddMigrationContext(up1, down1)\n}\n\nfunc up1(ctx context.Context, tx *sql.Tx) error {\n" +
		"\tif _, err := tx.ExecContext(ctx, `ALTER TABLE t\n\tADD a int`); err != nil {\n\t\treturn err\n\t}\n" +
		"\tsql := \"DROP TABLE \\\"x\\\"\"\n\tif _, err := tx.Exec(sql); err != nil {\n\t\treturn err\n\t}\n" +
		"\t_, err := tx.ExecContext(ctx, fmt.Sprintf(\"DROP TABLE %s\", x))\n" +
		"\t_, err = tx.ExecContext(ctx, index)\n\treturn err\n}\n\n" +
		"func down1(ctx context.Context, tx *sql.Tx) error {\n\t_, err := tx.ExecContext(ctx, index)\n\treturn err\n}\n", `
10 ALTER TABLE t
11 ADD a int;
14 DROP TABLE "x"  ;
19 CREATE INDEX i ON t (a);`, "18 tx.ExecContext made"},
}

// The SQL of a constant or a variable is read where nobody can be mistaken about it.
func TestProgramConstants(t *testing.T) {
	for _, c := range constantTexts {
		t.Run(c.name, func(t *testing.T) { c.check(t) })
	}
}
