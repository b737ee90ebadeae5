package fetch_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"belay/db/scratch"
	"belay/db/scratch/fetch"
	"belay/db/scratch/fetch/fetchtest"
)

// bare takes away all that could help: no program is on the PATH.
func bare(t *testing.T) {
	t.Helper()
	t.Setenv("PATH", "")
	t.Setenv("npm_config_registry", "")
	if fetch.Package() == "" {
		t.Skip("no package is made for this system")
	}
}

// clean fails where more than the wanted is in the cache.
func clean(t *testing.T, dir string, want ...string) {
	t.Helper()
	var have []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		have = append(have, e.Name())
	}
	if strings.Join(have, " ") != strings.Join(want, " ") {
		t.Errorf("the cache has %q, want %q", have, want)
	}
}

func TestPrograms(t *testing.T) {
	bare(t)
	archive := fetchtest.Packed(t, fetchtest.Programs...)
	r := &fetchtest.Registry{Archive: archive, Integrity: "sha1-xyz " + fetchtest.Sum(archive)}
	o := fetch.Options{Registry: r.Serve(t), Dir: filepath.Join(t.TempDir(), "cache")}
	var have, all int64
	o.Progress = func(h, a int64) { have, all = h, a }
	bin, err := fetch.Programs(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if have != int64(len(archive)) || all != have {
		t.Errorf("progress ended at %d of %d, want %d", have, all, len(archive))
	}
	if b, err := scratch.Find(bin); err != nil || b.Major != fetch.Major {
		t.Errorf("found %+v, %v", b, err)
	}
	if to, err := os.Readlink(filepath.Join(bin, "../lib/libpq.so")); err != nil || to != "libpq.so.5.17" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	clean(t, o.Dir, fetch.Version)
	// What is there is not fetched again.
	r.Asked.Store(0)
	if again, err := fetch.Programs(t.Context(), o); err != nil || again != bin || r.Asked.Load() > 0 {
		t.Errorf("again: %q, %v, asked %d times", again, err, r.Asked.Load())
	}
}

// Whatever a network or a registry does: nothing of it stays, and the error says what to do.
func TestProgramsRefused(t *testing.T) {
	bare(t)
	good := fetchtest.Packed(t, fetchtest.Programs...)
	leading := fetchtest.Packed(t,
		append([]fetchtest.Entry{{Name: "package/native/../../../../out", Text: "x"}}, fetchtest.Programs...)...)
	linked := fetchtest.Packed(t,
		append(fetchtest.Programs[:4:4], fetchtest.Entry{
			Name: "package/native/pg-symlinks.json",
			Text: `[{"source":"native/../../../etc/passwd","target":"native/lib/x"}]`,
		})...)
	foreign := fetchtest.Packed(t, fetchtest.Entry{Name: "package/native/bin/initdb", Text: "#!/bin/sh\nexit 1\n"},
		fetchtest.Entry{Name: "package/native/bin/postgres", Text: "#!/bin/sh\nexit 1\n"})
	for name, c := range map[string]struct {
		r    *fetchtest.Registry
		want string
	}{
		"another hash": {
			&fetchtest.Registry{Archive: good, Integrity: fetchtest.Sum([]byte("other"))},
			"is not what the registry's hash",
		},
		"no hash": {&fetchtest.Registry{Archive: good}, "names no sha512"},
		"a weak hash alone": {
			&fetchtest.Registry{Archive: good, Integrity: "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="}, "names no sha512",
		},
		"half a hash": {&fetchtest.Registry{Archive: good, Integrity: "sha512-AAAA"}, "names no sha512"},
		"cut": {
			&fetchtest.Registry{Archive: good, Integrity: fetchtest.Sum(good), Cut: len(good) / 2}, "broke off",
		},
		"no archive": {
			&fetchtest.Registry{Archive: good, Integrity: fetchtest.Sum(good), Tarball: "http://127.0.0.1:1/x.tgz"},
			"connection refused",
		},
		"sent elsewhere": {
			&fetchtest.Registry{Archive: good, Integrity: fetchtest.Sum(good), Tarball: "http://example.com/x.tgz"},
			"not https",
		},
		"no package": {
			&fetchtest.Registry{Archive: []byte("text"), Integrity: fetchtest.Sum([]byte("text"))},
			"cannot be unpacked",
		},
		"half a package": {
			&fetchtest.Registry{Archive: good[:len(good)-20], Integrity: fetchtest.Sum(good[:len(good)-20])},
			"cannot be unpacked",
		},
		"a link that leads out": {
			&fetchtest.Registry{Archive: linked, Integrity: fetchtest.Sum(linked)}, "leads out of it",
		},
		"for another machine": {
			&fetchtest.Registry{Archive: foreign, Integrity: fetchtest.Sum(foreign)}, "does not run here",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "cache")
			_, err := fetch.Programs(t.Context(), fetch.Options{Registry: c.r.Serve(t), Dir: dir})
			var e *fetch.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) || e.Hint() == "" {
				t.Errorf("%v, want %q and a hint", err, c.want)
			}
			clean(t, dir)
		})
	}
	// A file that leads out is left out; the rest is as good as ever.
	r := &fetchtest.Registry{Archive: leading, Integrity: fetchtest.Sum(leading)}
	dir := filepath.Join(t.TempDir(), "cache")
	if _, err := fetch.Programs(t.Context(), fetch.Options{Registry: r.Serve(t), Dir: dir}); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "../../out")); err == nil {
		t.Error("a file was written outside the cache")
	}
}

