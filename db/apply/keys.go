package apply

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// releaseKeys lets the tool's advisory keys go for the time of a CONCURRENTLY: a
// session of the tool that waits for one holds a snapshot, the build waits for
// that snapshot, and the server calls it a deadlock. It lists the keys that were
// ours to release.
func (s session) releaseKeys(ctx context.Context, keys []int64) ([]int64, error) {
	var released []int64
	for _, k := range keys {
		for {
			rows, err := ask(ctx, s.conn, `select pg_catalog.pg_advisory_unlock($1::bigint) from pg_catalog.pg_locks
				where locktype operator(pg_catalog.=) 'advisory' and granted and pid operator(pg_catalog.=) pg_catalog.pg_backend_pid() and objsubid operator(pg_catalog.=) 1
				and ((classid::bigint operator(pg_catalog.<<) 32) operator(pg_catalog.|) objid::bigint) operator(pg_catalog.=) $1::bigint`, strconv.FormatInt(k, 10))
			if err != nil {
				return released, fmt.Errorf("release the tool's key %d: %w", k, err)
			}
			if len(rows) == 0 {
				break
			}
			released = append(released, k)
		}
	}
	return released, nil
}

// keyPoll is the pause between two tries for a key.
const keyPoll = 200 * time.Millisecond

// takeKeys takes them again by trying, never by waiting in the server's queue; wake ends
// that.
func (s session) takeKeys(ctx context.Context, keys []int64, wake <-chan struct{}) error {
	for _, k := range keys {
		if err := s.takeKey(ctx, k, wake); err != nil {
			return err
		}
	}
	return nil
}

func (s session) takeKey(ctx context.Context, k int64, wake <-chan struct{}) error {
	for {
		rows, err := ask(ctx, s.conn, "select pg_catalog.pg_try_advisory_lock($1::bigint)", strconv.FormatInt(k, 10))
		if err != nil {
			return fmt.Errorf("take the tool's key %d again: %w", k, err)
		}
		if rows[0][0] == "t" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the tool's key %d was taken by another session meanwhile: see who migrates, then run "+
				"again", k)
		case <-wake:
			return errors.New("stopped while another session had the tool's key")
		case <-time.After(keyPoll):
		}
	}
}
