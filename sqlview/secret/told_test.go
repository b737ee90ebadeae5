package secret

import (
	"strings"
	"testing"
)

// told are statements whose names, parameters, columns or sentences tell of a secret. ¤ is
// the secret.
var told = []string{
	"SELECT add_user('bob', '¤')",
	"SELECT create_user('bob', '¤', true)",
	"SELECT app.create_account('bob@x.de', '¤')",
	"SELECT register_user('bob', 'bob@x.de', '¤')",
	"CALL add_login('bob', '¤')",
	"CALL new_login('bob', '¤')",
	"SELECT auth.signup('bob@x', '¤')",
	"SELECT sign_up('bob@x', '¤')",
	"SELECT login('bob', '¤')",
	"SELECT log_in('bob', '¤')",
	"SELECT authenticate('bob', '¤')",
	"SELECT check_login('bob', '¤')",
	"SELECT verify_user('bob', '¤')",
	"SELECT change_password('bob', '¤')",
	"SELECT reset_pw('bob', '¤')",
	"SELECT set_pw('bob', '¤')",
	"SELECT add_admin('root', '¤')",
	"SELECT seed_admin('root@x', '¤')",
	"SELECT * FROM add_user('bob', '¤')",
	"PERFORM add_user('bob', '¤')",
	"DO $$ BEGIN PERFORM add_user('bob', '¤'); END $$",
	"SELECT insert_user('bob', '¤')",
	"SELECT upsert_user(1, 'bob', '¤')",
	"SELECT create_member('bob', '¤')",
	"SELECT create_superuser('bob', '¤')",
	"SELECT add_db_user('bob', '¤')",
	"SELECT create_api_user('bob', '¤')",
	"SELECT createUser('bob', '¤')",
	`SELECT "addUser"('bob', '¤')`,
	"COMMENT ON TABLE t IS 'password is ¤'",
	"COMMENT ON TABLE t IS 'the password is ¤, change it'",
	"COMMENT ON ROLE app IS 'Password is: ¤'",
	"COMMENT ON COLUMN t.a IS 'default password ¤'",
	`COMMENT ON COLUMN t.a IS 'initial password "¤"'`,
	"COMMENT ON TABLE t IS 'the token is ¤'",
	"COMMENT ON TABLE t IS 'pw: ¤'",
	"COMMENT ON TABLE t IS 'pwd is ¤'",
	"COMMENT ON TABLE t IS 'api key is ¤'",
	"COMMENT ON TABLE t IS 'password was ¤ before'",
	"COMMENT ON TABLE t IS 'Passwort: ¤'",
	"COMMENT ON TABLE t IS 'credentials: bob/¤'",
	"COMMENT ON TABLE t IS 'secret=¤'",
	"SECURITY LABEL FOR x ON ROLE bob IS 'password is ¤'",
	"SECURITY LABEL ON COLUMN t.a IS 'MASKED WITH VALUE ''x'' password is ¤'",
	"-- the password is ¤",
	"-- password for bob is ¤",
	"-- password of the admin: ¤",
	"/* default password is '¤' */ SELECT 1",
	"WITH c(password) AS (VALUES ('¤')) SELECT * FROM c",
	"WITH c(name, password) AS (VALUES ('bob', '¤')) INSERT INTO t SELECT * FROM c",
	"WITH c(name, password, note) AS (SELECT 'bob', '¤', 'x') SELECT * FROM c",
	"WITH c AS MATERIALIZED (VALUES ('bob')), d(pw) AS (VALUES ('¤')) SELECT 1",
	"WITH RECURSIVE c(api_token) AS (VALUES ('¤')) SELECT * FROM c",
	"SELECT * FROM (VALUES ('bob', '¤')) AS v(name, password)",
	"SELECT * FROM (VALUES ('bob', '¤'), ('eve', '¤')) v(name, password)",
	"SELECT * FROM (SELECT 'bob', '¤') AS v(name, password)",
	"INSERT INTO users SELECT v.* FROM (VALUES ('bob', '¤')) AS v (name, pass)",
	"UPDATE users u SET pw = v.pw FROM (VALUES ('bob', '¤')) AS v(name, pw) WHERE v.name = u.name",
	"CREATE VIEW v(name, password) AS SELECT 'bob', '¤'",
	"CREATE TABLE u(name, password) AS SELECT 'bob', '¤'",
	"CREATE TABLE u(name, password) AS VALUES ('bob', '¤')",
	"CREATE MATERIALIZED VIEW m(password) AS SELECT '¤'::text",
	"MERGE INTO users u USING (VALUES ('bob', '¤')) v(name, password) ON u.name = v.name " +
		"WHEN NOT MATCHED THEN INSERT VALUES (v.name, v.password)",
	"CREATE FUNCTION add_user(name text, password text) RETURNS void LANGUAGE sql AS $$ $$; " +
		"SELECT add_user('bob', '¤')",
	"PREPARE p (text, text) AS INSERT INTO users (name, password) VALUES ($1, $2); EXECUTE p('bob', '¤')",
	"EXECUTE add_user('bob', '¤')",
	"INSERT INTO users (name, pw) VALUES ('bob', '¤')",
	"INSERT INTO users (name, passwd) VALUES ('bob', '¤')",
	"INSERT INTO users (name, encrypted_pw) VALUES ('bob', '¤')",
	"UPDATE users SET pw = '¤'",
	"UPDATE users SET user_pw = '¤'",
	`INSERT INTO users (name, "passwordHash") VALUES ('bob', '¤')`,
	"INSERT INTO users (name, otp) VALUES ('bob', '¤')",
	"ALTER TABLE users ADD COLUMN pw text DEFAULT '¤'",
	"ALTER DOMAIN password SET DEFAULT '¤'",
	"CREATE DOMAIN password AS text DEFAULT '¤'",
	"CREATE FUNCTION f() RETURNS text LANGUAGE sql RETURN 'password is ¤'",
	"CREATE FUNCTION get_password() RETURNS text LANGUAGE sql RETURN '¤'",
	"CREATE FUNCTION app_secret() RETURNS text LANGUAGE sql AS $$ SELECT '¤' $$",
	"CREATE FUNCTION app_secret() RETURNS text LANGUAGE sql AS 'SELECT ''¤'''",
	"RAISE NOTICE 'password is ¤'",
	"DO $$ BEGIN RAISE NOTICE 'the password is ¤'; END $$",
	"SELECT 'the password is ¤'",
	"INSERT INTO notes (note) VALUES ('bob''s password is ¤')",
	"NOTIFY x, 'password=¤'",
	"SELECT pg_notify('x', 'password is ¤')",
	"CREATE EVENT TRIGGER e ON ddl_command_start WHEN TAG IN ('x') EXECUTE FUNCTION f('password', '¤')",
	"CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION send('token', '¤')",
	"CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION check_password('¤')",
	"ALTER FUNCTION f() SET app.password = '¤'",
	"CREATE FUNCTION f() RETURNS void LANGUAGE sql SET app.password = '¤' AS ''",
	"ALTER ROLE ALL SET app.password TO '¤'",
	"CREATE PROCEDURE put(name text, OUT x int, p_secret text) LANGUAGE sql AS ''; CALL put('bob', 1, '¤')",
	"CREATE FUNCTION put(name text, password text) RETURNS void LANGUAGE sql AS ''; " +
		"DO $$ BEGIN PERFORM put('bob', '¤'); END $$",
	"SELECT * FROM (SELECT 'bob', '¤' UNION SELECT 'eve', 'x') AS v(name, password)",
	"WITH c(name, password) AS (SELECT u.name, '¤' FROM (SELECT 1) u UNION ALL SELECT 'eve', '¤') SELECT 1",
}

