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
	// Screen is the presence of the screen that speaks; "" = a command in a shell. N
	// counts what it says: nothing is heard twice.
	Screen string `json:"screen,omitempty"`
	N      int64  `json:"n,omitempty"`
	// To is the screen that gets the keys, or does not; Note is why they are handed over.
	To   string `json:"to,omitempty"`
	Note string `json:"note,omitempty"`
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
	// AskKeys asks for the keys, GiveKeys gives them to the screen To that asked, KeepKeys
	// does not, HandOver gives them unasked, with a note.
	AskKeys  MessageKind = "keys.ask"
	GiveKeys MessageKind = "keys.give"
	KeepKeys MessageKind = "keys.keep"
	HandOver MessageKind = "keys.hand_over"
)

// Received is a message with what the file system says about its sender.
type Received struct {
	Message
	// UID is the owner of the file, whom the kernel vouches for.
	UID int
	At  time.Time
	// Bad is why the file of somebody else is no message; "" = it is one.
	Bad string
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
	if err := WriteReadable(tmp, b); err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	if err := os.Rename(tmp, filepath.Join(inbox, name+".json")); err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	return nil
}

// WriteReadable makes a new file that an engine can read, also where it is another
// user's of the group, whatever this process's umask says.
func WriteReadable(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Chmod(0o640), f.Close())
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

// What of one look into the inbox is read: a message is short, and nobody else than the
// engine's own user says more than so much at once.
const (
	longestMessage = 1 << 16
	mostOfOne      = 50
)

// Take returns the messages that wait, oldest first, and removes them. A file
// that is no message is removed, and left out where it is the engine's own user's.
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
	of := map[int]int{}
	for _, n := range names {
		path := filepath.Join(i.dir, n)
		uid := ownerOf(path)
		if of[uid]++; of[uid] > mostOfOne && uid != os.Getuid() {
			_ = os.Remove(path)
			out = append(out, Received{UID: uid, Bad: "too much is asked at once"})
			continue
		}
		r, err := i.take(path)
		switch {
		case err == nil:
			out = append(out, r)
		case uid != os.Getuid() && uid >= 0:
			out = append(out, Received{UID: uid, Bad: err.Error()})
		}
	}
	return out, nil
}

func (i *Inbox) take(path string) (Received, error) {
	defer os.Remove(path)
	f, err := openStrange(path)
	if err != nil {
		return Received{}, err
	}
	defer f.Close()
	b, err := f.text(longestMessage)
	if err != nil {
		return Received{}, err
	}
	r := Received{At: f.info.ModTime(), UID: f.UID}
	if json.Unmarshal(b, &r.Message) != nil {
		return Received{}, errors.New("it is no message")
	}
	return r, nil
}
