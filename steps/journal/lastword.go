package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// lastWordName is the file in a run folder that holds an engine's last word where
// its journal cannot be written any more. Its room is taken before the engine
// starts: a disk that is full later still has it.
const (
	lastWordName = "last-word"
	lastWordSize = 4096
)

// LogName is the file in a run folder that gets what an engine's process prints.
const LogName = "engine.log"

// LastWord is an engine's end of the file.
type LastWord struct{ file *os.File }

// PrepareLastWord takes the room for a last word, empty. An error, such as of a disk
// that is full, means that no engine should start.
func PrepareLastWord(folder string) error {
	f, err := os.OpenFile(filepath.Join(folder, lastWordName), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("run folder: %w", err)
	}
	_, err = f.WriteAt(bytes.Repeat([]byte(" "), lastWordSize), 0)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("run folder: %w", err)
	}
	return nil
}

// OpenLastWord opens the prepared file. Without one nothing can be said there.
func OpenLastWord(folder string) *LastWord {
	f, err := os.OpenFile(filepath.Join(folder, lastWordName), os.O_WRONLY, 0)
	if err != nil {
		return &LastWord{}
	}
	return &LastWord{file: f}
}

// Say writes the end of a life in the room that was taken. A text that does not fit
// is cut.
func (l *LastWord) Say(f RunFinished) error {
	if l.file == nil {
		return os.ErrNotExist
	}
	const room = lastWordSize / 8 // in the worst case each byte is written as six
	f.Summary, f.Hint, f.Unreported = clip(f.Summary, room), clip(f.Hint, room/2), clip(f.Unreported, room/8)
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	_, err = l.file.WriteAt(append(b, '\n'), 0)
	return err
}

// Event is the end as a line that the journal did not get, at the place behind its last.
func (f RunFinished) Event(seq int64, at time.Time) (Event, error) {
	line, err := encode(envelope{Seq: seq, At: at, Kind: f.Kind()}, f)
	return Event{Seq: seq, At: at, Kind: f.Kind(), Line: line}, err
}

// Close gives the file back.
func (l *LastWord) Close() {
	if l.file != nil {
		_ = l.file.Close()
	}
}

func clip(s string, bytes int) string {
	if len(s) <= bytes {
		return s
	}
	return strings.ToValidUTF8(s[:bytes], "") + "…"
}

// ReadLastWord is what the latest engine of a run folder said last, where it could
// not say it in the journal; ok is false where there is no such word.
func ReadLastWord(folder string) (f RunFinished, ok bool) {
	b, err := os.ReadFile(filepath.Join(folder, lastWordName))
	if err != nil {
		return f, false
	}
	err = json.NewDecoder(bytes.NewReader(b)).Decode(&f)
	return f, err == nil
}

// logTail is how much of an engine's log is looked at, from its end.
const logTail = 64 << 10

// Printed is the line of an engine's own log that says why its process ended; "" =
// none does.
func Printed(folder string) string {
	f, err := os.Open(filepath.Join(folder, LogName))
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > logTail {
		_, _ = f.Seek(-logTail, io.SeekEnd)
	}
	b, err := io.ReadAll(io.LimitReader(f, logTail))
	if err != nil {
		return ""
	}
	why := ""
	for line := range strings.Lines(string(b)) {
		for _, word := range []string{"panic: ", "fatal error: ", "runtime: out of memory", "belay: error: "} {
			if strings.HasPrefix(line, word) && (why == "" || !strings.HasPrefix(line, "runtime: ")) {
				why = strings.TrimSpace(strings.TrimPrefix(line, "belay: error: "))
			}
		}
	}
	return clip(why, lastWordSize/8)
}
