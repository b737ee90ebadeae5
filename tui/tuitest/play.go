package tuitest

import (
	"fmt"
	"os"
	"time"

	"belay/steps/journal"
)

// Engine is a run folder that a story writes as an engine would, for tests and
// pictures that want a real folder. It judges nothing.
type Engine struct {
	Folder string
	Inbox  *journal.Inbox
	log    *journal.Log
	at     time.Time
}

// NewEngine makes the journal and the inbox in a folder.
func NewEngine(folder string) (*Engine, error) {
	e := &Engine{Folder: folder}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	inbox, err := journal.NewInbox(folder)
	if err != nil {
		return nil, err
	}
	log, _, err := journal.Open(folder, func() time.Time { return e.at })
	if err != nil {
		return nil, err
	}
	e.Inbox, e.log = inbox, log
	return e, nil
}

// Write appends an entry at its own time.
func (e *Engine) Write(entry Entry) error {
	b, err := entry.body()
	if err != nil || b == nil {
		return fmt.Errorf("%s: %w", entry.Kind, err)
	}
	e.at = Epoch.Add(entry.After)
	_, err = e.log.Append(entry.Step, entry.By, b)
	return err
}

// Close gives the journal back.
func (e *Engine) Close() error { return e.log.Close() }
