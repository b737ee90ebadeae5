package dump

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"belay/db"
)

// Restored is what pg_restore could and could not make.
type Restored struct {
	// Errors are objects that could not be made, in the program's words; the
	// others were.
	Errors []string
}

// Unowned leaves owners and rights out of a restore, for a server without the
// original's roles.
var Unowned = []string{"--no-owner", "--no-privileges"}

// Restore makes what a dump holds in an empty database. Publications,
// subscriptions and tablespaces are left out: a copy must not join a
// replication. An object that cannot be made, such as an extension that the
// server does not have, is listed and does not end it. A dump is code: restore
// only into a throwaway server. flags are further ones of pg_restore, such as
// Unowned.
func Restore(ctx context.Context, c Client, cfg db.Config, path string, flags ...string) (Restored, error) {
	where, err := conninfo(cfg)
	if err != nil {
		return Restored{}, err
	}
	passfile, remove, err := passwordFile(cfg)
	if err != nil {
		return Restored{}, err
	}
	defer remove()
	var r Restored
	err = program{
		path: c.RestoreBy, env: environ(cfg, 0, "pg_restore belay", passfile),
		args: append(append([]string{
			"--dbname=" + where, "--no-password", "--no-publications", "--no-subscriptions", "--no-tablespaces",
			"--no-security-labels",
		}, flags...), path),
		line: func(text string) {
			if e, ok := strings.CutPrefix(text, "error: "); ok {
				r.Errors = append(r.Errors, e)
			}
		},
	}.run(ctx)
	var failed *ProgramError
	if errors.As(err, &failed) && failed.Exit == 1 && len(r.Errors) > 0 {
		return r, nil
	}
	return r, err
}

// Schema is the SQL of a dump's objects, without rows and without what differs
// between two dumps of the same schema: comments, settings, blank lines and the
// tokens that guard against injected commands.
func Schema(ctx context.Context, c Client, path string) (string, error) {
	var out bytes.Buffer
	err := program{path: c.RestoreBy, args: []string{"--schema-only", "--file=-", path}, env: environWithout(), out: &out}.run(ctx)
	if err != nil {
		return "", err
	}
	return normal(out.String()), nil
}

var setting = regexp.MustCompile(`^(SET |SELECT pg_catalog\.set_config\('search_path'|\\(un)?restrict )`)

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

var dumpedFrom = regexp.MustCompile(`(?m)^;\s+Dumped from database version: (\d+)`)

// ServerMajor is the major version of the server that a dump was taken from.
func ServerMajor(ctx context.Context, c Client, path string) (int, error) {
	var out bytes.Buffer
	if err := (program{path: c.RestoreBy, args: []string{"--list", path}, env: environWithout(), out: &out}).run(ctx); err != nil {
		return 0, err
	}
	m := dumpedFrom.FindSubmatch(out.Bytes())
	if m == nil {
		return 0, fmt.Errorf("%s does not say which server it is from", path)
	}
	return strconv.Atoi(string(m[1]))
}
