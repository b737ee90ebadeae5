package history_test

import (
	"testing"

	"belay/db/dbtest"
	"belay/db/history"
)

// A history table that another session makes while it is looked for is found, or not there
// yet: it is never one that stands elsewhere.
func TestOpenWhileItIsMade(t *testing.T) {
	dsn := dbtest.New(t).DSN
	looking, making := session(t, dsn), session(t, dsn)
	done, stop := make(chan error, 1), make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if _, err := making.Exec(t.Context(), `CREATE TABLE public.schema_migrations (version bigint PRIMARY KEY,
				dirty boolean NOT NULL)`); err != nil {
				done <- err
				return
			}
			if _, err := making.Exec(t.Context(), "DROP TABLE public.schema_migrations"); err != nil {
				done <- err
				return
			}
		}
	}()
	f := format(t, "golang-migrate")
	for range 300 {
		if _, err := history.Open(t.Context(), looking, f, ""); err != nil {
			t.Error(err)
			break
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
