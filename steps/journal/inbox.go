package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"syscall"
	"time"

	"github.com/google/uuid"
)

// InboxName is the folder in a run folder through which screens speak.
const InboxName = "inbox"

// Message is what a screen asks of the engine. The engine checks everything: a
// screen cannot start a write by being wrong.
type Message struct {
	// Kind says what is asked.
	Kind MessageKind `json:"kind"`
	// ID and Answer belong to an answer; Answer also to the end of a session.
	ID     string `json:"id,omitempty"`
	Answer string `json:"answer,omitempty"`
	// Bound is the Bound of the question as it was seen; "" = it had none.
	Bound string `json:"bound,omitempty"`
	// PID is the session of the server that is to be looked at, or ended.
	PID int `json:"pid,omitempty"`
	// Now belongs to a stop: cancel what runs, not only hold before the next unit.
	Now bool `json:"now,omitempty"`
	// Life is the engine that is meant: the number of its engine.started event. An
	// engine does not hear what was said to one before it; 0 = to the first.
	Life int64 `json:"life,omitempty"`
	// Name is how the person calls themselves; the owner of the file counts.
	Name string `json:"name,omitempty"`
}

// MessageKind names what a screen asks.
type MessageKind string

// What a screen may ask.
const (
	Answer    MessageKind = "answer"
	Stop      MessageKind = "stop"
	Again     MessageKind = "again"     // read the facts again
	Unwatched MessageKind = "unwatched" // go on without me
	Leave     MessageKind = "leave"     // this screen goes; look mode may end
	Abandon   MessageKind = "abandon"   // no answer will come: park (headless)
	Pause     MessageKind = "pause"     // a backfill, at the end of its batch
	Resume    MessageKind = "resume"
	Longer    MessageKind = "longer" // batches
	Shorter   MessageKind = "shorter"
	// LookAt asks for a session of the server, PID. End ends it: Answer is the consent as
	// it was typed, Bound the key of the session as it was seen.
	LookAt MessageKind = "session.look"
	End    MessageKind = "session.end"
)

// Received is a message with what the file system says about its sender.
type Received struct {
	Message
	// UID is the owner of the file, whom the kernel vouches for.
	UID int
	At  time.Time
}

// Send puts a message into the inbox of a run folder, whole or not at all.
func Send(folder string, m Message) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	inbox := filepath.Join(folder, InboxName)
	name := strconv.FormatInt(time.Now().UnixNano(), 10) + "-" + uuid.NewString()
	tmp := filepath.Join(inbox, "."+name)
	if err := os.WriteFile(tmp, b, 0o640); err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	if err := os.Rename(tmp, filepath.Join(inbox, name+".json")); err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	return nil
}

// Inbox is the engine's end.
type Inbox struct{ dir string }

// NewInbox makes the inbox of a run folder.
func NewInbox(folder string) (*Inbox, error) {
	dir := filepath.Join(folder, InboxName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	return &Inbox{dir: dir}, nil
}

// Take returns the messages that wait, oldest first, and removes them. A file
// that is no message is removed and left out.
func (i *Inbox) Take() ([]Received, error) {
	entries, err := os.ReadDir(i.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".json" {
			names = append(names, e.Name())
		}
	}
	sort.Strings(names)
	var out []Received
	for _, n := range names {
		if r, ok := i.take(filepath.Join(i.dir, n)); ok {
			out = append(out, r)
		}
	}
	return out, nil
}

func (i *Inbox) take(path string) (Received, bool) {
	defer os.Remove(path)
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > 1<<16 {
		return Received{}, false
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return Received{}, false
	}
	r := Received{At: info.ModTime(), UID: -1}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		r.UID = int(st.Uid)
	}
	if json.Unmarshal(b, &r.Message) != nil {
		return Received{}, false
	}
	return r, true
}
