package project

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"sort"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"belay/sqlview/lint"
	"belay/sqlview/measure"
)

// FileName is the configuration's name in a repository.
const FileName = "belay.toml"

// Config is a repository's belay.toml. Everything has a default. It may only
// tighten: limits are clamped to the defaults, and commands in it wait for a
// consent that is kept outside the repository.
type Config struct {
	Migrations      string                `toml:"migrations"`
	Tool            string                `toml:"tool"`
	HistoryTable    string                `toml:"history_table"`
	Ledger          string                `toml:"ledger"`
	Command         string                `toml:"command"`
	RollbackCommand string                `toml:"rollback_command"`
	Target          map[string]TargetConf `toml:"target"`
	Smoke           SmokeConf             `toml:"smoke"`
	Monitor         MonitorConf           `toml:"monitor"`
	Throttle        ThrottleConf          `toml:"throttle"`
	Backup          BackupConf            `toml:"backup"`
	Approve         ApproveConf           `toml:"approve"`
	Campaign        CampaignConf          `toml:"campaign"`
	Allow           []AllowConf           `toml:"allow"`
	// SHA256 is of the bytes that were read; "" = there is no file.
	SHA256 string `toml:"-"`
	// text are these bytes.
	text []byte `toml:"-"`
}

// TargetConf is one [target.NAME].
type TargetConf struct {
	DSN              string    `toml:"dsn"`
	Service          string    `toml:"service"`
	Environment      string    `toml:"environment"`
	SystemIdentifier string    `toml:"system_identifier"`
	Role             string    `toml:"role"`
	Disposable       bool      `toml:"disposable"`
	LockTimeout      *Duration `toml:"lock_timeout"`
	HoldBudget       *Duration `toml:"hold_budget"`
	QueueLimit       int       `toml:"queue_limit"`
	Attempts         int       `toml:"attempts"`
	RetryFor         *Duration `toml:"retry_for"`
}

// SmokeConf is [smoke]: probes before and after a run.
type SmokeConf struct {
	URL     []string `toml:"url"`
	SQL     []string `toml:"sql"`
	Command []string `toml:"command"`
}

// MonitorConf is [monitor]: the watch after a run.
type MonitorConf struct {
	Minutes int `toml:"minutes"`
	// LogCommand prints the application's log as it grows, LogFile is one; a
	// relative path is from the project's folder. One of them at most.
	LogCommand string `toml:"log_command"`
	LogFile    string `toml:"log_file"`
	// SQLStates are judged as a migration's own besides those that are. A
	// /regular expression/ counts lines that name none.
	SQLStates []string `toml:"sqlstates"`
}

// ThrottleConf is [throttle]: what slows a backfill.
type ThrottleConf struct {
	BatchTime      *Duration `toml:"batch_time"`
	ReplicaLag     *Duration `toml:"replica_lag"`
	ActiveSessions int       `toml:"active_sessions"`
	DeadTuples     int       `toml:"dead_tuples"`
	SQL            string    `toml:"sql"`
	Windows        []string  `toml:"windows"`
}

// BackupConf is [backup].
type BackupConf struct {
	Jobs          int    `toml:"jobs"`
	Directory     string `toml:"directory"`
	UploadCommand string `toml:"upload_command"`
}

// ApproveConf is [approve]: when another OS user must approve what a run would do.
type ApproveConf struct {
	// SecondPerson is production (every run there), drop (what loses data, but on a local
	// database), or never; "" = never.
	SecondPerson string `toml:"second_person"`
	// AllowedSigners is a file as ssh-keygen reads it, whose keys may sign an approval,
	// each in the name of its principal; "" = no signature is asked for. A relative path
	// is from the project's folder.
	AllowedSigners string `toml:"allowed_signers"`
}

// CampaignConf is [campaign]: changes over several deployments.
type CampaignConf struct {
	// DeployCommand prints which version of the application is deployed: one line, or one
	// for each place where it runs. "" = a person says it.
	DeployCommand string `toml:"deploy_command"`
}

// AllowConf is one [[allow]]: a waiver by path.
type AllowConf struct {
	Rule   string `toml:"rule"`
	Until  string `toml:"until"`
	Reason string `toml:"reason"`
	Path   string `toml:"path"`
}

// Duration is a time span in a configuration, such as "200ms".
type Duration struct{ time.Duration }

