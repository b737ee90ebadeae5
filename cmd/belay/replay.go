package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/sqlview/recording"
	"belay/steps"
	"belay/steps/engine"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/live"
	"belay/tui/screen"
)

func (a *app) replayCommand() *cobra.Command {
	var cast, size, output string
	c := &cobra.Command{
		Use: "replay FILE|RUN", Short: "Play a recording of a server, or the journal of a run, again",
		Args: cobra.ExactArgs(1),
		Long: `Plays what "belay watch --record FILE" or a run has kept: who waited for whom, sizes, traffic, and what the
run said. In a terminal it is a screen that goes back and forth at any speed: space plays and pauses, left and
right go by a moment, [ and ] by a minute, + and - change the speed. Elsewhere, and with --plain, it prints what
a journal tells, or a line for each moment. RUN is a run of this host, by its id.

--cast writes an asciicast of it, to be shown in a post-mortem by "asciinema play".`,
		RunE: command(func(_ *cobra.Command, args []string) error { return a.replay(args[0], cast, size, output) }),
	}
	c.Flags().StringVar(&cast, "cast", "", "write an asciicast to this file, which must not be there yet")
	c.Flags().StringVar(&size, "size", "120x40", "columns and rows of the asciicast")
	c.Flags().StringVar(&output, "output", "text", "text or json: a moment of a recording in each line")
	return c
}

func (a *app) replay(name, cast, size, output string) error {
	if err := checkOutput(output, "text", "json"); err != nil {
		return err
	}
	t, err := readTape(name)
	if err != nil {
		return err
	}
	switch {
	case cast != "":
		return a.writeCast(t, cast, size)
	case output == "text" && a.onTerminal() && len(t.Moments) > 0:
		return live.Replay(a.ctx, a.drawn(), t)
	case len(t.Said) > 0 && output == "text":
		for _, s := range t.Said {
			a.out.say("%s %s", s.At.Format("15:04:05.000"), s.Text)
		}
		return nil
	}
	for _, s := range t.Moments {
		if err := a.printSample(s, output); err != nil {
			return err
		}
	}
	if t.Cut {
		a.errOut.say("the recording ends in the middle: whoever made it did not end it")
	}
	return nil
}

// readTape reads a recording, a journal, or all that a run of this host has kept.
func readTape(name string) (live.Tape, error) {
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) && filepath.Base(name) == name {
		k, found := engine.FindRun(name)
		if found != nil || k.Run.Opened == nil {
			return live.Tape{}, &steps.Refused{
				Problem: name + " is no file, and no run of this host has that id",
				Advice:  "give a recording, a journal.jsonl, or an id that `belay status` shows",
			}
		}
		return runTape(k.Folder)
	}
	if err != nil {
		return live.Tape{}, err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	if start, _ := in.Peek(2); recording.Magic(start) {
		return recordedTape(name)
	}
	return journalTape(name)
}

// runTape is a run's journal, with the moments that its engines recorded.
func runTape(folder string) (live.Tape, error) {
	t, err := journalTape(filepath.Join(folder, journal.FileName))
	if err != nil {
		return t, err
	}
	var moments []activity.Sample
	for _, name := range engine.Samples(folder) {
		r, err := readRecording(name)
		if err != nil {
			return t, err
		}
		moments = append(moments, r.Moments...)
	}
	if len(moments) > 0 { // an older belay has them in the journal alone
		t.Moments = moments
	}
	return t, nil
}

func readRecording(name string) (*recording.Recording, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := recording.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

func recordedTape(name string) (live.Tape, error) {
	r, err := readRecording(name)
	if err != nil {
		return live.Tape{}, err
	}
	if len(r.Moments) == 0 {
		return live.Tape{}, &steps.Refused{Problem: name + " has no moment in it", Advice: "record for longer"}
	}
	return live.Tape{Title: r.Database, Environment: r.Environment, Moments: r.Moments, Cut: r.Cut}, nil
}

func journalTape(path string) (live.Tape, error) {
	events, err := journal.Read(path)
	if err != nil && len(events) == 0 {
		return live.Tape{}, &steps.Refused{
			Problem: fmt.Sprintf("%s is neither a recording nor a journal: %v", path, err),
			Advice:  "give what `belay watch --record FILE` wrote, the journal.jsonl of a run, or a run's id",
		}
	}
	if err != nil {
		return live.Tape{}, err
	}
	r, t := state.New(), live.Tape{Said: []live.Sentence{}}
	told := 0
	for _, e := range events {
		if err := r.Apply(e); err != nil {
			return t, err
		}
		if e.Kind == (journal.Sampled{}).Kind() {
			if s, err := journal.Decode[journal.Sampled](e); err == nil {
				t.Moments = append(t.Moments, s.Sample)
			}
		}
		for ; told < len(r.Log); told++ {
			l := r.Log[told]
			text := l.Text
			if l.By != "" {
				text += " (" + l.By + ")"
			}
			t.Said = append(t.Said, live.Sentence{At: l.At, Text: text})
		}
	}
	if o := r.Opened; o != nil {
		t.Title, t.Environment = o.Database, o.Environment
	}
	return t, nil
}

// writeCast writes a tape as an asciicast of version 2.
func (a *app) writeCast(t live.Tape, path, size string) error {
	var s screen.Size
	n, err := fmt.Sscanf(size, "%dx%d", &s.Width, &s.Height)
	if n != 2 || err != nil || s.Width < screen.Smallest.Width ||
		s.Height < screen.Smallest.Height || s.Width > 500 || s.Height > 200 {
		return &usageError{
			problem: fmt.Sprintf("--size %s is no size between %dx%d and 500x200", size, screen.Smallest.Width,
				screen.Smallest.Height),
			advice: "give columns and rows, such as --size 120x40",
		}
	}
	if len(t.Moments) == 0 {
		return &steps.Refused{Problem: "there is no moment to show", Advice: "nobody watched while it was written"}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	err = live.Cast(out, a.drawn(), t, s)
	if err = errors.Join(err, out.Flush(), f.Close()); err != nil {
		return err
	}
	a.out.say("wrote %s: asciinema play %s", path, path)
	return nil
}

// recorder writes what a watch sees into a file.
type recorder struct {
	path string
	file *os.File
	out  *recording.Writer
	n    int
}

// newRecorder makes the file; one that is there stays as it is.
func newRecorder(path string, h recording.Header) (*recorder, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, &steps.Refused{Problem: path + " is there already", Advice: "give --record a new name"}
	}
	if err != nil {
		return nil, err
	}
	return &recorder{path: path, file: f, out: recording.NewWriter(f, h)}, nil
}

// keep writes a moment; a nil recorder keeps nothing.
func (r *recorder) keep(s activity.Sample) error {
	if r == nil {
		return nil
	}
	if err := r.out.Write(s); err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	r.n++
	return nil
}

// end closes the file and says what is in it.
func (r *recorder) end(a *app, began time.Time) error {
	if r == nil {
		return nil
	}
	err := errors.Join(r.out.Close(), r.file.Close())
	a.errOut.say("%s in %s %s in %s: belay replay %s", measure.Plural(r.n, "moment"),
		time.Since(began).Round(time.Second), measure.Verb(int64(r.n), "is", "are"), r.path, r.path)
	return err
}
