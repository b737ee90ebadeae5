package dump

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"belay/db"
	"belay/sqlview/pattern"
)

// Restored is what pg_restore could and could not make.
type Restored struct {
	// Errors are objects that could not be made, in the program's words; the
	// others were.
	Errors []string
}

// WithoutRights leaves what was granted out of a restore, for a server without the
// original's roles.
const WithoutRights = "--no-privileges"

// RestoreSchemas makes the schemas of a dump alone, so that extensions can be made
// in them before anything else of it is there.
func RestoreSchemas(ctx context.Context, c Client, cfg db.Config, path string, of Contents,
	flags ...string) (Restored, error) {
	return restoreList(ctx, c, cfg, path, of.schemas, flags)
}

// RestoreOthers makes what is neither a schema nor left out nor made by name.
func RestoreOthers(ctx context.Context, c Client, cfg db.Config, path string, of Contents,
	flags ...string) (Restored, error) {
	return restoreList(ctx, c, cfg, path, of.others, flags)
}

func restoreList(ctx context.Context, c Client, cfg db.Config, path, lines string, flags []string) (Restored, error) {
	list, remove, err := listFile(lines)
	if err != nil {
		return Restored{}, err
	}
	defer remove()
	return Restore(ctx, c, cfg, path, append([]string{"--use-list=" + list}, flags...)...)
}

// Restore makes what a dump holds in an empty database. Publications,
// subscriptions and tablespaces are left out: a copy must not join a
// replication. An object that cannot be made, such as an extension that the
// server does not have, is listed and does not end it. A dump is code: restore
// only into a throwaway server, and as no superuser. flags are further ones of
// pg_restore, such as WithoutRights.
func Restore(ctx context.Context, c Client, cfg db.Config, path string, flags ...string) (Restored, error) {
	passfile, remove, err := passwordFile(cfg)
	if err != nil {
		return Restored{}, err
	}
	defer remove()
	var r Restored
	of := ""
	err = program{
		path: c.RestoreBy, env: environ(cfg, 0, "pg_restore belay", passfile),
		args: append(append([]string{
			"--dbname=" + cfg.Conninfo(), "--no-password", "--no-publications", "--no-subscriptions",
			"--no-tablespaces",
			"--no-security-labels",
		}, flags...), path),
		line: func(text string) {
			if m := tocEntry.FindStringSubmatch(text); m != nil {
				of = strings.ToLower(m[1]) + m[2] + ": "
			}
			if e, ok := strings.CutPrefix(text, "error: "); ok {
				r.Errors = append(r.Errors, of+e)
				of = ""
			}
		},
	}.run(ctx)
	var failed *ProgramError
	if errors.As(err, &failed) && failed.Exit == 1 && len(r.Errors) > 0 {
		return r, nil
	}
	return r, err
}

// tocEntry is how pg_restore names what the error behind it is of: kind and name.
var tocEntry = pattern.New(`^from TOC entry \d+; \d+ \d+ ([A-Z][A-Z ]*[A-Z])( .*)$`)

// Schema is the SQL of a dump's objects, without rows and without what differs
// between two dumps of the same schema: comments, settings, blank lines and the
// tokens that guard against injected commands.
func Schema(ctx context.Context, c Client, path string) (string, error) {
	var out bytes.Buffer
	err := program{
		path: c.RestoreBy, args: []string{"--schema-only", "--file=-", path}, env: environWithout(), out: &out,
	}.run(ctx)
	if err != nil {
		return "", err
	}
	return normal(out.String()), nil
}

var setting = pattern.New(`^(SET |SELECT pg_catalog\.set_config\('search_path'|\\(un)?restrict )`)

func normal(sql string) string {
	var kept []string
	for _, line := range strings.Split(sql, "\n") {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "--") || setting.MatchString(line) {
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n") + "\n"
}

var dumpedFrom = pattern.New(`(?m)^;\s+Dumped from database version: (\d+)`)

// ServerMajor is the major version of the server that a dump was taken from.
func ServerMajor(ctx context.Context, c Client, path string) (int, error) {
	var out bytes.Buffer
	if err := (program{
		path: c.RestoreBy, args: []string{"--list", path}, env: environWithout(), out: &out,
	}).run(ctx); err != nil {
		return 0, err
	}
	m := dumpedFrom.FindSubmatch(out.Bytes())
	if m == nil {
		return 0, fmt.Errorf("%s does not say which server it is from", path)
	}
	return strconv.Atoi(string(m[1]))
}
