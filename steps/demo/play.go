package demo

import (
	"context"
	"fmt"
	"time"

	"belay/steps/demo/lane"
)

// laneLimit bounds one lane on the slowest machine.
const laneLimit = 3 * time.Minute

// The two statements, as the files 40 and 41 have them.
const (
	alterTable  = "ALTER TABLE orders ADD COLUMN note text"
	createIndex = "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_customer_id_idx ON orders (customer_id)"
	indexName   = "orders_customer_id_idx"
)

// Play plays a lane to its end and puts its result into State. Lanes may be
// played again and in any order; each begins on the shop as it was.
func (d *Demo) Play(ctx context.Context, name lane.Name) error {
	d.playing.Lock()
	defer d.playing.Unlock()
	ctx, cancel := context.WithTimeoutCause(ctx, laneLimit,
		fmt.Errorf("lane %s was not over after %s", name, laneLimit))
	defer cancel()
	if err := d.tidy(ctx, name); err != nil {
		return fmt.Errorf("demo: before lane %s: %w", name, err)
	}
	d.begin(name)
	err := d.lane(ctx, name)
	d.change(func(s *lane.State) {
		s.Phase, s.Took = lane.Ready, time.Since(s.Began)
	})
	if err != nil {
		return fmt.Errorf("demo: lane %s: %w", name, err)
	}
	return nil
}

func (d *Demo) begin(name lane.Name) {
	now := time.Now()
	d.traffic.meter.lane(now)
	d.change(func(s *lane.State) {
		s.Phase, s.Lane, s.Began, s.Took, s.Lines, s.Queue = lane.Running, name, now, 0, nil, nil
	})
}

func (d *Demo) lane(ctx context.Context, name lane.Name) error {
	if name == lane.Cut {
		return d.cut(ctx)
	}
	s, err := d.set(ctx)
	if err != nil {
		return err
	}
	defer s.clear()
	watched, stop := context.WithCancel(ctx)
	seen := d.watchQueue(watched)
	defer func() { stop(); <-seen }()
	switch name {
	case lane.Careless:
		err = d.careless(ctx)
	case lane.Runbook:
		err = d.runbook(ctx)
	case lane.Belay:
		err = d.belay(ctx)
	default:
		err = fmt.Errorf("there is no lane %q", name)
	}
	return err
}

// settle waits until the requests that piled up are answered, and gives the
// lane's numbers.
func (d *Demo) settle(ctx context.Context) (maxMS int64, slow int, err error) {
	for !d.traffic.meter.quiet(time.Now()) {
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return 0, 0, err
		}
	}
	t := d.traffic.meter.read(time.Now())
	return t.LaneMax.Milliseconds(), t.LaneSlow, nil
}

// tidy makes the shop as it was before the lanes; the cut has its own column.
func (d *Demo) tidy(ctx context.Context, name lane.Name) error {
	s, err := d.open(ctx, migrator, "demo")
	if err != nil {
		return err
	}
	defer s.close()
	undo := []string{
		"DROP INDEX CONCURRENTLY IF EXISTS " + indexName, "SET lock_timeout = '2s'",
		"ALTER TABLE orders DROP COLUMN IF EXISTS note", "ALTER TABLE orders DROP COLUMN IF EXISTS gift_wrap",
		fmt.Sprintf("UPDATE schema_migrations SET version = %d, dirty = false", applied),
	}
	if name == lane.Cut {
		undo = []string{
			"SET lock_timeout = '2s'", "ALTER TABLE orders DROP COLUMN IF EXISTS gift_wrap",
			fmt.Sprintf("UPDATE schema_migrations SET version = %d, dirty = false WHERE version = %d", cutVersion-1,
				cutVersion),
		}
	}
	for _, sql := range undo {
		if _, err := s.conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// indexValid reads what the catalog says of the index; an index that is not
// there is not valid.
func (d *Demo) indexValid(ctx context.Context) (bool, error) {
	return d.ask(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_index
		WHERE indexrelid = pg_catalog.to_regclass('public.`+indexName+`') AND indisvalid AND indisready)`)
}

// hasColumn reads whether orders has a column.
func (d *Demo) hasColumn(ctx context.Context, name string) (bool, error) {
	return d.ask(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute
		WHERE attrelid = 'public.orders'::pg_catalog.regclass AND attname = '`+name+`' AND NOT attisdropped)`)
}

// ask answers a question of ours on a session of its own.
func (d *Demo) ask(ctx context.Context, sql string) (yes bool, err error) {
	s, err := d.open(ctx, migrator, "demo")
	if err != nil {
		return false, err
	}
	defer s.close()
	err = s.conn.QueryRow(ctx, sql).Scan(&yes)
	return yes, err
}
