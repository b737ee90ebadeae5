package inspect

import (
	"context"

	"belay/db"
)

// HeapBytes is the size of all tables and materialized views but the server's
// own, without indexes and TOAST, as the statistics have it.
func HeapBytes(ctx context.Context, c *db.Conn) (bytes int64, err error) {
	err = c.QueryRow(ctx, version{Version: c.ServerMajor(), Ours: ours}.sql("size")).Scan(&bytes)
	return bytes, err
}
