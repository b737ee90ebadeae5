package effect

import (
	"context"
	"testing"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"
)

// What the run itself made is used by no code yet, whatever is done to it; what
// it does to anything else counts as always.
func TestNewBreaksNobody(t *testing.T) {
	const there = "CREATE TABLE old (id bigint PRIMARY KEY); CREATE FUNCTION oldf() RETURNS int LANGUAGE sql AS " +
		"'SELECT 1';"
	const made = `CREATE TABLE acct (id bigint PRIMARY KEY, note text, owner_id bigint); CREATE SEQUENCE made_seq;
		CREATE INDEX acct_note ON acct (note); CREATE VIEW acct_v AS SELECT id FROM acct;
		CREATE FUNCTION madef() RETURNS int LANGUAGE sql AS 'SELECT 1';`
	for sql, want := range map[string]Breaks{
		"ALTER TABLE acct OWNER TO postgres":                                          BreaksNeither,
		"ALTER TABLE acct ADD CONSTRAINT c CHECK (id > 0)":                            BreaksNeither,
		"ALTER TABLE acct ALTER COLUMN note SET NOT NULL":                             BreaksNeither,
		"ALTER TABLE acct RENAME TO accounts":                                         BreaksNeither,
		"ALTER TABLE acct DROP COLUMN note":                                           BreaksNeither,
		"ALTER TABLE acct ENABLE ROW LEVEL SECURITY":                                  BreaksNeither,
		"ALTER SEQUENCE made_seq OWNER TO postgres":                                   BreaksNeither,
		"ALTER VIEW acct_v OWNER TO postgres":                                         BreaksNeither,
		"CREATE UNIQUE INDEX u ON acct (note)":                                        BreaksNeither,
		"CREATE POLICY p ON acct USING (true)":                                        BreaksNeither,
		"CREATE TRIGGER t BEFORE UPDATE ON acct FOR EACH ROW EXECUTE FUNCTION oldf()": BreaksNeither,
		"REVOKE ALL ON TABLE acct FROM PUBLIC":                                        BreaksNeither,
		"REVOKE ALL ON FUNCTION madef() FROM PUBLIC":                                  BreaksNeither,
		"DROP TABLE acct":                                       BreaksNeither,
		"TRUNCATE acct":                                         BreaksNeither,
		"ALTER TABLE old OWNER TO postgres":                     BreaksOld,
		"REVOKE ALL ON TABLE old FROM PUBLIC":                   BreaksOld,
		"REVOKE ALL ON TABLE acct, old FROM PUBLIC":             BreaksOld,
		"REVOKE ALL ON FUNCTION oldf() FROM PUBLIC":             BreaksOld,
		"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC": BreaksOld,
		"DROP TABLE acct, old":                                  BreaksOld,
		"TRUNCATE acct, old":                                    BreaksOld,
	} {
		files, err := parse.Parse(context.Background(), []byte(there), []byte(made), []byte(sql))
		if err != nil {
			t.Fatal(err)
		}
		snap := catalog.FromStatements(catalog.SourceLive, files[0].Statements, 15)
		for _, s := range files[1].Statements {
			snap.Apply(s, 15)
		}
		if e := Of(files[2].Statements[0], snap, 15); e.Breaks != want {
			t.Errorf("%s: breaks %s, want %s", sql, e.Breaks, want)
		}
	}
}