// UnmarshalText reads a span such as 200ms, 1s or 10min.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := measure.ParseSpan(string(b))
	d.Duration = v
	return err
}

// maxConfig is how long a belay.toml may be, in bytes.
const maxConfig = 1 << 20

// ReadConfig reads a belay.toml. A missing file is the zero Config. An unknown
// key is a UsageError that names the nearest known one, and so is a value that
// would loosen what belay does by itself. dir is what relative paths begin at.
func ReadConfig(path, dir string) (Config, error) {
	b, err := readOrdinary(path, maxConfig)
	if errors.Is(err, os.ErrNotExist) {
		return Config{}, nil
	}
	if err != nil {
		return Config{}, &UsageError{Problem: err.Error(), Advice: "give another file with --config"}
	}
	c, err := parseConfig(path, b)
	if err != nil {
		return c, err
	}
	return c, tighten(path, b, home{dir: dir, root: around(dir)})
}

// readOrdinary reads a file that is one, up to a length: no device, no pipe.
func readOrdinary(path string, limit int64) ([]byte, error) {
	f, info, err := openAtOnce(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	switch {
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not an ordinary file", path)
	case info.Size() > limit:
		return nil, fmt.Errorf("%s is longer than %d bytes", path, limit)
	}
	return io.ReadAll(io.LimitReader(f, limit))
}

func parseConfig(path string, b []byte) (Config, error) {
	var c Config
	sum := sha256.Sum256(b)
	c.SHA256, c.text = hex.EncodeToString(sum[:]), b
	dec := toml.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	err := dec.Decode(&c)
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		first := strict.Errors[0]
		line, _ := first.Position()
		key := strings.Join(first.Key(), ".")
		return c, &UsageError{
			Problem: fmt.Sprintf("%s:%d: unknown key %q", path, line, key),
			Advice:  "did you mean " + nearest(key, configKeys()) + "?",
		}
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		line, column := bad.Position()
		return c, &UsageError{
			Problem: fmt.Sprintf("%s:%d:%d: %s", path, line, column, strings.TrimPrefix(bad.Error(), "toml: ")),
			Advice:  "fix the line and run belay again",
		}
	}
	if err != nil {
		return c, &UsageError{Problem: path + ": " + err.Error(), Advice: "fix the file and run belay again"}
	}
	return c, c.check(path)
}

// check refuses keys that do not go together.
func (c Config) check(path string) error {
	for name, t := range c.Target {
		if t.DSN != "" && t.Service != "" {
			return &UsageError{
				Problem: fmt.Sprintf("%s: target %s has both dsn and service", path, name),
				Advice:  "keep one of them",
			}
		}
	}
	if c.Monitor.LogCommand != "" && c.Monitor.LogFile != "" {
		return &UsageError{Problem: path + ": [monitor] has both log_command and log_file", Advice: "keep one of them"}
	}
	if a := c.Approve; a.AllowedSigners != "" && (a.SecondPerson == "" || a.SecondPerson == "never") {
		return &UsageError{
			Problem: path + ": [approve] allowed_signers does nothing where no second_person is asked for",
			Advice:  `add second_person = "production" or "drop", or take the line out`,
		}
	}
	return nil
}

// configKeys lists every key of a belay.toml, dotted, from the struct's tags.
func configKeys() []string {
	var keys []string
	var walk func(prefix string, t reflect.Type)
	walk = func(prefix string, t reflect.Type) {
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Tag.Get("toml") == "-" {
				continue
			}
			name := prefix + f.Tag.Get("toml")
			ft := f.Type
			switch {
			case ft.Kind() == reflect.Map:
				walk(name+".NAME.", ft.Elem())
			case ft.Kind() == reflect.Slice && ft.Elem().Kind() == reflect.Struct:
				walk(name+".", ft.Elem())
			case ft.Kind() == reflect.Struct:
				walk(name+".", ft)
			default:
				keys = append(keys, name)
			}
		}
	}
	walk("", reflect.TypeFor[Config]())
	sort.Strings(keys)
	return keys
}

// Waivers are the [[allow]] entries, as the review reads them.
func (c Config) Waivers() []lint.Waiver {
	all := make([]lint.Waiver, 0, len(c.Allow))
	for _, a := range c.Allow {
		all = append(all, lint.Waiver{Rule: a.Rule, Until: a.Until, Reason: a.Reason, Path: a.Path})
	}
	return all
}
