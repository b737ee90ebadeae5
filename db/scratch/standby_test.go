package scratch

import "testing"

func TestStandby(t *testing.T) {
	for _, how := range []string{"pg_basebackup", "copy"} {
		t.Run(how, func(t *testing.T) {
			c := startTest(t, Options{})
			if how == "copy" {
				c.bin.PgBasebackup = ""
			} else if c.bin.PgBasebackup == "" {
				t.Skip("no pg_basebackup in " + c.bin.Dir)
			}
			s, err := c.Standby(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want(t, s, `SELECT pg_catalog.pg_is_in_recovery()::text`, "true")
			_, err = value(t, s.DSN(""), `CREATE TABLE refused ()`)
			wantCode(t, err, "25006")
			if _, err := value(t, c.DSN(""), `CREATE TABLE streamed ()`); err != nil {
				t.Fatal(err)
			}
			waitUntil(t, "the standby to follow", func() bool {
				got, _ := value(t, s.SocketDSN(""), `SELECT coalesce(pg_catalog.to_regclass('streamed')::text, '')`)
				return got == "streamed"
			})
			if err := c.Crash(); err != nil {
				t.Fatal(err)
			}
			if err := s.Promote(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := value(t, s.DSN(""), `CREATE TABLE accepted ()`); err != nil {
				t.Error(err)
			}
			want(t, s, `SELECT "left"(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8)`, "00000002")
		})
	}
}
