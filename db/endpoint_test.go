package db_test

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/scratch"
)

// TestEndpoints: where a DSN names several servers, each connection says which of them
// answered, and what is started beside it is sent there alone.
func TestEndpoints(t *testing.T) {
	primary := dbtest.NewCluster(t, scratch.Options{})
	shop := dbtest.In(t, primary, "shop")
	const role = "CREATE ROLE several LOGIN SUPERUSER PASSWORD 'several'"
	shop.Exec(t, role)
	standby, err := primary.Standby(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	other := dbtest.NewCluster(t, scratch.Options{})
	dbtest.In(t, other, "shop").Exec(t, role)
	folder := config(t, primary.SocketDSN("shop")).Host()
	closed := freePort(t)
	const all = "user=several password=several dbname=shop sslmode=disable "
	for _, c := range []struct {
		dsn  string
		want db.Endpoint
	}{
		{
			"host=127.0.0.1,127.0.0.1 port=<S>,<P> target_session_attrs=read-write",
			db.Endpoint{Host: "127.0.0.1", Port: 1},
		},
		{"host=127.0.0.1,localhost port=<S>,<P> target_session_attrs=primary", db.Endpoint{Host: "localhost", Port: 1}},
		{"host=127.0.0.1,localhost port=<P>,<S> target_session_attrs=standby", db.Endpoint{Host: "localhost", Port: 2}},
		{"host=localhost,127.0.0.1 port=<S>,<P>", db.Endpoint{Host: "localhost", Port: 2}},
		{"host=localhost,127.0.0.1 port=<X>,<P>", db.Endpoint{Host: "127.0.0.1", Port: 1}},
		{"host=localhost,127.0.0.1 port=<X>,<O>", db.Endpoint{Host: "127.0.0.1", Port: 3}},
		{"host=localhost,DIR port=<X>,<P>", db.Endpoint{Host: "DIR", Port: 1}},
		{"host=DIR,localhost port=<X>,<P>", db.Endpoint{Host: "localhost", Port: 1}},
		{"host=a.test,b.test hostaddr=127.0.0.1,127.0.0.1 port=<X>,<P>", db.Endpoint{Host: "b.test", Port: 1}},
		{"host=127.0.0.1 port=<P>", db.Endpoint{Host: "127.0.0.1", Port: 1}},
	} {
		ports := map[int]int{1: primary.Port(), 2: standby.Port(), 3: other.Port()}
		fill := strings.NewReplacer("DIR", folder, "<P>", fmt.Sprint(ports[1]), "<S>", fmt.Sprint(ports[2]), "<O>",
			fmt.Sprint(ports[3]), "<X>", fmt.Sprint(closed))
		c.want.Host, c.want.Port = fill.Replace(c.want.Host), ports[c.want.Port]
		cfg := config(t, all+fill.Replace(c.dsn))
		conn, err := db.Connect(bounded(t), cfg, db.Session{Kind: db.Monitor})
		if err != nil {
			t.Errorf("%s: %v", c.dsn, err)
			continue
		}
		id, err := db.Identify(bounded(t), conn)
		if err != nil || conn.Endpoint != c.want || !id.Loopback ||
			!strings.HasPrefix(conn.Target, "shop on "+c.want.String()) {
			t.Errorf("%s: %v as %q, want %v; %v", c.dsn, conn.Endpoint, conn.Target, c.want, err)
		}
		alone, err := cfg.Answering(bounded(t), id.Whose())
		if err != nil || len(alone.Endpoints()) != 1 || alone.Endpoints()[0] != c.want {
			t.Errorf("%s: alone %v, %v", c.dsn, alone.Endpoints(), err)
		} else if again, err := db.Connect(bounded(t), alone, db.Session{Kind: db.Monitor}); err != nil {
			t.Errorf("%s: alone %v", c.dsn, err)
		} else if err := again.Close(); err != nil {
			t.Error(err)
		}
		if strings.Contains(alone.Conninfo(), fmt.Sprint(closed)) {
			t.Errorf("%s: a program is sent to %s", c.dsn, alone.Conninfo())
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	// What was met is not what answers: nothing is sent there.
	met, err := db.Connect(bounded(t), config(t, shop.DSN), db.Session{Kind: db.Monitor})
	if err != nil {
		t.Fatal(err)
	}
	defer met.Close()
	elsewhere := config(t, fmt.Sprintf("%shost=127.0.0.1,localhost port=%d,%d", all, closed, other.Port()))
	var wrong *db.OtherError
	if _, err := elsewhere.Answering(bounded(t), met.Whose()); !errors.As(err, &wrong) {
		t.Errorf("another cluster: %v", err)
	}
}

// TestWhyNoServerFits: what the DSN asks of a server is named where none answers so.
func TestWhyNoServerFits(t *testing.T) {
	primary := dbtest.New(t)
	u, err := url.Parse(primary.DSN)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("target_session_attrs", "standby")
	u.RawQuery = q.Encode()
	_, err = db.Connect(bounded(t), config(t, u.String()), db.Session{Kind: db.Monitor})
	if _, hint := db.Explain(err); !strings.Contains(hint, "target_session_attrs=standby") {
		t.Errorf("%v: %q", err, hint)
	}
	_, err = db.ParseConfig("host=127.0.0.1 sslmode=verify-full sslrootcert=/nowhere/ca.crt", "test")
	var wrong *db.ConfigError
	if !errors.As(err, &wrong) || !strings.Contains(wrong.Hint(), "sslrootcert") {
		t.Errorf("%v", err)
	}
	direct := &db.ConnectError{Target: "shop", Direct: true, Err: io.EOF}
	if _, hint := db.Explain(direct); !strings.Contains(hint, "sslnegotiation") {
		t.Errorf("%q", hint)
	}
}
