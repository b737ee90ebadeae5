// Package handover is what a run leaves in the ledger of its database so that
// another host can go on with it: the plan, the answers, and the story so far.
package handover

import (
	"encoding/json"
	"fmt"
	"strings"

	"belay/db/ledger"
	"belay/sqlview/migration"
	"belay/sqlview/secret"
	"belay/steps"
	"belay/steps/state"
)

// Settings are the run's conditions, as JSON in belay.run.
type Settings struct {
	// Command is run or rollback; "" = run.
	Command     string `json:"command,omitempty"`
	Role        string `json:"role,omitempty"`
	Environment string `json:"environment"`
	// Address is where the server was: a copy of it answers elsewhere.
	Address     string `json:"address"`
	SystemID    string `json:"system_identifier"`
	DatabaseOID uint32 `json:"database_oid"`
	Timeline    int    `json:"timeline"`
	Files       []File `json:"files"`
}

// File is one file of the plan; its bytes are in belay.plan, in order.
type File struct {
	Version string `json:"version"`
	Path    string `json:"path"`
	SHA256  string `json:"sha256"`
	Bytes   int    `json:"bytes"`
	// Backfill is the id by which the ledger has the cursor of a file that runs in
	// batches; "" = the file runs as it is.
	Backfill string `json:"backfill,omitempty"`
	// Withheld is true for a file that holds a secret: its bytes are not in the
	// ledger, which others may read. Who takes the run over has the file.
	Withheld bool `json:"withheld,omitempty"`
}

// Read reads the settings of a run.
func Read(r ledger.Run) (Settings, error) {
	var s Settings
	if err := json.Unmarshal(r.Settings, &s); err != nil {
		return s, fmt.Errorf("run %s in the ledger: %w", r.Short(), err)
	}
	return s, nil
}

// of is the file in a folder, by version; nil where there is none.
func (s Settings) of(folder migration.Folder, version string) *migration.File {
	m := folder.Find(version)
	switch {
	case m == nil:
		return nil
	case s.Command == "rollback":
		return m.Down
	}
	return &m.Up
}

// Same reports whether every file of the run is in the folder with the same bytes.
func (s Settings) Same(folder migration.Folder) bool {
	for _, f := range s.Files {
		file := s.of(folder, f.Version)
		if file == nil || file.SHA256 != f.SHA256 {
			return false
		}
	}
	return len(s.Files) > 0
}

// Confirmed is the plan as it was confirmed, with the exact bytes; those that are
// withheld come from the folder. An error says that ledger and folder do not hold
// what was confirmed.
func (s Settings) Confirmed(r ledger.Run, p ledger.Plan, folder migration.Folder) (*steps.Confirmed, error) {
	c := &steps.Confirmed{
		Files: map[string][]byte{}, Backfills: map[string]steps.Backfill{}, SHA256: r.PlanSHA256, SystemID: s.SystemID,
		DatabaseOID: s.DatabaseOID, Timeline: s.Timeline,
	}
	rest := p.SQL
	for _, f := range s.Files {
		if f.Bytes < 0 || f.Bytes > len(rest) {
			return nil, fmt.Errorf("run %s in the ledger: %s is cut short", r.Short(), f.Path)
		}
		sql := []byte(rest[:f.Bytes])
		rest = rest[f.Bytes:]
		if f.Withheld {
			here := s.of(folder, f.Version)
			if here == nil || here.SHA256 != f.SHA256 {
				return nil,
					fmt.Errorf("run %s: %s holds a secret, so its bytes are not in the ledger, and the folder here "+
						"has none of sha256 %s", r.Short(), f.Path, f.SHA256)
			}
			sql = here.Bytes
		}
		if migration.NewFile(f.Path, sql, "").SHA256 != f.SHA256 {
			return nil,
				fmt.Errorf("run %s in the ledger: the bytes of %s are not the ones that were confirmed", r.Short(),
					f.Path)
		}
		c.Files[f.Version] = sql
		if f.Backfill != "" {
			c.Backfills[f.Version] = steps.Backfill{ID: f.Backfill}
		}
		c.Versions = append(c.Versions, f.Version)
	}
	return c, nil
}

// Write puts the settings and the bytes of a plan together.
func (s Settings) Write(p *steps.Plan, o *steps.Opening) error {
	var sql strings.Builder
	for _, u := range p.Units {
		up := u.Migration.Up
		file := File{Version: u.Migration.Version, Path: up.Path, SHA256: up.SHA256, Bytes: len(up.Bytes)}
		if u.Backfill != nil {
			file.Backfill = u.Backfill.ID
		}
		if file.Withheld = len(u.Hidden) > 0 || secret.In(string(up.Bytes)); file.Withheld {
			file.Bytes = 0
		} else {
			sql.Write(up.Bytes)
		}
		s.Files = append(s.Files, file)
		o.Run.Migrations = append(o.Run.Migrations, u.Migration.Version)
	}
	o.Plan.SQL, o.Run.PlanSHA256 = sql.String(), p.SHA256
	b, err := json.Marshal(s)
	o.Run.Settings = b
	return err
}

// private are answers that are not handed over: yeses that are given at a
// keyboard, words about this person's own host, and what may hold a password.
var private = []string{
	"run.", "rollback.", "target.", "tool.", "ledger.", "index.", "trust.", "smoke.url", "smoke.resolve", "monitor.log",
	"monitor.resolve",
}

// carried are the exceptions: an accepted hold binds the plan, not the person.
const carried = "run.hold"

func mine(id string) bool {
	for _, p := range private {
		if strings.HasPrefix(id, p) {
			return id != carried
		}
	}
	return false
}

// Answers sorts the answers of a run into those that are handed over and, of
// these, the waivers, as JSON.
func Answers(r *state.Run) (answers, waivers json.RawMessage, err error) {
	all, waived := map[string]state.Given{}, map[string]state.Given{}
	for id, a := range r.Answers {
		if mine(id) {
			continue
		}
		all[id] = a
		if steps.IsWaiver(id) || strings.HasPrefix(id, "review.accept.") {
			waived[id] = a
		}
	}
	if answers, err = json.Marshal(all); err != nil {
		return nil, nil, err
	}
	waivers, err = json.Marshal(waived)
	return answers, waivers, err
}

// Given reads the answers that were handed over.
func Given(p ledger.Plan) (map[string]state.Given, error) {
	all := map[string]state.Given{}
	if err := json.Unmarshal(p.Answers, &all); err != nil {
		return nil, fmt.Errorf("answers in the ledger: %w", err)
	}
	for id := range all {
		if mine(id) {
			delete(all, id)
		}
	}
	return all, nil
}
