package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"belay/sqlview/activity"
	"belay/sqlview/recording"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
)

// samplesName is the file of a run folder in which one engine keeps what it saw of the
// server, by the number of its first event. An engine that is killed leaves its file cut in
// the middle, so the next one has a file of its own.
const samplesName = "samples-%010d.gz"

// Samples are the recordings of a run folder, in the order of the engines that made them:
// see package recording. None = nobody watched the run.
func Samples(folder string) []string {
	all, _ := filepath.Glob(filepath.Join(folder, "samples-*.gz")) // the pattern is a good one
	return all
}

// recorder keeps the samples of a run. The zero value has not begun.
type recorder struct {
	file *os.File
	out  *recording.Writer
	// failed is set once it could not be written: a run does not stand on it.
	failed bool
}

// keep adds a moment to the run's recording.
func (r *recorder) keep(d *diary, s activity.Sample) {
	if d.run.Opened == nil || r.failed {
		return
	}
	err := r.open(d)
	if err == nil {
		err = r.out.Write(s)
	}
	if err != nil {
		r.failed = true
		_ = d.record("", "", journal.Noted{Text: fmt.Sprintf("the samples of this run are not kept: %v", err)})
	}
}

func (r *recorder) open(d *diary) (err error) {
	if r.out != nil {
		return nil
	}
	t, _, _ := state.Get[fact.Target](d.run)
	name := filepath.Join(d.folder, fmt.Sprintf(samplesName, d.run.Began))
	if r.file, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return err
	}
	r.out = recording.NewWriter(r.file, recording.Header{
		Database: fmt.Sprintf("%s on %s:%d", t.Database, t.Host, t.Port), Environment: t.Environment,
	})
	return nil
}

// close ends the recording of this engine.
func (r *recorder) close() error {
	if r.out == nil {
		return nil
	}
	return errors.Join(r.out.Close(), r.file.Close())
}
