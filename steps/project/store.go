package project

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Pin is what a person said of a database, kept in their own store and never in
// a repository.
type Pin struct {
	SystemIdentifier string    `toml:"system_identifier"`
	Database         string    `toml:"database"`
	Environment      string    `toml:"environment"`
	Address          string    `toml:"address"`
	PinnedAt         time.Time `toml:"pinned_at"`
}

// Consent is a yes to the commands of a belay.toml, bound to its bytes, or to a
// server that it names, bound to the address too.
type Consent struct {
	Path   string `toml:"path"`
	SHA256 string `toml:"sha256"`
	// Address is the server's; "" = the yes is to the commands.
	Address string    `toml:"address,omitempty"`
	At      time.Time `toml:"at"`
}

// Store is the user's own store.
type Store struct {
	dir     string
	targets targetsFile
}

type targetsFile struct {
	Pin     []Pin     `toml:"pin"`
	Consent []Consent `toml:"consent"`
}

const targetsName = "targets.toml"

// OpenStore reads the user's own store. A missing file is an empty store; one
// that cannot be read is an error, because forgetting a pin would make a
// production database unknown.
func OpenStore(dir string) (*Store, error) {
	s := &Store{dir: dir}
	b, err := os.ReadFile(filepath.Join(dir, targetsName))
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = toml.Unmarshal(b, &s.targets)
	}
	if err != nil {
		return nil, &Refusal{
			Problem: fmt.Sprintf("your own store %s: %v", filepath.Join(dir, targetsName), err),
			Advice:  "fix the file, or move it away and answer again what each database is",
		}
	}
	return s, nil
}

// Pinned finds what was said of a database of a cluster.
func (s *Store) Pinned(systemID, database string) (Pin, bool) {
	for _, p := range s.targets.Pin {
		if p.SystemIdentifier == systemID && p.Database == database {
			return p, true
		}
	}
	return Pin{}, false
}

// SetPin remembers what a database is. The newest word counts.
func (s *Store) SetPin(p Pin) error {
	return s.update(func(t *targetsFile) {
		kept := t.Pin[:0:0]
		for _, have := range t.Pin {
			if have.SystemIdentifier != p.SystemIdentifier || have.Database != p.Database {
				kept = append(kept, have)
			}
		}
		t.Pin = append(kept, p)
	})
}

// Consented reports whether what the hash is of was allowed for a file.
func (s *Store) Consented(path, sha256 string) bool {
	for _, c := range s.targets.Consent {
		if c.Path == path && c.SHA256 == sha256 {
			return true
		}
	}
	return false
}

// SetConsent remembers a yes.
func (s *Store) SetConsent(c Consent) error {
	return s.update(func(t *targetsFile) { t.Consent = append(t.Consent, c) })
}

// update changes the store under a lock, from what is on the disk now: two
// engines may answer at once, and neither answer may be lost.
func (s *Store) update(change func(*targetsFile)) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("your own store: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(s.dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("your own store: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("your own store: %w", err)
	}
	fresh, err := OpenStore(s.dir)
	if err != nil {
		return err
	}
	change(&fresh.targets)
	s.targets = fresh.targets
	return s.save()
}

// save writes the store whole or not at all.
func (s *Store) save() error {
	b, err := toml.Marshal(s.targets)
	if err != nil {
		return fmt.Errorf("your own store: %w", err)
	}
	tmp, err := os.CreateTemp(s.dir, "."+targetsName)
	if err != nil {
		return fmt.Errorf("your own store: %w", err)
	}
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(s.dir, targetsName))
	}
	if err != nil {
		os.Remove(tmp.Name())
		return fmt.Errorf("your own store: %w", err)
	}
	return nil
}
