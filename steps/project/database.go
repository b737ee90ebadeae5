package project

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"belay/db"
)

// Database is where to connect, by the DSN that was found. Wrong input is a
// *UsageError; a server that only the repository names, and that nobody allowed
// yet, is a *ConsentError. It opens no connection.
func (p *Project) Database() (db.Config, error) {
	cfg, err := db.ParseConfig(p.DSN, p.DSNFrom)
	var bad *db.ConfigError
	if errors.As(err, &bad) {
		return cfg, &UsageError{Problem: bad.Error(), Advice: bad.Hint()}
	}
	if err != nil {
		return cfg, err
	}
	if _, err := p.migrate(); err != nil {
		return cfg, err
	}
	if err := p.consented(cfg); err != nil {
		return cfg, err
	}
	cfg.Warnings = append(append(cfg.Warnings, p.Warnings...), p.strangeTool(cfg.ToolParams())...)
	return cfg.WithTeam(p.driverSettings()), nil
}

// strangeTool names the parameters x-… that say nothing to the folder's tool.
func (p *Project) strangeTool(params map[string]string) []string {
	var unused []string
	for name := range params {
		if p.Picked.Tool != golangMigrate || !toolParams[name] {
			unused = append(unused, name)
		}
	}
	if len(unused) == 0 {
		return nil
	}
	slices.Sort(unused)
	return []string{
		"the DSN has " + strings.Join(unused, ", ") + ", which says nothing to " + cmp.Or(p.Picked.Tool, "the tool") +
			" here: not used",
	}
}
