// Package recording keeps samples of a server in little space, to be looked at again: who
// waited for whom, sizes, traffic, what worked. No data of the database is in it: the
// constants of queries are left out.
//
// A recording is a gzip stream of JSON lines. The first names the database. Each other
// line is one moment: what is new in it is written out once and has a number from then on;
// what was there before is named by its number. Every [lives] moments a new member of the
// stream begins, and numbers begin again, so that one that was cut in the middle is read
// up to there.
package recording

import (
	"encoding/json"
	"math"
	"time"

	"belay/sqlview/activity"
)

// Header names what was recorded.
type Header struct {
	// Format is 2; in format 1 nothing begins anew, and locks stand by their numbers.
	Format int `json:"belay_samples"`
	// Database says which, as "shop on db1:5432"; Environment is its word, "" = not known.
	Database    string `json:"database"`
	Environment string `json:"environment,omitempty"`
	// At is the server's clock at the first moment.
	At time.Time `json:"at"`
}

// format is the version that this package writes; it reads that and the one before.
const format = 2

// lives is how many moments the numbers of a recording live: five minutes at the fastest
// pace.
const lives = 300

// line is one moment as it is written. Times are in ms since the header's.
type line struct {
	At       int64             `json:"t"`
	Cost     int64             `json:"c,omitempty"`
	Sessions activity.Sessions `json:"s"`
	// New are what has a number from here on, in order.
	New []element `json:"n,omitempty"`
	// Anew are elements that have a number and began once more: for each, by how much its
	// number is higher than that of the one before, and its age in ms. A crowd that comes
	// behind each try of a run is the same sessions again.
	Anew []int64 `json:"a,omitempty"`
	// Locks and Transactions are numbers of elements; Tables are values of tables. Locks stand
	// in the order of their numbers, each as by how much it is higher than the one before.
	Locks        []int                      `json:"l,omitempty"`
	Transactions []int                      `json:"x,omitempty"`
	Tables       []row                      `json:"w,omitempty"`
	Replicas     []activity.Replica         `json:"r,omitempty"`
	Slots        []activity.ReplicationSlot `json:"o,omitempty"`
	Progress     []activity.Progress        `json:"p,omitempty"`
}

// element is something that stands in many moments; one of its fields is set. Since is
// when it began, in ms since the header's time: ages are left out of it.
type element struct {
	Lock        *activity.Lock        `json:"l,omitempty"`
	Transaction *activity.Transaction `json:"x,omitempty"`
	Table       string                `json:"w,omitempty"`
	Since       int64                 `json:"b,omitempty"`
	// Unseen is true where the age may not be seen by the role.
	Unseen bool `json:"u,omitempty"`
}

// row is a table in a moment: its number, bytes, rows, reads and writes a second, dead rows.
type row [6]float64

// jitter is by how much two readings of when something began may differ, in ms: the server
// rounds, and takes its clock anew for each row.
const jitter = 5

// rounded keeps three digits: nobody reads more of a rate.
func rounded(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0
	}
	scale := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

// encoded is an element as its own key.
func encoded(e element) string {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err) // no field of an element can fail
	}
	return string(b)
}
