package secret

import (
	"strings"
	"testing"
)

// planted are statements that hold a secret, each in its own way. ¤ is the secret.
var planted = []string{
	"CREATE ROLE app LOGIN PASSWORD '¤'",
	"create user app with encrypted password '¤' valid until '2030-01-01'",
	"ALTER ROLE app PASSWORD '¤';\nSELECT 1",
	"ALTER USER app WITH PASSWORD E'¤'",
	"ALTER USER app PASSWORD $$¤$$",
	"ALTER USER app PASSWORD $x$¤$x$",
	"ALTER USER app PASSWORD U&'¤'",
	"ALTER USER app PASSWORD '¤", // cut short, as pg_stat_activity cuts it
	"ALTER USER app PASSWORD ¤",
	"ALTER ROLE app SET app.password = '¤'",
	"ALTER ROLE app /* why */ PASSWORD -- here\n '¤'",
	"CREATE USER MAPPING FOR app SERVER far OPTIONS (user 'u', password '¤')",
	"CREATE USER MAPPING IF NOT EXISTS FOR app SERVER far OPTIONS (user 'u', \"password\" '¤')",
	"ALTER USER MAPPING FOR app SERVER far OPTIONS (SET password '¤')",
	"ALTER USER MAPPING FOR app SERVER far OPTIONS (ADD sslpassword '¤')",
	"CREATE SERVER s3 FOREIGN DATA WRAPPER s3 OPTIONS (host 'a', anything '¤')",
	"ALTER SERVER s3 OPTIONS (SET anything '¤')",
	"CREATE FOREIGN DATA WRAPPER w OPTIONS (anything '¤')",
	"CREATE FOREIGN TABLE f (a int) SERVER s OPTIONS (uri '¤')",
	"CREATE SUBSCRIPTION sub CONNECTION 'host=a user=b password=¤' PUBLICATION p",
	"ALTER SUBSCRIPTION sub CONNECTION 'postgresql://u:¤@h/d'",
	"SELECT * FROM dblink('host=a password=¤', 'SELECT 1') AS t(a int)",
	"SELECT dblink_connect('c', 'host=a user=b ¤')",
	"SELECT dblink_exec('postgres://u:¤@h/d', 'VACUUM')",
	"SELECT public.dblink_connect_u('¤')",
	"SET app.jwt_secret = '¤'",
	"SET LOCAL app.jwt_secret TO '¤'",
	"SET SESSION \"app.api_key\" = '¤'",
	"ALTER DATABASE shop SET app.api_token = '¤'",
	"ALTER SYSTEM SET primary_conninfo = 'host=a ¤'",
	"ALTER SYSTEM SET ssl_passphrase_command = 'echo ¤'",
	"SELECT set_config('app.secret_key', '¤', false)",
	"SELECT pg_catalog.set_config(setting_name => 'app.token', new_value => '¤', is_local => true)",
	"COPY t FROM PROGRAM 'curl -u admin:¤ https://a/b'",
	"COPY (SELECT 1) TO PROGRAM 'mysql -p¤'",
	"SELECT crypt('¤', gen_salt('bf'))",
	"UPDATE users SET hash = crypt('¤', gen_salt('bf')) WHERE id = 1",
	"SELECT pgp_sym_encrypt(data, '¤') FROM t",
	"SELECT hmac(data, '¤', 'sha256') FROM t",
	"SELECT 1; SELECT 2; ALTER ROLE app PASSWORD '¤'; SELECT 3",
	"INSERT INTO users (name, password) VALUES ('bob', '¤')",
	"INSERT INTO users (name, \"password_hash\") SELECT 'bob', '¤'",
	"UPDATE users SET password = '¤' WHERE name = 'bob'",
	"UPDATE api SET access_key = $$¤$$",
	"SELECT vault.create_secret('¤', 'name')",
	"SELECT aws_commons.create_aws_credentials('AKIAIOSFODNN7EXAMPLE', '¤', '')",
	"DO $$ BEGIN EXECUTE 'ALTER ROLE app PASSWORD ''¤'''; END $$",
	"DO $$ BEGIN EXECUTE format('ALTER ROLE %I PASSWORD %L', 'app', '¤'); END $$",
	"DO $$ BEGIN EXECUTE 'ALTER ROLE app PASSWORD ' || quote_literal('¤'); END $$",
	"DO $$ DECLARE v_password text := '¤'; BEGIN EXECUTE 'x' || v_password; END $$",
	"DO $$ BEGIN CREATE ROLE app PASSWORD '¤'; END $$",
	"DO 'BEGIN ALTER ROLE app PASSWORD ''¤''; END'",
	"CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $f$ ALTER ROLE app PASSWORD '¤' $f$",
	"CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $f$ DO $g$ BEGIN ALTER ROLE a PASSWORD '¤'; END $g$ $f$",
	"-- password: ¤\nSELECT 1",
	"SELECT 1 /* token=¤ */",
	"COMMENT ON TABLE t IS 'see https://bob:¤@wiki/x'",
	"SELECT 'Authorization: Bearer ¤'",
	"SELECT http_get('https://a/b?token=¤')",
	"ALTER ROLE app PASSWORD '¤''",
	"ALTER ROLE app PASSWORD '¤' GARBAGE ((((",
	"BEGIN; CREATE ROLE a PASSWORD '¤'; COMMIT",
	"CREATE ROLE a PASSWORD\n\n'¤'",
	"CREATE EXTENSION x; CREATE GROUP g PASSWORD '¤'",
	"IMPORT FOREIGN SCHEMA s FROM SERVER x INTO y OPTIONS (k '¤')",

	// Names and values that do not stand side by side.
	"UPDATE users SET (name, password) = ('bob', '¤')",
	"UPDATE users SET (password, name) = (SELECT '¤', 'bob')",
	"INSERT INTO users (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET (password, name) = ROW ('¤', 'bob')",
	"WITH n AS (INSERT INTO users (name, password) VALUES ('bob', '¤') RETURNING id) SELECT * FROM n",
	"MERGE INTO users u USING v ON u.id = v.id WHEN NOT MATCHED THEN INSERT (name, password) VALUES ('bob', '¤')",
	"DO $$ BEGIN IF NOT EXISTS (SELECT) THEN INSERT INTO users (name, password) VALUES ('bob', '¤'); END IF; END $$",
	"DO $$ BEGIN FOR i IN 1..3 LOOP INSERT INTO users (name, password) VALUES ('bob', '¤'); END LOOP; END $$",
	"UPDATE users SET password = coalesce(password, '¤')",
	"UPDATE users SET password = encode(digest('¤', 'sha256'), 'hex') WHERE id = 1",
	"UPDATE users SET password = 'prefix' || '¤' WHERE id = 1",
	"UPDATE users SET password = CASE WHEN id = 1 THEN '¤' END",
	"UPDATE users SET password = (SELECT '¤')",
	"UPDATE users SET password = 'a' || lower('¤'), state = 'new'",
	"DELETE FROM users WHERE password IN ('a', '¤')",
	"DELETE FROM users WHERE password LIKE '¤%'",
	"DELETE FROM users WHERE password <> '¤'",
	"SELECT 1 FROM users WHERE password = ANY (ARRAY['¤'])",
	"CREATE TABLE u (id int, password varchar(64) NOT NULL DEFAULT '¤')",
	"CREATE TABLE u (id int, password public.citext DEFAULT '¤')",
	"CREATE TABLE u (id int, password text[] DEFAULT '{¤}')",
	"CREATE TABLE u (id int, api_token numeric(3, 1) DEFAULT '¤'::numeric)",
	"ALTER TABLE users ALTER COLUMN password SET DEFAULT '¤'",
	"ALTER TABLE users ALTER password TYPE text USING coalesce(password, '¤')",
	"SELECT create_user('bob', password => '¤')",
	"SELECT create_user(name := 'bob', secret := '¤')",
	"CALL add_login(p_name => 'bob', p_password => '¤'::text)",
	"CREATE FUNCTION f(name text, password text DEFAULT '¤') RETURNS void LANGUAGE sql AS ''",
	"DO $$ DECLARE password varchar(20) := '¤'; BEGIN NULL; END $$",
	"DO $$ DECLARE secret constant text := '¤'; BEGIN NULL; END $$",
	"DO $$ BEGIN IF password = '¤' THEN NULL; END IF; END $$",
	"DO $do$ BEGIN EXECUTE $e$ALTER USER app PASSWORD '¤'$e$; END $do$",

	// Strings that have a secret by their own form.
	"INSERT INTO config VALUES ('host all all 0.0.0.0/0 ldap ldapserver=a ldapbindpasswd=¤')",
	"INSERT INTO config VALUES ('host all all 0.0.0.0/0 radius radiussecrets=\"¤\"')",
	"INSERT INTO config VALUES ('{\"user\": \"bob\", \"password\": \"¤\"}')",
	"UPDATE config SET value = '{\"db\": {\"api_key\":\"¤\"}}'",
	"INSERT INTO config VALUES ('user=bob sslpassword=¤ host=a')",
	"INSERT INTO config VALUES ('client_secret: ¤')",
}

