package project

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A service of the person's own that the repository names is a place like a host: a
// password that was kept for another server does not go there without a yes.
func TestServiceOfTheRepository(t *testing.T) {
	for _, c := range []struct {
		name, entry, password, host string
		asks                        bool
	}{
		{name: "password of the environment", entry: "host=db9.eu", password: "s3cret", asks: true},
		{name: "password of the service's own", entry: "host=db9.eu\npassword=own"},
		{name: "no password", entry: "host=db9.eu"},
		{name: "where the environment leads too", entry: "host=db9.eu", password: "s3cret", host: "db9.eu"},
		{name: "a service without a host", entry: "dbname=shop", password: "s3cret", host: "db1.eu"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := repository(t)
			services := filepath.Join(t.TempDir(), "services")
			for path, text := range map[string]string{
				filepath.Join(dir, FileName): "[target.x]\nservice = \"evil\"\n",
				services:                     fmt.Sprintf("[evil]\n%s\n", c.entry),
			} {
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for name, value := range map[string]string{
				"DATABASE_URL": "", "PGSERVICE": "", "PGSERVICEFILE": services, "PGPASSWORD": c.password,
				"PGHOST": c.host, "PGPASSFILE": filepath.Join(dir, "none"),
			} {
				t.Setenv(name, value)
			}
			p := load(t, Flags{}, dir)
			_, err := p.Database()
			var strange *ConsentError
			if errors.As(err, &strange) != c.asks || !c.asks && err != nil {
				t.Fatal(err)
			}
			if !c.asks {
				return
			}
			if err := p.Allow(strange, time.Now()); err != nil {
				t.Fatal(err)
			}
			if _, err := load(t, Flags{}, dir).Database(); err != nil {
				t.Errorf("after the yes: %v", err)
			}
		})
	}
}
