package secret

import (
	"strings"
	"testing"
)

// besides are statements that hold a secret beside its name. ¤ is the secret.
var besides = []string{
	"SELECT set_secret('name', '¤')",
	"SELECT vault_put('db_password', '¤')",
	"SELECT app.set_config_value('smtp_password', '¤')",
	"CALL store_credential('stripe', '¤')",
	"SELECT config_set('jwt_secret', '¤', true)",
	"INSERT INTO settings VALUES ('smtp_password', '¤')",
	"INSERT INTO settings VALUES (1, 'smtp_password', '¤', now()), (2, 'theme', 'dark', now())",
	"INSERT INTO settings (key, value) VALUES ('smtp_password', '¤')",
	"INSERT INTO settings (key, value) VALUES ('theme', 'dark'), ('api_token', '¤')",
	"UPDATE settings SET value = '¤' WHERE key = 'smtp_password'",
	"UPDATE settings SET value = '¤' WHERE name IN ('api_key')",
	"INSERT INTO settings SELECT 'smtp_password', '¤'",
	"INSERT INTO api_tokens VALUES (1, '¤')",
	"INSERT INTO user_secrets VALUES ('bob', '¤')",
	"INSERT INTO credentials (owner, val) VALUES ('bob', '¤')",
	"SELECT jsonb_build_object('password', '¤')",
	"SELECT json_build_object('user', 'bob', 'api_key', '¤')",
	"UPDATE t SET doc = jsonb_set(doc, '{password}', '\"¤\"')",
	"UPDATE t SET doc = doc || jsonb_build_object('client_secret', '¤')",
	"SELECT hstore('password', '¤')",
	"INSERT INTO t VALUES (hstore(ARRAY['password','¤']))",
	"COPY t FROM 's3://bucket/x' CREDENTIALS 'aws_access_key_id=a;aws_secret_access_key=¤'",
	"SELECT pgp_sym_decrypt(x, '¤') FROM t",
	"SELECT digest('¤', 'sha256')",
	"SELECT net.http_post(url := 'https://a/b', headers := '{\"Authorization\": \"Bearer ¤\"}')",
	"SELECT http((  'GET', 'https://x', ARRAY[http_header('Authorization','Bearer ¤')], NULL, NULL)::http_request)",
	"SELECT http_header('X-Api-Key', '¤')",
	"SELECT cron.schedule('x', '* * * * *', $$SELECT dblink('host=a password=¤','x')$$)",
	"DO $$ BEGIN PERFORM set_secret('name', '¤'); END $$",
	"SELECT format('postgres://%s:%s@h/d', 'u', '¤')",
	"SELECT pg_notify('x', '{\"token\":\"¤\"}')",
	"ALTER TABLE t ADD CONSTRAINT c CHECK (password <> '¤')",
	"CREATE VIEW v AS SELECT * FROM t WHERE token = '¤'",
	"CREATE INDEX i ON t (x) WHERE api_key = '¤'",
	"ALTER SERVER s OPTIONS (ADD x '¤')",
	"CREATE PUBLICATION p FOR TABLE t WHERE (token = '¤')",
	"\\set password '¤'",
	"\\setenv PGPASSWORD ¤",
	"\\connect postgres://u:¤@h/d",
	"SELECT encode('¤'::bytea, 'base64') AS password",
	"SELECT '¤' AS password",
	"EXECUTE add_secret('a', '¤')",
}

func TestSecretsBesideTheirNames(t *testing.T) {
	for _, secret := range []string{"hunter2-Zx9", "ünï-cødé"} {
		for _, p := range besides {
			sql := strings.ReplaceAll(p, "¤", secret)
			if shown := SQL(sql); strings.Contains(shown, secret) || !strings.Contains(shown, Mask) {
				t.Errorf("%s\n  is shown as %s", sql, shown)
			}
		}
	}
}

