package fact

import (
	"fmt"

	"belay/sqlview/proof"
)

// Left names the event triggers as whose code left the catalog, and at what it ran; "" =
// no code did.
func Left(by []proof.Listener, at []proof.Place) string {
	if len(at) == 0 {
		return ""
	}
	var names, places []string
	for _, l := range by {
		owner := "role " + l.Owner
		if l.Owner == "" {
			owner = "the run itself"
		}
		names = append(names, "event trigger "+l.Name+" of "+owner)
	}
	for _, p := range at {
		places = append(places, PlaceOf(p))
	}
	return AndMore(names) + ", whose code ran at " + AndMore(places) + ","
}

// PlaceOf is "0042_note.sql:1 ALTER TABLE".
func PlaceOf(p proof.Place) string {
	if p.Kind == "" {
		return fmt.Sprintf("%s:%d", p.Path, p.Line)
	}
	return fmt.Sprintf("%s:%d %s", p.Path, p.Line, p.Kind)
}
