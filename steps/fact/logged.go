package fact

// Logged is what an application's log said in a span of time. No line of the log
// is in it.
type Logged struct {
	// Source is the file, or the command as it was written; "" = there is none,
	// and the log is NOT watched.
	Source string `json:"source"`
	// Problem says why it cannot be read at this moment; "" = it can.
	Problem string `json:"problem,omitempty"`
	// SpanMS is how long it was read.
	SpanMS int64 `json:"span_ms"`
	// Counts are the errors of that span, by code.
	Counts []LogCount `json:"counts"`
	// Known are codes that stood in the file before it was read: how often in a
	// minute is not known.
	Known []string `json:"known,omitempty"`
}

// LogCount is how many lines told of one error.
type LogCount struct {
	// Code is the SQLSTATE, or the pattern of the configuration that matched.
	Code string `json:"code"`
	N    int    `json:"n"`
	// Said is the newest message, where only identifiers are in it.
	Said string `json:"said,omitempty"`
}

// Count is how many lines told of a code.
func (l Logged) Count(code string) int {
	for _, c := range l.Counts {
		if c.Code == code {
			return c.N
		}
	}
	return 0
}