// TestKeysByTheirForm: what a service or a hash marks as such is hidden wherever it stands.
func TestKeysByTheirForm(t *testing.T) {
	for _, key := range []string{
		"ghp_16C7e42F292c6912E7710c838347Ae178B4a",
		"github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabc",
		"glpat-abcdefghijklmnopqrst",
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
		"xoxb-123456789012-1234567890123-abcdefghijklmnopqrstuvwx",
		"sk_live_4eC39HqLyjWDarjtT1zdp7dc",
		"rk_live_4eC39HqLyjWDarjtT1zdp7dc",
		"whsec_4eC39HqLyjWDarjtT1zdp7dc1234",
		"sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH",
		"sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789",
		"AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
		"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",
		"npm_abcdefghijklmnopqrstuvwxyz0123456789",
		"dop_v1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"hvs.CAESIJabcdefghijklmnopqrstuvwxyz0123456789",
		"AKIAIOSFODNN7EXAMPLE",
		"$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
		"$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaWdGyTD8Y7zTzJv8A",
		"SCRAM-SHA-256$4096:c2FsdHNhbHQ=$storedkey=:serverkey=",
		"postgres://app:hunter2@db1/shop",
		"https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnopqrstuvwx",
		"AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq==",
	} {
		for _, sql := range []string{
			"INSERT INTO t VALUES ('" + key + "')", "-- " + key + "\nSELECT 1", "SELECT $x$" + key + "$x$",
		} {
			if shown := SQL(sql); strings.Contains(shown, key) || !strings.Contains(shown, Mask) {
				t.Errorf("%s\n  is shown as %s", sql, shown)
			}
		}
		said := Text("ERROR: bad value "+key+" there", nil)
		if strings.Contains(said, key) || !strings.HasSuffix(said, " there") {
			t.Errorf("it is said: %s", said)
		}
	}
}

// TestNamesOfNoSecretAreShown holds that what stands beside a word of no secret can be read.
func TestNamesOfNoSecretAreShown(t *testing.T) {
	for _, sql := range []string{
		"INSERT INTO login_methods (kind) VALUES ('password'), ('oauth')",
		"CREATE TYPE auth AS ENUM ('password', 'oauth')",
		"SELECT has_column_privilege('users', 'password', 'SELECT')",
		"SELECT pg_get_serial_sequence('api_token', 'ident')",
		"SELECT 1 FROM users WHERE kind = ANY (ARRAY['password', 'oauth'])",
		"SELECT 1 FROM users WHERE kind IN ('password', 'oauth')",
		"UPDATE auth SET kind = 'oauth' WHERE kind = 'password'",
		"SELECT create_hypertable('api_tokens', 'created_at')",
		"INSERT INTO tokens (kind, status) VALUES ('old', 'new')",
		"INSERT INTO t VALUES ('risk-assessment-of-the-whole-portfolio-of-all-things')",
		"SELECT cron.schedule('rotate_token', '* * * * *', 'SELECT rotate()')",
		"CREATE TABLE x PARTITION OF y FOR VALUES IN ('password', 'token')",
		"SELECT coalesce(kind, 'password', 'oauth') FROM users",
		"WITH token AS (SELECT 'x' AS a) SELECT * FROM token",
		"SELECT 'none' AS kind, token FROM users",
		"INSERT INTO features VALUES ('forgot_passwords', 'shown')",
		"UPDATE settings SET value = 'dark' WHERE key = 'theme'",
		"CREATE TABLE k (a text DEFAULT 'x' CHECK (a IN ('token', 'secret')), b text DEFAULT 'y')",
		"SELECT set_config('app.theme', 'dark', false)",
		"INSERT INTO settings (key, value) VALUES ('theme', 'dark'), ('tokens_shown', 'yes')",
		"COPY keys (name) FROM stdin",
	} {
		if shown := SQL(sql); shown != sql {
			t.Errorf("%s\n  is shown as %s", sql, shown)
		}
	}
}
