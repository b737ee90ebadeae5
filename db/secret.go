package db

import (
	"fmt"
	"log/slog"
)

// masked stands wherever a secret would be printed.
const masked = "***"

// Secret is a text that must not reach a log, a journal, a report or argv.
// Every way of printing or encoding it gives "***"; "" prints as "".
type Secret string

// Reveal is the text itself, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// String is "***", or "" for the empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return masked
}

// Format prints String under every verb, %#v and %x included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText writes String; encoding/json and TOML use it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue is what slog prints.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
