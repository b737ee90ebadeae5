package project

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pelletier/go-toml/v2"

	"belay/sqlview/measure"
	"belay/sqlview/secret"
	"belay/steps/command"
)

// rule says what a key of belay.toml may be. A repository's file comes with the
// repository, so it may only tighten what belay does by itself.
type rule struct {
	// allows returns why a value is refused; "" = it is allowed.
	allows func(home, any) string
	// instead says what to write.
	instead string
}

// home is where a belay.toml is read.
type home struct {
	// dir is what relative paths begin at, root the repository around it.
	dir, root string
}

// rules has every key of a belay.toml; NAME stands for a target's name.
var rules = map[string]rule{
	"migrations":       {folderInside, "name a folder of this repository; --migrations DIR takes any"},
	"tool":             {name, "write the tool's name, such as golang-migrate"},
	"history_table":    {tableName, "write table or schema.table"},
	"ledger":           {oneOf("ask", "target", "local"), "the words are ask, target, local"},
	"command":          {commandLine, `write one command line without a shell, such as "npm run migrate"`},
	"rollback_command": {commandLine, `write one command line without a shell, such as "npm run migrate:rollback"`},

	"target.NAME.dsn": {
		repositoryDSN, "write host, port, dbname and user; the rest is your environment's",
	},
	"target.NAME.service": {name, "write the name of a service of your own service file"},
	"target.NAME.environment": {
		oneOf("production", "staging", "local"), "the words are production, staging, local",
	},
	"target.NAME.system_identifier": {digits, "`belay doctor` prints it"},
	"target.NAME.role":              {roleName, "write the name of a role that the login may take"},
	"target.NAME.disposable":        {boolean, "write true or false"},
	"target.NAME.lock_timeout": {
		span(time.Millisecond, Defaults.LockTimeout), "write 1ms to 200ms, or leave it out",
	},
	"target.NAME.hold_budget": {span(time.Millisecond, Defaults.HoldBudget), "write 1ms to 1s, or leave it out"},
	"target.NAME.retry_for":   {span(time.Second, Defaults.RetryFor), "write 1s to 10min, or leave it out"},
	"target.NAME.queue_limit": {whole(1, Defaults.QueueLimit), "write 1 to 20, or leave it out"},
	"target.NAME.attempts":    {whole(1, Defaults.Attempts), "write 1 to 30, or leave it out"},

	"smoke.url":     {each(probeURL), "write http:// or https:// and a host of the application's own"},
	"smoke.sql":     {each(text), "write one SELECT"},
	"smoke.command": {each(text), "write one command line"},

	"monitor.minutes":     {whole(1, 7*24*60), "write 1 to 10080"},
	"monitor.log_command": {text, "write one command line"},
	"monitor.log_file": {
		fileInside,
		`name a file of this repository; monitor.log in your answers takes any, and log_command = "tail -F …" asks you first`,
	},
	"monitor.sqlstates": {each(text), "write SQLSTATEs, or /regular expressions/"},

	"throttle.batch_time": {
		span(10*time.Millisecond, 50*time.Millisecond), "write 10ms to 50ms, or leave it out; --batch-time takes more",
	},
	"throttle.replica_lag":     {span(time.Millisecond, 10*time.Second), "write up to 10s, or leave it out"},
	"throttle.active_sessions": {whole(1, 10_000), "write about twice the server's cores"},
	"throttle.dead_tuples":     {whole(1, 50), "write 1 to 50 (per cent), or leave it out"},
	"throttle.sql":             {text, "write one SELECT"},
	"throttle.windows":         {each(text), "write hours such as 22:00-06:00"},

	"backup.jobs":      {whole(1, 64), "write 1 to 64"},
	"backup.directory": {folder, "name a folder; it is used after your yes"},
	"backup.upload_command": {
		notBuilt, "take the line out: belay does not upload a dump yet, and must not look as if it did",
	},

	"approve.second_person": {
		oneOf("production", "drop", "never"), "the words are production, drop, never",
	},
	"approve.allowed_signers": {
		fileInside, "name a file of this repository, as `man ssh-keygen` describes ALLOWED SIGNERS",
	},

	"campaign.deploy_command": {commandLine, `write one command line without a shell, such as "bin/deployed"`},

	"allow.rule": {name, "`belay explain` lists the rules"}, "allow.until": {text, "write it as 2027-01-31"},
	"allow.reason": {text, "say it in a sentence"}, "allow.path": {text, "write a path of this repository, * allowed"},
}

