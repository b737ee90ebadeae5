package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"belay/steps"
	"belay/steps/journal"
	"belay/steps/playbook"
	"belay/steps/project"
	"belay/steps/state"
)

// shelf keeps what was read of this user's runs: a journal only grows and a plan is
// never written twice, so one is read again only once its journal has grown. The zero
// value has read nothing.
type shelf struct {
	mu    sync.Mutex
	books map[string]book
}

// book is a run as it was read when its journal was a file of this size and time.
type book struct {
	journal os.FileInfo
	known   Known
}

// Runs lists this user's runs in outline, newest first. A folder whose journal cannot
// be read is left out and named in the error beside the rest.
func Runs() ([]Known, error) { return new(shelf).runs() }

// runs is Runs. Who works on a run is asked each time.
func (s *shelf) runs() ([]Known, error) {
	dir, err := project.RunsDir()
	if err != nil {
		return nil, err
	}
	return s.runsIn(dir)
}

func (s *shelf) runsIn(dir string) ([]Known, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("runs: %w", err)
	}
	books := make(map[string]book, len(entries))
	var all []Known
	var bad error
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		folder := filepath.Join(dir, e.Name())
		b, err := s.books[folder].current(folder)
		if err != nil {
			bad = errors.Join(bad, fmt.Errorf("run %s: %w", e.Name(), err))
			continue
		}
		books[folder] = b
		b.known.Live = journal.Held(folder)
		all = append(all, b.known)
	}
	s.books = books
	slices.SortFunc(all, func(a, b Known) int { return b.Plan.At.Compare(a.Plan.At) })
	return all, bad
}

// current is the book, read again where the journal is not as it was.
func (b book) current(folder string) (book, error) {
	path := filepath.Join(folder, journal.FileName)
	// Looked at before it is read: what is written in between is read once more.
	now, err := os.Stat(path)
	if err != nil {
		return book{}, fmt.Errorf("journal: %w", err)
	}
	if was := b.journal; was != nil && os.SameFile(was, now) && was.Size() == now.Size() &&
		was.ModTime().Equal(now.ModTime()) {
		return b, nil
	}
	b = book{journal: now, known: Known{Folder: folder, ID: RunID(folder)}}
	events, err := journal.Skim(path)
	if err != nil {
		return b, err
	}
	if b.known.Run, err = state.OutlineOf(events); err == nil {
		b.known.Plan, err = ReadPlan(folder)
	}
	return b, err
}

// Applied has, by version, the newest run of this user that applied it, of those
// whose plan is meant; one that was taken back since is not there.
func Applied(meant func(Plan) bool) map[string]steps.AppliedBy {
	all, _ := Runs()
	by, _ := appliedAndBack(all, meant)
	return by
}

// appliedAndBack is Applied of runs that are given, newest first, and by version the run
// that took it back since.
func appliedAndBack(all []Known, meant func(Plan) bool) (by, back map[string]steps.AppliedBy) {
	by, back = map[string]steps.AppliedBy{}, map[string]steps.AppliedBy{}
	for _, k := range slices.Backward(all) { // oldest first: the newest word counts
		if !meant(k.Plan) {
			continue
		}
		for _, u := range k.Run.Units {
			switch {
			case u.Outcome != journal.OutcomeApplied:
			case k.Plan.Command == playbook.Rollback.Name:
				delete(by, u.Version)
				back[u.Version] = steps.AppliedBy{Run: k.ID, At: u.At}
			default:
				delete(back, u.Version)
				by[u.Version] = steps.AppliedBy{
					Run: k.ID, At: u.At, Timeline: int64(k.Plan.Timeline), SHA256: k.Plan.file(u.Version).SHA256,
					SQL: k.Plan.file(u.Version).SQL, Dir: k.Plan.Dir, Folder: k.Plan.Folder,
				}
			}
		}
	}
	return by, back
}

// AppliedOf is Applied of the runs that were begun in dir, of the folder as a person
// names it there, on any database.
func AppliedOf(dir, folder string) map[string]steps.AppliedBy {
	return Applied(begunIn(dir, folder))
}

func begunIn(dir, folder string) func(Plan) bool {
	return func(p Plan) bool { return p.Dir == dir && p.Folder == folder }
}
