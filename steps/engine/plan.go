package engine

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"belay/sqlview/visible"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/project"
)

// Plan is what a run folder keeps of what was confirmed: the exact bytes, the
// settings, the identity. An approval is bound to it.
type Plan struct {
	Format int `json:"format"`
	// Command is run, rollback, backfill or tripwire; "" = run.
	Command string `json:"command,omitempty"`
	Run     string `json:"run"`
	// UUID is the run's id in a ledger; "" = the run was opened before there was one.
	UUID        string         `json:"uuid,omitempty"`
	SHA256      string         `json:"sha256"`
	SystemID    string         `json:"system_identifier"`
	DatabaseOID uint32         `json:"database_oid"`
	Database    string         `json:"database"`
	Host        string         `json:"host"`
	Port        int            `json:"port"`
	Role        string         `json:"role"`
	Timeline    int            `json:"timeline"`
	Environment string         `json:"environment"`
	Tool        string         `json:"tool"`
	Dir         string         `json:"dir"` // where the command was given
	Folder      string         `json:"folder"`
	Limits      project.Limits `json:"limits"`
	Files       []PlanFile     `json:"files"`
	// Team is the team's own command line; "" = belay runs the files itself.
	Team string `json:"team_command,omitempty"`
	// Tripwire is what is taken away and brought back; nil = the run is none.
	Tripwire *steps.Tripwire `json:"tripwire,omitempty"`

	By string    `json:"by"`
	At time.Time `json:"at"`
}

// PlanFile is one file of the plan with its bytes. They are UTF-8: a file that
// is not is refused before.
type PlanFile struct {
	Version string `json:"version"`
	Path    string `json:"path"`
	SHA256  string `json:"sha256"`
	SQL     string `json:"sql"`
	// Backfill is how the file's UPDATE is run in batches; nil = as it is.
	Backfill *steps.Backfill `json:"backfill,omitempty"`
}

// file is the plan's file of a version; the zero PlanFile = it has none.
func (p Plan) file(version string) PlanFile {
	for _, f := range p.Files {
		if f.Version == version {
			return f
		}
	}
	return PlanFile{}
}

const planName = "plan.json"

func (g *engine) savedPlan(t fact.Target) Plan {
	plan := g.found.Plan
	p := Plan{
		Format: 1, Command: g.order.Command, Run: g.id(), UUID: uuidOf(g.id()), SHA256: plan.SHA256,
		SystemID: t.SystemID, DatabaseOID: t.DatabaseOID,
		Database: t.Database, Host: t.Host, Port: t.Port, Role: t.Role, Timeline: t.Timeline,
		Environment: t.Environment, Tool: cmp.Or(g.found.Folder.Format.Name, g.order.Command), Dir: g.order.Dir,
		Folder: g.env.Project.Shown(),
		Limits: g.env.Project.Limits, By: g.order.By, At: g.now().UTC(), Team: plan.Command, Tripwire: g.env.Tripwire,
	}
	if g.takeover.from != nil {
		p.Run, p.UUID = g.takeover.from.Short(), g.takeover.from.ID
	}
	for _, u := range plan.Units {
		up := u.Migration.Up
		p.Files = append(p.Files, PlanFile{
			Version: u.Migration.Version, Path: up.Path, SHA256: up.SHA256, SQL: string(up.Bytes), Backfill: u.Backfill,
		})
	}
	return p
}

func writePlan(folder string, p Plan) error {
	b, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(folder, planName), os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	_, err = f.Write(visible.JSON(b))
	return errors.Join(err, f.Sync(), f.Close())
}

// ReadPlan reads the plan of a run folder.
func ReadPlan(folder string) (Plan, error) {
	var p Plan
	b, err := os.ReadFile(filepath.Join(folder, planName))
	if err != nil {
		return p, fmt.Errorf("plan: %w", err)
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return p, fmt.Errorf("plan of %s: %w", folder, err)
	}
	if p.Format != 1 {
		return p, fmt.Errorf("plan of %s: format %d was written by a newer belay", folder, p.Format)
	}
	return p, nil
}
