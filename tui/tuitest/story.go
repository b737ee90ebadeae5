// Package tuitest plays a run that was written down in a txtar file: its events,
// the keys that are pressed, and the frames that must be seen. The same files
// feed tests and the player that makes pictures.
package tuitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"belay/steps/journal"
)

// Epoch is when every story begins.
var Epoch = time.Date(2026, 11, 23, 8, 41, 0, 0, time.UTC)

// Zone is where the person who watches lives.
var Zone = time.FixedZone("", 3600)

// Entry is an event before it has a sequence number.
type Entry struct {
	// After is when it happens, from Epoch.
	After time.Duration
	Step  string
	By    string
	Kind  journal.Kind
	// Body is the event's fields as JSON.
	Body json.RawMessage
}

// Story is a run as it was written down.
type Story struct {
	Path    string
	Entries []Entry
	// Archive is the file itself; its sections frame… and inbox… are expectations.
	Archive *txtar.Archive
}

// Load reads a story. The section events has one event a line:
//
//	AFTER [step=ID] [by=NAME] KIND {json}
//	AFTER [step=ID] fact NAME {json}
//	include OTHER.txtar
//
// A JSON value may also be @SECTION, which is then read from that section.
func Load(path string) (*Story, error) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		return nil, err
	}
	s := &Story{Path: path, Archive: archive}
	lines := strings.Split(section(archive, "events"), "\n")
	for n, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := s.line(line); err != nil {
			return nil, fmt.Errorf("%s: events line %d: %w", path, n+1, err)
		}
	}
	return s, nil
}

func section(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func (s *Story) line(line string) error {
	first, rest, _ := strings.Cut(line, " ")
	if first == "include" {
		other, err := Load(filepath.Join(filepath.Dir(s.Path), strings.TrimSpace(rest)))
		if err != nil {
			return err
		}
		s.Entries = append(s.Entries, other.Entries...)
		return nil
	}
	after, err := time.ParseDuration(first)
	if err != nil {
		return err
	}
	e := Entry{After: after}
	word := ""
	for {
		word, rest, _ = strings.Cut(strings.TrimSpace(rest), " ")
		if v, ok := strings.CutPrefix(word, "step="); ok {
			e.Step = v
		} else if v, ok := strings.CutPrefix(word, "by="); ok {
			e.By = v
		} else {
			break
		}
	}
	e.Kind = journal.Kind(word)
	if e.Body, err = s.body(e.Kind, strings.TrimSpace(rest)); err != nil {
		return err
	}
	s.Entries = append(s.Entries, e)
	return e.check()
}

func (s *Story) body(kind journal.Kind, rest string) (json.RawMessage, error) {
	name := ""
	if kind == "fact" {
		name, rest, _ = strings.Cut(rest, " ")
	}
	value := strings.TrimSpace(rest)
	if from, ok := strings.CutPrefix(value, "@"); ok {
		value = section(s.Archive, from)
	}
	if value == "" {
		value = "{}"
	}
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(value)); err != nil {
		return nil, fmt.Errorf("%s: %w", value, err)
	}
	switch {
	case kind == "fact":
		return fmt.Appendf(nil, `{"name":%q,"value":%s}`, name, b.Bytes()), nil
	case kind == "sample":
		return fmt.Appendf(nil, `{"sample":%s}`, b.Bytes()), nil
	}
	return b.Bytes(), nil
}

// check refuses a body with a field that its kind does not have.
func (e Entry) check() error {
	for _, b := range journal.Kinds() {
		if b.Kind() == e.Kind {
			return strict(e.Body, b)
		}
	}
	return fmt.Errorf("no such kind of event: %s", e.Kind)
}

// Events are the entries as a journal has them.
func (s *Story) Events() ([]journal.Event, error) {
	var out []journal.Event
	for i, e := range s.Entries {
		line := fmt.Sprintf(`{"seq":%d,"at":%q,"kind":%q`, i+1, Epoch.Add(e.After).Format(time.RFC3339Nano), e.Kind)
		if e.Step != "" {
			line += fmt.Sprintf(`,"step":%q`, e.Step)
		}
		if e.By != "" {
			line += fmt.Sprintf(`,"by":%q`, e.By)
		}
		if string(e.Body) == "{}" {
			line += "}"
		} else {
			line += "," + string(e.Body[1:])
		}
		event, err := journal.ParseLine([]byte(line))
		if err != nil {
			return nil, err
		}
		out = append(out, event)
	}
	return out, nil
}

// End is when the last event happens.
func (s *Story) End() time.Duration {
	if len(s.Entries) == 0 {
		return 0
	}
	return s.Entries[len(s.Entries)-1].After
}

// Save writes the archive back, for -update.
func (s *Story) Save() error {
	return os.WriteFile(s.Path, txtar.Format(s.Archive), 0o644)
}