// tighten refuses what a repository's file may not say. The error is a *UsageError
// that names the key.
func tighten(path string, file []byte, h home) error {
	var tree map[string]any
	if err := toml.Unmarshal(file, &tree); err != nil {
		return &UsageError{
			Problem: path + ": " + strings.TrimPrefix(err.Error(), "toml: "),
			Advice:  "fix the file and run belay again",
		}
	}
	return leaves("", "", tree, func(key, shown string, v any) error {
		r, known := rules[key]
		if !known {
			return nil // the decoder has named it already
		}
		if why := r.allows(h, v); why != "" {
			return &UsageError{Problem: fmt.Sprintf("%s: %s %s", path, shown, why), Advice: r.instead}
		}
		return nil
	})
}

// leaves calls visit with each value, its key in rules and its key as it stands in
// the file, in order.
func leaves(key, shown string, v any, visit func(key, shown string, v any) error) error {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			under := k
			if key == "target" {
				under = "NAME"
			}
			if err := leaves(joined(key, under), joined(shown, k), v[k], visit); err != nil {
				return err
			}
		}
		return nil
	case []any:
		for _, one := range v {
			if table, is := one.(map[string]any); is {
				if err := leaves(key, shown, table, visit); err != nil {
					return err
				}
			}
		}
	}
	return visit(key, shown, v)
}

func joined(a, b string) string { return strings.TrimPrefix(a+"."+b, ".") }

// longest is how long a text of a belay.toml may be, in bytes.
const longest = 8 << 10

func text(_ home, v any) string {
	s, ok := v.(string)
	switch {
	case !ok:
		return "is not a text"
	case len(s) > longest:
		return fmt.Sprintf("is longer than %d bytes", longest)
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
		return "holds a control character"
	}
	return ""
}

func commandLine(h home, v any) string {
	if why := text(h, v); why != "" {
		return why
	}
	s, _ := v.(string)
	words, err := command.Argv(s)
	switch {
	case err != nil:
		return "cannot be read: " + err.Error()
	case len(words) == 0:
		return "is empty"
	}
	return ""
}

func name(h home, v any) string {
	s, _ := v.(string)
	if why := text(h, v); why != "" {
		return why
	}
	if s == "" || len(s) > 255 || strings.ContainsAny(s, "='\"\\\n\t/") {
		return "is no name"
	}
	return ""
}

func roleName(h home, v any) string {
	s, _ := v.(string)
	switch why := text(h, v); {
	case why != "":
		return why
	case s == "" || len(s) > 63 || strings.Contains(s, "\n"):
		return "is no role's name"
	case s == "none":
		return "is none: that would take the role away that the login has"
	}
	return ""
}

func tableName(h home, v any) string {
	s, _ := v.(string)
	if why := text(h, v); why != "" {
		return why
	}
	if s == "" || len(s) > 2*63+5 || strings.ContainsAny(s, "\n;") {
		return "is no table's name"
	}
	return ""
}

func digits(_ home, v any) string {
	s, ok := v.(string)
	if !ok || s == "" || len(s) > 20 || strings.Trim(s, "0123456789") != "" {
		return "is not the digits of a system identifier, as a text"
	}
	return ""
}

func boolean(_ home, v any) string {
	if _, ok := v.(bool); !ok {
		return "is neither true nor false"
	}
	return ""
}

func notBuilt(home, any) string { return "does nothing in this belay" }

func oneOf(words ...string) func(home, any) string {
	return func(_ home, v any) string {
		if s, ok := v.(string); !ok || !slices.Contains(words, s) {
			return fmt.Sprintf("is %.40q", secret.Line(fmt.Sprint(v)))
		}
		return ""
	}
}

// span allows from least to belay's own.
func span(least, own time.Duration) func(home, any) string {
	return func(_ home, v any) string {
		s, _ := v.(string)
		d, err := measure.ParseSpan(s)
		switch {
		case err != nil:
			return fmt.Sprintf("is %.40q, which is no time span", secret.Line(fmt.Sprint(v)))
		case d > own:
			return fmt.Sprintf("is %s, longer than belay's own %s: a repository may only tighten", d, own)
		case d < least:
			return fmt.Sprintf("is %s, shorter than %s", d, least)
		}
		return ""
	}
}

// whole allows from least to most.
func whole(least, most int) func(home, any) string {
	return func(_ home, v any) string {
		n, ok := v.(int64)
		switch {
		case !ok:
			return fmt.Sprintf("is %.40q, which is no whole number", secret.Line(fmt.Sprint(v)))
		case n > int64(most):
			return fmt.Sprintf("is %d, more than %d: a repository may only tighten", n, most)
		case n < int64(least):
			return fmt.Sprintf("is %d, less than %d", n, least)
		}
		return ""
	}
}

// most is how many values a list of a belay.toml may have.
const most = 100

func each(allows func(home, any) string) func(home, any) string {
	return func(h home, v any) string {
		all, ok := v.([]any)
		switch {
		case !ok:
			return "is not a list"
		case len(all) > most:
			return fmt.Sprintf("has %d values, more than %d", len(all), most)
		}
		for _, one := range all {
			if why := allows(h, one); why != "" {
				return why
			}
		}
		return ""
	}
}
