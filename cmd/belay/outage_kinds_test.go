package main

import (
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/scratch"
)

// outageKind is one way for a server to go away, and to come back.
type outageKind struct {
	name string
	// strike takes the server away and gives it back.
	strike func(*outage)
	// over is what the outage ends with once the command has ended; nil = nothing.
	over func(*outage)
	// told is true where it is away for so long that a command that waits says so.
	told bool
	// own asks for a server of the cell's own, standby for one that follows it; long is
	// for the long form alone.
	own, standby, long bool
	// settings are those of a server of the cell's own.
	settings map[string]string
}

var outages = []outageKind{
	{name: "away 0.1 s", strike: away(100 * time.Millisecond)},
	{name: "away 3 s", strike: away(3 * time.Second), told: true},
	{name: "away 30 s", strike: away(30 * time.Second), told: true, long: true},
	{name: "all terminated", strike: terminate("%")},
	{name: "executor terminated", strike: terminate("%/run")},
	{name: "monitor terminated", strike: terminate("%/+monitor")},
	{name: "escape terminated", strike: terminate("%/+escape")},
	{
		name: "half-open", strike: func(o *outage) { o.proxy.Strand() },
		// The server's keepalives end what is left there within seconds. Here the proxy's
		// own kernel answers them.
		over: func(o *outage) { o.proxy.CutAll() },
	},
	{name: "mute 3 s", strike: func(o *outage) { o.proxy.Mute(); o.lasts(3 * time.Second); o.proxy.Heal() }},
	{name: "flood 1 s", strike: func(o *outage) { o.proxy.Flood(); o.lasts(time.Second); o.proxy.Heal() }},
	{name: "700 ms a reply", strike: func(o *outage) {
		o.proxy.Delay(700 * time.Millisecond)
		o.lasts(5 * time.Second)
		o.proxy.Delay(0)
	}},
	{name: "restart fast", own: true, strike: func(o *outage) { o.restart(scratch.Fast) }},
	{name: "restart immediate", own: true, strike: func(o *outage) { o.restart(scratch.Immediate) }},
	{
		name: "slots full", own: true, told: true, strike: slotsFull,
		settings: map[string]string{"max_connections": "12"},
	},
	{name: "promotion", own: true, standby: true, long: true, strike: func(o *outage) { failover(o.cell) }},
}

func away(d time.Duration) func(*outage) {
	return func(o *outage) {
		o.proxy.Refuse(true)
		o.proxy.CutAll()
		o.lasts(d)
		o.proxy.Refuse(false)
	}
}

// terminate ends our sessions of a kind by the server's own word.
func terminate(who string) func(*outage) {
	return func(o *outage) {
		o.db.Exec(o.t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name LIKE 'belay/`+who+`'`)
	}
}

// slotsFull ends our sessions and takes every slot before they can come back.
func slotsFull(o *outage) {
	var taken []*pgx.Conn
	take := func() bool {
		c, err := pgx.Connect(o.t.Context(), o.cluster.DSN("postgres"))
		if err != nil {
			if db.Classify(err) != db.TooManyConnections {
				o.t.Fatal(err)
			}
			return false
		}
		taken = append(taken, c)
		return true
	}
	for take() {
	}
	_, err := taken[0].Exec(o.t.Context(),
		`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'belay/%'`)
	if err != nil {
		o.t.Fatal(err)
	}
	for range 12 {
		take()
	}
	o.lasts(3 * time.Second)
	for _, c := range taken {
		_ = c.Close(o.t.Context())
	}
}
