package backfill

import (
	"context"

	"belay/db"
)

// Coverage says what keeps new and changed rows right while the backfill runs.
type Coverage struct{}

// Facts are what else was read.
type Facts struct{}

func (p *Plan) judge(ctx context.Context, c *db.Conn) error { return p.judgeVerify(ctx, c) }
