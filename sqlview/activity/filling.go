package activity

import "time"

// Filling is how far a backfill is: what its runner counts and every screen shows. Zero
// values mean "not known yet".
type Filling struct {
	// Leaf is in hand, number LeafNumber from 1 of Leaves.
	Leaf       string `json:"leaf,omitempty"`
	LeafNumber int    `json:"leaf_number,omitempty"`
	Leaves     int    `json:"leaves,omitempty"`
	// Progress is 0 to 1 by key position, never falling. Rows is exact: those changed so
	// far. Total is an estimate.
	Progress float64 `json:"progress"`
	Rows     int64   `json:"rows"`
	Total    int64   `json:"total"`
	Batches  int64   `json:"batches"`
	// Rate is rows a second over the last ten seconds, Average since the start without
	// pauses.
	Rate    float64 `json:"rate"`
	Average float64 `json:"average"`
	// BatchRows is how many rows a batch has now.
	BatchRows int      `json:"batch_rows"`
	LastKey   []string `json:"last_key,omitempty"`
	// Committed is when the cursor last moved.
	Committed time.Time `json:"committed,omitzero"`
	// Checked rows of about ToCheck were read by this pass of the verify.
	Checked int64 `json:"checked,omitempty"`
	ToCheck int64 `json:"to_check,omitempty"`
	// HeapGrowth and WAL are bytes since this runner began; WAL is the whole server's.
	HeapGrowth int64 `json:"heap_growth"`
	WAL        int64 `json:"wal"`
	// PausedBy and Reason are set while it is paused.
	PausedBy    string    `json:"paused_by,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	PausedSince time.Time `json:"paused_since,omitzero"`
}
