package migration

import (
	"fmt"
	"strings"
	"testing"
)

type programText struct{ name, file, text, sql, unread string }

// programTexts are migrations in each language, with the SQL that is read and what is not.
var programTexts = []programText{
	{"alembic", "a.py", `"""DROP TABLE nowhere"""
revision = "a"
down_revision = None

def upgrade():
    # op.execute("DROP TABLE commented")
    op.add_column("t", sa.Column("a", sa.Text()))
    op.execute("ALTER TABLE t ADD COLUMN b int "
               "DEFAULT 1")
    op.execute(sa.text("""
        CREATE INDEX i ON t (b)
    """))
    op.execute('UPDATE t SET a = \'x\' -- why')
    op.execute(f"DROP TABLE {name}")
    op.execute("DROP TABLE " + name)
    op.get_bind().execute(text("DELETE FROM t WHERE a = :a"), {"a": 1})

def downgrade():
    op.execute("DROP TABLE back")

def helper():
    op.execute("SELECT 1")
`, `
8 ALTER TABLE t ADD COLUMN b int
9 DEFAULT 1;
11 CREATE INDEX i ON t (b)
12 ;
22 SELECT 1;`, "7 op.add_column, 13 op.execute made, 14 op.execute made, 15 op.execute made, " +
		"16 op.get_bind().execute made"},
	{"a text without an end", "lost.js",
		"exports.up = k => k.raw('DROP TABLE a')\nconst x = `no end\nk.raw('DROP TABLE b')\n", `
1 DROP TABLE a;`, "2 what follows a text without an end"},
	{"django", "0001_a.py", `
class Migration(migrations.Migration):
    operations = [
        migrations.RunSQL("ALTER TABLE a ADD b int", reverse_sql="ALTER TABLE a DROP b"),
        migrations.RunSQL(sql='DROP TABLE "x"'),
        migrations.RunSQL([("INSERT INTO a VALUES (%s)", [1])]),
        migrations.RunPython(fill),
    ]
`, `
4 ALTER TABLE a ADD b int;
5 DROP TABLE "x";`, "6 migrations.RunSQL made, 7 migrations.RunPython"},
	{"rails", "1_a.rb", `class A < ActiveRecord::Migration[7.1]
  disable_ddl_transaction!
  def up
    execute <<~SQL.squish
      DROP TABLE a
    SQL
    execute "DROP TABLE #{b["c"]}"
    execute 'DROP TABLE c'
    add_index :t, :a, algorithm: :concurrently
    reversible do |dir|
      dir.up { execute "DROP TABLE d" }
      dir.down { execute "DROP TABLE back" }
    end
  end

  def down
    execute("DROP TABLE back")
  end
end
`, `
5 DROP TABLE a
6 ;
8 DROP TABLE c;
11 DROP TABLE d;`, "7 execute made, 9 add_index"},
	{"knex", "1_a.js", "exports.up = async knex => {\n  await knex.raw(`ALTER TABLE a\n    ADD b int`)\n" +
		"  await knex.raw('DROP TABLE ??', [name])\n  await knex.raw(`DROP TABLE ${`x`}`)\n" +
		"  await knex('t').update({ a: 1 }) // knex.raw('DROP TABLE no')\n" +
		"  await knex.schema.raw(\"SELECT \" + '1')\n" +
		"  await knex.schema.hasTable('t')\n  await knex.raw(SQL)\n}\nexports.down = knex => knex.schema\n" +
		"  .dropTable('a')\nconst more = knex => knex.schema.dropTable('b')\n", `
2 ALTER TABLE a
3 ADD b int;
7 SELECT      1;`, "4 raw made, 5 raw made, 6 knex, 6 update, 9 raw made, 13 schema.dropTable"},
	{"sequelize", "1-a.js", `module.exports = {
  async up(queryInterface, Sequelize) {
    await queryInterface.addColumn('t', 'a', { type: Sequelize.TEXT })
    await queryInterface.sequelize.query("ALTER TABLE t ADD b int", { transaction })
  },
  async down(queryInterface) {
    await queryInterface.sequelize.query('DROP TABLE back')
  }
}
`, `
4 ALTER TABLE t ADD b int;`, "3 queryInterface.addColumn"},
	{"node-pg-migrate", "1_a.ts", "export async function up(pgm: MigrationBuilder) {\n  pgm.noTransaction()\n" +
		"  pgm.sql('DROP TABLE a')\n  pgm.createIndex('t', 'a', { concurrently: true })\n}\n", `
3 DROP TABLE a;`, "4 pgm.createIndex"},
	{"ecto", "1_a.exs", `defmodule A do
  use Ecto.Migration
  def up do
    execute """
    ALTER TABLE t ADD b int
    """
    execute "DROP TABLE a", "CREATE TABLE a ()"
    alter table(:t) do
      add :c, :text
    end
  end
  def down do
    execute "DROP TABLE back"
  end
end
`, `
5 ALTER TABLE t ADD b int
6 ;
7 DROP TABLE a;`, "8 alter"},
}

// The SQL that stands in a program as it is sent is read, on its own lines; of the rest
// is said what is called where.
func TestProgramSQL(t *testing.T) {
	for _, c := range programTexts {
		t.Run(c.name, func(t *testing.T) { c.check(t) })
	}
	if _, _, known := NewFile("V1__a.rs", []byte("fn main() {}"), TxForeign).ProgramSQL(); known {
		t.Error("Rust is said to be read")
	}
}

func (c programText) check(t *testing.T) {
	sql, spots, known := NewFile(c.file, []byte(c.text), TxForeign).ProgramSQL()
	var read, unread []string
	for i, line := range strings.Split(string(sql), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			read = append(read, fmt.Sprint(i+1, " ", line))
		}
	}
	for _, s := range spots {
		made := map[bool]string{true: " made"}[s.Made]
		unread = append(unread, fmt.Sprint(s.Line, " ", s.Call, made))
	}
	lines := strings.Count(string(sql), "\n") == strings.Count(c.text, "\n")
	if got := "\n" + strings.Join(read, "\n"); got != c.sql || !lines {
		t.Errorf("read:%s\nwant:%s", got, c.sql)
	}
	if got := strings.Join(unread, ", "); got != c.unread || !known {
		t.Errorf("unread:\n%s\nwant:\n%s", got, c.unread)
	}
}
