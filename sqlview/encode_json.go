package sqlview

import (
	"encoding/json"
	"io"
)

// WriteJSON writes the review as one line of belay.review/1. Text that is not
// UTF-8 is written with U+FFFD.
func WriteJSON(w io.Writer, r Result) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(r)
}