func TestPlantedSecretsAreHidden(t *testing.T) {
	for _, secret := range []string{"hunter2-Zx9", "ünï-cødé", "s3cr%40t"} {
		for _, p := range planted {
			sql := strings.ReplaceAll(p, "¤", secret)
			shown, values := Split(sql)
			if strings.Contains(shown, secret) {
				t.Errorf("%s\n  is shown as %s", sql, shown)
			}
			if !strings.Contains(shown, Mask) {
				t.Errorf("%s\n  hides nothing: %s", sql, shown)
			}
			if again := SQL(shown); strings.Contains(again, secret) {
				t.Errorf("%s again is %s", shown, again)
			}
			_ = values
		}
	}
}

// TestValuesAreFound holds that a server's message that quotes a secret loses it.
func TestValuesAreFound(t *testing.T) {
	for _, p := range []string{
		"CREATE ROLE app LOGIN PASSWORD '¤'", "ALTER USER app PASSWORD $$¤$$", "SET app.jwt_secret = '¤'",
		"DO $$ BEGIN CREATE ROLE app PASSWORD '¤'; END $$", "CREATE SUBSCRIPTION s CONNECTION '¤' PUBLICATION p",
	} {
		values := Values(strings.ReplaceAll(p, "¤", "hunter2"))
		if got := Text(`syntax error at or near "hunter2"`, values); strings.Contains(got, "hunter2") {
			t.Errorf("%s: %s", p, got)
		}
	}
	if got := Text("could not connect: password=hunter2 host=a, postgres://u:hunter2@h/d", nil); strings.Contains(got,
		"hunter2") {
		t.Errorf("got %s", got)
	}
	if got, want := Text("applied", []string{"app", "***", ""}), "applied"; got != want {
		t.Errorf("a value of three letters was looked for: %q", got)
	}
}

