// Package backfill fills a column of a live table in small batches, each row
// exactly once. The cursor is committed in the transaction of its rows, so that
// no crash of client, connection or server loses or repeats one. Batches are
// sized by time, wait for throttle signals, and stop for a person where one is
// needed; a row is never skipped in silence.
//
// [Prepare] reads what there is to know and changes nothing. [Run] does the
// work; a [Control] pauses it and changes its pace; a [Snapshot] is what a
// screen shows. The database must have the ledger.
//
// What it does stands in parts, each with what it alone knows:
//
//	runner    walks the leaves, and decides what an error means and when to wait
//	batches   one transaction: the fences, the rows, the cursor, COMMIT
//	book      the rows of belay.backfill: whose it is, where it stands, how it ended
//	sessions  the connection, its locks, whose role acts on it
//	vacuum    what is done between batches, where that was allowed
//	watch     the signals, the progress and who is in the way, on another connection
package backfill
