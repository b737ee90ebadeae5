package demo

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// The load: an open loop, so that a request that cannot be sent in time still
// counts from when it was due, as its user would.
const (
	requestsPerSecond = 200
	clients           = 16
	// backlog is how many requests may be due and not taken: minutes of them.
	backlog = 1 << 16
)

// traffic is the shop at work.
type traffic struct {
	meter *meter
	due   chan time.Time
	end   context.CancelFunc
	work  sync.WaitGroup
}

// startTraffic opens the clients' connections and begins. stop ends it.
func startTraffic(ctx context.Context, dsn string) (*traffic, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	cfg.RuntimeParams["application_name"] = "shop"
	t := &traffic{meter: newMeter(time.Now(), requestsPerSecond), due: make(chan time.Time, backlog)}
	var conns []*pgx.Conn
	for range clients {
		c, err := pgx.ConnectConfig(ctx, cfg)
		if err != nil {
			for _, open := range conns {
				_ = open.Close(context.WithoutCancel(ctx))
			}
			return nil, err
		}
		conns = append(conns, c)
	}
	// The traffic outlives ctx, which bounds only the start.
	ctx, t.end = context.WithCancel(context.WithoutCancel(ctx))
	var rows int64
	if err := conns[0].QueryRow(ctx, "SELECT id FROM orders ORDER BY id DESC LIMIT 1").Scan(&rows); err != nil {
		rows = 1
	}
	for i, c := range conns {
		t.work.Go(func() { t.serve(ctx, c, int64(i), rows) })
	}
	t.work.Go(func() { t.schedule(ctx) })
	return t, nil
}

func (t *traffic) stop() {
	t.end()
	t.work.Wait()
}

// schedule makes requests due at an even pace. A ticker that comes late makes
// several at once, each with its own time.
func (t *traffic) schedule(ctx context.Context) {
	defer close(t.due)
	const every = time.Second / requestsPerSecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	for next := time.Now(); ; {
		for ; !next.After(time.Now()); next = next.Add(every) {
			t.meter.due(next)
			select {
			case t.due <- next:
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// serve is one client: four reads of a row, then a write.
func (t *traffic) serve(ctx context.Context, c *pgx.Conn, client, rows int64) {
	defer c.Close(context.Background())
	for n := int64(0); ; n++ {
		at, ok := <-t.due
		if !ok {
			return
		}
		// A large prime visits rows without a pattern, and differently per client.
		id := 1 + ((n*clients+client)*15485863)%rows
		if err := request(ctx, c, n, id); ctx.Err() != nil || (err != nil && c.IsClosed()) {
			return // the demo ends, or its server is gone
		}
		t.meter.answered(at, time.Now())
	}
}

func request(ctx context.Context, c *pgx.Conn, n, id int64) error {
	if n%5 == 4 {
		_, err := c.Exec(ctx, "UPDATE orders SET status = 'sent' WHERE id = $1", id)
		return err
	}
	var status string
	return c.QueryRow(ctx, "SELECT status FROM orders WHERE id = $1", id).Scan(&status)
}