// TestHarmlessIsShown holds that what is no secret can be read.
func TestHarmlessIsShown(t *testing.T) {
	for _, sql := range []string{
		"ALTER TABLE users ADD COLUMN password text",
		"ALTER TABLE users ADD COLUMN note text DEFAULT 'none'",
		"CREATE INDEX ON users (password, token)",
		"CREATE TABLE auth (kind text CHECK (kind IN ('password', 'oauth')), token text NOT NULL)",
		"UPDATE orders SET status = 'active' WHERE status IS NULL",
		"INSERT INTO roles (name) VALUES ('admin')",
		"SELECT 'it''s', \"user\" FROM \"group\"",
		"COMMENT ON COLUMN users.password IS 'hashed by the application'",
		"GRANT SELECT ON users TO app_user",
		"ALTER TABLE users RENAME COLUMN pwd TO password",
		"DO $$ BEGIN RAISE NOTICE 'users: %', 1; END $$",
		"COPY users (name) FROM stdin",
		"CREATE POLICY p ON users USING (owner = current_setting('app.user'))",
		"SELECT md5('a'), count(*) FROM keys",
		"ALTER TABLE keys ADD PRIMARY KEY (id)",
		"UPDATE users SET password = NULL, state = 'new'",
		"ALTER TABLE a ADD COLUMN password text NOT NULL DEFAULT ''",
		"UPDATE tokens SET status = 'active' WHERE status IS NULL",
		"UPDATE tokens t SET status = 'active'",
		"ALTER TABLE tokens ADD COLUMN state text DEFAULT 'new'",
		"ALTER TABLE tokens ALTER COLUMN state SET DEFAULT 'new'",
		"DELETE FROM tokens WHERE kind = 'old'",
		"CREATE INDEX i ON tokens USING gin (tags) WHERE kind = 'old'",
		"SELECT t.kind FROM tokens AS t JOIN users u ON u.id = t.id AND u.kind = 'old'",
		"CREATE TABLE a (token text NOT NULL, kind text DEFAULT 'old')",
		"CREATE TABLE a (token varchar(20) CHECK (kind IN ('a', 'b')), kind text DEFAULT 'old')",
		"SELECT name FROM users WHERE password IS NOT NULL AND state = 'new'",
		"DO $$ BEGIN IF token IS NULL THEN RAISE NOTICE 'none'; END IF; END $$",
		"COMMENT ON COLUMN tokens.kind IS 'one of three'",
	} {
		if shown := SQL(sql); shown != sql {
			t.Errorf("%s\n  is shown as %s", sql, shown)
		}
	}
}

// FuzzSplit holds that any text is read, that nothing but secrets changes, and
// that no value of length is left.
func FuzzSplit(f *testing.F) {
	for _, p := range planted {
		f.Add(strings.ReplaceAll(p, "¤", "hunter2"))
	}
	f.Fuzz(func(t *testing.T, sql string) {
		shown, values := Split(sql)
		if len(values) == 0 && patterns(sql) == sql && shown != sql && !strings.Contains(shown, Mask) {
			t.Errorf("%q became %q", sql, shown)
		}
		Text(sql, values)
	})
}