func TestToldSecretsAreHidden(t *testing.T) {
	for _, p := range told {
		sql := strings.ReplaceAll(p, "¤", "hunter2-Zx9")
		if shown := SQL(sql); strings.Contains(shown, "hunter2") || !strings.Contains(shown, Mask) {
			t.Errorf("%s\n  is shown as %s", sql, shown)
		}
	}
}

// TestWhatTellsOfNoneIsShown holds that sentences about passwords, and calls and lists that
// take none, can be read.
func TestWhatTellsOfNoneIsShown(t *testing.T) {
	for _, sql := range []string{
		"COPY users (name, password) FROM stdin;",
		"CREATE TYPE e AS ENUM ('shown', 'dark')",
		"COMMENT ON TABLE t IS 'password is hashed by the application'",
		"COMMENT ON TABLE t IS 'the password is never stored in plain text'",
		"COMMENT ON TABLE t IS 'token is valid for one hour'",
		"COMMENT ON TABLE t IS 'secret is rotated daily'",
		"COMMENT ON COLUMN users.password IS 'Encrypted password of the user'",
		"COMMENT ON COLUMN users.password IS 'password was set by the user'",
		"COMMENT ON COLUMN users.password IS 'bcrypt hash; password is salted'",
		"COMMENT ON COLUMN users.password IS 'null if no password is set'",
		"COMMENT ON COLUMN users.token IS 'token for resetting the password'",
		"COMMENT ON COLUMN users.token IS 'one of: password, token, secret'",
		"COMMENT ON COLUMN users.token IS 'password/token'",
		"COMMENT ON TABLE passwords IS 'old passwords'",
		"SELECT add_user_column('users', 'shown')",
		"SELECT add_user_role('bob', 'shown')",
		"SELECT create_user_table('shown', 'all')",
		"SELECT add_user_to_group('bob', 'shown')",
		"SELECT user_exists('bob', 'shown')",
		"SELECT get_user('bob', 'shown')",
		"SELECT delete_user('bob', 'shown')",
		"SELECT log('shown', 'x')",
		"SELECT create_login_attempt('shown', 'x')",
		"SELECT set_user_status('bob', 'shown')",
		"SELECT create_index_if_missing('users', 'shown')",
		"SELECT register_event('user', 'shown')",
		"SELECT create_extension('shown', 'x')",
		"WITH c(name, kind) AS (VALUES ('bob', 'shown')) SELECT c.name, u.password FROM c JOIN u USING (name)",
		"WITH c(name, password) AS (SELECT name, password FROM u WHERE kind = 'shown') SELECT * FROM c",
		"CREATE VIEW v(name, password) AS SELECT name, '***' FROM users WHERE kind = 'shown'",
		"CREATE INDEX i ON users (name, password) WHERE kind = 'shown'",
		"GRANT SELECT (name, password) ON users TO shown",
		"ALTER TABLE u ADD CONSTRAINT c CHECK (kind IN ('shown')), ADD UNIQUE (name, password)",
		"CREATE TABLE u (pin text, kind text DEFAULT 'shown')",
		"UPDATE users SET pin = NULL, kind = 'shown'",
		"-- password is required",
		"-- the token is checked by the api",
		"-- the password is now nullable",
		"RAISE EXCEPTION 'password is too short'",
		"SELECT 1 WHERE 'password is wrong' = 'shown'",
		"SELECT add_user('bob', 'bob@shop.example', 'editor')",
		"SELECT add_user('bob', '2030-01-01', role => 'auditor')",
		"ALTER ROLE app SET search_path = 'shown'",
		"ALTER USER app IN DATABASE shop SET statement_timeout = '5s'",
		"CREATE TABLE new_user (kind text DEFAULT 'old', state text CHECK (state IN ('a', 'b')))",
		"CREATE FUNCTION create_user(name text, kind text DEFAULT 'old') RETURNS void LANGUAGE sql AS ''",
		"INSERT INTO login (kind) VALUES ('old')",
		"CREATE INDEX i ON login ((lower(kind || 'x')))",
		"SELECT record_login('bob', 'phone')",
		"CREATE FUNCTION password_age() RETURNS text LANGUAGE sql AS $$ SELECT state FROM t WHERE kind = 'old' $$",
	} {
		if shown := SQL(sql); shown != sql {
			t.Errorf("%s\n  is shown as %s", sql, shown)
		}
	}
}

// TestSecretsStandForThemselves holds that a secret that is a word hides no part of others.
func TestSecretsStandForThemselves(t *testing.T) {
	const sql = "CREATE ROLE a PASSWORD 'auth'; CREATE TABLE authors (auth_id int)"
	if got, want := SQL(sql), "CREATE ROLE a PASSWORD '***'; CREATE TABLE authors (auth_id int)"; got != want {
		t.Errorf("is shown as %s", got)
	}
	if got := Text(`bad value "auth"`, Values(sql)); got != `bad value "***"` {
		t.Errorf("is said as %s", got)
	}
}
