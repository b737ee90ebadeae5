package steps

import (
	"time"

	"belay/db/evidence"
	"belay/sqlview/measure"
)

// Tripwire is what `belay campaign tripwire` was asked for: what a campaign drops next is
// taken out of reach, watched for a while, and brought back.
type Tripwire struct {
	// Campaign is the uuid in the ledger, Phase the number of the phase that drops.
	Campaign string `json:"campaign"`
	Phase    int    `json:"phase"`
	// Says is what is taken away and how: "public.users.email (renamed to email_drop_20261130)".
	Says string `json:"says"`
	// Subjects are what is missed then, as they were found before.
	Subjects []evidence.Subject `json:"subjects"`
	// As is its name meanwhile, unquoted.
	As string `json:"as"`
	// Away and Back are the statements, without semicolons.
	Away []string `json:"away"`
	Back []string `json:"back"`
	// For is how long it is out of reach at most, by the server's clock.
	For time.Duration `json:"for"`
	// Itself is true where it was agreed that what is missed is brought back at once.
	Itself bool `json:"itself"`
	// Since is when it went, by the server's clock, as this engine knows; zero = not yet.
	Since time.Time `json:"-"`
	// Standbys names those on which sessions may miss it that nobody watches; "" = none
	// streams from the server.
	Standbys string `json:"standbys,omitempty"`
	// Only is true where it is away already, and is brought back.
	Only bool `json:"only,omitempty"`
}

// The versions of its two units.
const (
	TripwireAway = "away"
	TripwireBack = "back"
)

// Tells says what a tripwire does.
func (t Tripwire) Tells() string {
	if t.Only {
		return "brings back " + t.Says
	}
	s := "takes " + t.Says + " out of reach for " + measure.Duration(t.For) + ", and brings it back then"
	if t.Itself {
		s += "; by itself as soon as anything misses it"
	} else {
		s += "; earlier on your word alone"
	}
	if t.Standbys != "" {
		s += "; who reads on a standby misses it too and is NOT watched: " + t.Standbys
	}
	return s
}
