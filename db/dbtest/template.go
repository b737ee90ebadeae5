package dbtest

import (
	"os"
	"path/filepath"

	"belay/db/scratch"
)

// CacheVariable names the folder where data folders of initdb are kept between
// test binaries, by default belay-test in the user's cache. Programs that a test
// starts without its environment need it too.
const CacheVariable = "BELAY_TEST_CACHE"

// Before TestMain, because a test binary that is told to be belay or an engine has
// none, and starts clusters too.
func init() {
	dir := os.Getenv(CacheVariable)
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return // then each cluster is made by initdb
		}
		dir = filepath.Join(user, "belay-test")
		_ = os.Setenv(CacheVariable, dir)
	}
	scratch.KeepTemplates(dir)
}
