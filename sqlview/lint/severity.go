package lint

import "fmt"

// Severity is how bad a hazard is. The order is meaningful.
type Severity int

// The severities. Notice informs, Warn wants a look, Stop asks before a run.
// The zero value is none of them.
const (
	Notice Severity = iota + 1
	Warn
	Stop
)

var severityNames = map[Severity]string{Notice: "notice", Warn: "warn", Stop: "stop"}

// String is the label as every output spells it: notice, warn or stop.
func (s Severity) String() string { return severityNames[s] }

// ParseSeverity reads a label. It fails on any other word.
func ParseSeverity(label string) (Severity, error) {
	for s, name := range severityNames {
		if name == label {
			return s, nil
		}
	}
	return 0, fmt.Errorf("unknown severity %q: use stop, warn or notice", label)
}

// MarshalText writes the label.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Severity) UnmarshalText(b []byte) error {
	v, err := ParseSeverity(string(b))
	if err != nil {
		return err
	}
	*s = v
	return nil
}