func TestNoRegistry(t *testing.T) {
	bare(t)
	for registry, want := range map[string]string{
		"http://127.0.0.1:1":      "connection refused",
		"http://registry.example": "not https",
		"nonsense":                "no URL",
	} {
		_, err := fetch.Programs(t.Context(), fetch.Options{Registry: registry, Dir: t.TempDir()})
		var e *fetch.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) || e.Hint() == "" {
			t.Errorf("%s: %v, want %q and a hint", registry, err, want)
		}
	}
}

func TestTwoAtOnce(t *testing.T) {
	bare(t)
	r := fetchtest.Whole(t)
	o := fetch.Options{Registry: r.Serve(t), Dir: t.TempDir()}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			bin, err := fetch.Programs(t.Context(), o)
			if _, found := scratch.Find(bin); err != nil || found != nil {
				t.Errorf("%q, %v, %v", bin, err, found)
			}
		})
	}
	all.Wait()
	clean(t, o.Dir, fetch.Version)
}

// Half a folder under the final name is put right.
func TestHalfAFolder(t *testing.T) {
	bare(t)
	r := fetchtest.Whole(t)
	o := fetch.Options{Registry: r.Serve(t), Dir: t.TempDir()}
	if err := os.MkdirAll(filepath.Join(o.Dir, fetch.Version, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := fetch.Programs(t.Context(), o); err != nil {
		t.Error(err)
	}
	clean(t, o.Dir, fetch.Version)
}

func TestStopped(t *testing.T) {
	bare(t)
	r := fetchtest.Whole(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := fetch.Programs(ctx, fetch.Options{
		Registry: r.Serve(t), Dir: dir, Progress: func(int64, int64) { cancel() },
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that it was stopped", err)
	}
	clean(t, dir)
}

const noRoom = "BELAY_TEST_FETCH_NO_ROOM"

// A disk that is full in the middle leaves nothing. The system's limit on a file's size
// stands in for it: it meets a write in the same place.
func TestNoRoom(t *testing.T) {
	bare(t)
	if url := os.Getenv(noRoom); url != "" {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4096, Max: 4096}); err != nil {
			t.Fatal(err)
		}
		dir := os.Getenv(noRoom + "_DIR")
		_, err := fetch.Programs(t.Context(), fetch.Options{Registry: url, Dir: dir})
		var e *fetch.Error
		if !errors.As(err, &e) || !strings.Contains(e.Hint(), "free about") {
			t.Errorf("%v, want that there is no room", err)
		}
		clean(t, dir)
		return
	}
	large := append(fetchtest.Programs[:4:4], fetchtest.Entry{
		Name: "package/native/share/large", Text: strings.Repeat("0123456789abcdef", 1<<12),
	})
	archive := fetchtest.Packed(t, large...)
	r := &fetchtest.Registry{Archive: archive, Integrity: fetchtest.Sum(archive)}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNoRoom$", "-test.v")
	child.Env = append(os.Environ(), noRoom+"="+r.Serve(t), noRoom+"_DIR="+t.TempDir())
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// CI fetches the same version for its tests.
func TestVersionIsThatOfCI(t *testing.T) {
	text, err := os.ReadFile("../../../.ci/postgres-versions")
	if err != nil {
		t.Fatal(err)
	}
	if want := "[" + strconv.Itoa(fetch.Major) + "]=" + fetch.Version + " "; !strings.Contains(string(text), want) {
		t.Errorf(".ci/postgres-versions has no %q", want)
	}
}
