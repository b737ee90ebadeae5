// Package backfill fills a column of a live table in small batches, each row
// exactly once. The cursor is committed in the transaction of its rows, so that
// no crash of client, connection or server loses or repeats one. Batches are
// sized by time, wait for throttle signals, and stop for a person where one is
// needed; a row is never skipped in silence.
//
// [Prepare] reads what there is to know and changes nothing. [Run] does the
// work; a [Control] pauses it and changes its pace; a [Snapshot] is what a
// screen shows. The database must have the ledger.
package backfill
