package checklist

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"time"

	"belay/db"
	"belay/db/grant"
	"belay/db/inspect"
	"belay/steps"
	"belay/steps/project"
)

func targetConfig(e *steps.Env) (db.Config, error) {
	return e.Project.Database()
}

// roleFor is the role of belay's grants that is taken for a task. Where the login
// may not take it, or there is none, it is the role of the units for a login that
// has nothing of that one's by itself; "" = the login's own.
func roleFor(ctx context.Context, e *steps.Env, roles steps.Roles, role string) (taken string) {
	defer func() { taken = cmp.Or(taken, roles.Instead) }()
	_ = e.Sessions.Monitor(ctx, func(c *db.Conn) (err error) {
		taken, err = grant.Taken(ctx, c, role)
		return err
	})
	return taken
}

// backupDir is [backup] directory of belay.toml after a yes to it, or the user's
// own place: a dump holds personal data and belongs into no repository.
func backupDir(e *steps.Env) (string, error) {
	dir := e.Project.Config.Backup.Directory
	may, _, err := consent(e)
	if err != nil {
		return "", err
	}
	if dir == "" || !may {
		return project.BackupsDir()
	}
	if filepath.IsAbs(dir) {
		return dir, nil
	}
	return filepath.Join(e.Project.Dir, dir), nil
}

// rate is how much is written since the first look, where that is long enough ago. An
// average over all that the statistics have counted is mostly of the first load.
func (f *saving) rate(a inspect.Amount) {
	if a.Over <= 0 {
		return
	}
	now, first := f.env.Now(), *f.first
	if first.At.IsZero() {
		*f.first = steps.Written{At: now, Rows: a.Written}
		return
	}
	if over := now.Sub(first.At); over >= 5*time.Second && a.Written >= first.Rows {
		f.WritesPerSecond, f.RateOver = (a.Written-first.Rows)/over.Seconds(),
			fmt.Sprintf("over the last %.0f s", over.Seconds())
	}
}
